//! What drifted between a recording and the one that took its place.

use crate::cassette::drifted::{Wanted, between};
use crate::exit::Failure;
use crate::source::book_of_cassettes;
use faultline_scenarios::{Scenario, Speed};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a model says is another thing each time: it has not drifted.
const WANTED: Wanted = Wanted { words: false, timing: true };

/// The lines: how each cassette of before differs from the one that was written in its place.
///
/// # Errors
/// When what was written cannot be loaded.
pub(crate) fn refreshed(
    before: &[Arc<Scenario>],
    folder: &Path,
    written: &[PathBuf],
) -> Result<Vec<String>, Failure> {
    let (after, _) = book_of_cassettes(folder, Speed::Max)?;
    let (mut lines, mut same) = (Vec::new(), 0);
    for old in before {
        let path = folder.join(format!("{}.yaml", old.name));
        let Some(new) =
            after.scenarios.iter().find(|new| new.name == old.name).filter(|_| written.contains(&path))
        else {
            continue;
        };
        let own = between(old, new, WANTED);
        if own.is_empty() {
            same += 1;
        } else {
            lines.push(format!("drifted: {}", path.display()));
            lines.extend(own);
        }
    }
    lines.push(format!("{same} of {} refreshed without drift", written.len()));
    Ok(lines)
}
