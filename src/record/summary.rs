//! What `faultline record` says at its end. Pure.

use super::{Misses, Tracks};
use crate::output::counted;
use crate::redacting::replaced;
use faultline_recorder::redact::Redactor;
use faultline_recorder::{Mode, Tally};
use std::path::Path;

/// The lines: what happened to requests, what was replaced, what is lost.
pub(crate) fn summary(
    mode: Mode,
    folder: &Path,
    tally: Tally,
    tracks: &Tracks,
    redactor: &Redactor,
    misses: &Misses,
) -> Vec<String> {
    let mut parts = Vec::new();
    if mode.writes() {
        let files = counted(tracks.written().len(), "file");
        parts.push(format!("{} recorded into {files} of {}", answers(tally.kept), folder.display()));
    }
    let missed = misses.count() as u64;
    let played = tally.played.saturating_sub(missed);
    if !matches!(mode, Mode::Record | Mode::Refresh) {
        parts.push(format!("{} from cassettes", answers(played)));
    }
    if tally.passed > 0 {
        parts.push(format!("{} passed on and not kept", answers(tally.passed)));
    }
    if tally.unanswered > 0 {
        parts.push(format!("{} without an answer", counted(number(tally.unanswered), "request")));
    }
    let mut lines = vec![format!("faultline {mode}: {}", parts.join(", "))];
    lines.extend(replaced(redactor));
    lines.extend(misses.lines());
    if tracks.lost() > 0 {
        lines.push(format!("{} could not be written: see above", answers(tracks.lost() as u64)));
    }
    lines
}

fn answers(count: u64) -> String {
    counted(number(count), "answer")
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
