//! The files of cassettes that shall change: found, changed, put back whole.

use crate::exit::{Exit, Failure};
use crate::output::{complain, counted, print};
use crate::source::scenarios;
use crate::whole;
use faultline_recorder::rewrite::{Changes, rewritten};
use faultline_scenarios::{Scenario, load};
use std::path::{Path, PathBuf};

/// The cassettes of each path; two paths may hold some of one name.
///
/// # Errors
/// Everything that is wrong with the first path that has problems.
pub(crate) fn cassettes(paths: &[PathBuf]) -> Result<Vec<Scenario>, Failure> {
    let each = paths.iter().map(|path| scenarios(std::slice::from_ref(path)));
    Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Every cassette file of the paths.
///
/// # Errors
/// When a path cannot be read, or there is none.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    paths.iter().try_for_each(|path| collect(path, &mut all))?;
    all.sort();
    if all.is_empty() {
        Err(Failure::usage("no cassette there: a cassette is a .yaml file"))
    } else {
        Ok(all)
    }
}

fn collect(path: &Path, all: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let cannot = |why| Failure::usage(format!("{}: cannot be read: {why}", path.display()));
    if !path.is_dir() {
        path.metadata().map_err(cannot)?;
        all.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() || load::is_scenario(&path) {
            collect(&path, all)?;
        }
    }
    Ok(())
}

/// Changes every file; `check`: only says which would change, and fails if one would.
///
/// # Errors
/// When a file cannot be read or written. Those before it are changed.
pub(crate) fn change(paths: &[PathBuf], changes: &Changes, check: bool) -> Result<Exit, Failure> {
    let (mut changed, mut left) = (0, 0);
    let all = files(paths)?;
    for path in &all {
        let cannot = |doing: &str, why| Failure::own(format!("{}: cannot be {doing}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|why| cannot("read", why))?;
        match rewritten(&path.display().to_string(), &text, changes) {
            Err(why) => {
                complain(&format!("faultline: {}: {why}", path.display()));
                left += 1;
            }
            Ok(new) if new == text => {}
            Ok(new) => {
                changed += 1;
                if check {
                    print(&format!("{}\n", path.display()))?;
                } else {
                    whole::write(path, &new).map_err(|why| cannot("written", why))?;
                }
            }
        }
    }
    let would = if check { "would change" } else { "changed" };
    complain(&format!("{} of {} {would}", changed, counted(all.len(), "cassette")));
    Ok(match (left, check && changed > 0) {
        (1.., _) => Exit::BadScenario,
        (_, true) => Exit::TestFailed,
        _ => Exit::Pass,
    })
}
