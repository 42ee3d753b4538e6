//! Cassettes into the folder of their test. What is there stays, but for those who say otherwise.

use crate::whole;
use faultline_recorder::import::Written;
use faultline_scenarios::test_folder::test_folder;
use std::io;
use std::path::{Path, PathBuf};

/// Where the cassettes of a test went.
pub(crate) enum Folder {
    /// Into this folder.
    Written(PathBuf),
    /// Nowhere: this folder has cassettes already.
    Taken(PathBuf),
}

/// Writes the cassettes of `test` below `root`, each whole or not at all. `force`: in the place of those that are there.
///
/// # Errors
/// When the folder cannot be made or written.
pub(crate) fn put(root: &Path, test: &str, files: &[Written], force: bool) -> io::Result<Folder> {
    let folder = root.join(test_folder(test));
    let before = cassettes(&folder);
    if !before.is_empty() && !force {
        return Ok(Folder::Taken(folder));
    }
    std::fs::create_dir_all(&folder)?;
    for file in files {
        whole::write(&folder.join(&file.name), &file.text)?;
    }
    // What an earlier import left beyond these would answer too.
    let is_old = |path: &&PathBuf| !files.iter().any(|file| path.ends_with(&file.name));
    before.iter().filter(is_old).try_for_each(std::fs::remove_file)?;
    Ok(Folder::Written(folder))
}

/// The cassettes of a folder: `001-converse.yaml`.
fn cassettes(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_cassette = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = name.split('-').next().unwrap_or_default();
        name.ends_with(".yaml") && number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    files.filter(is_cassette).collect()
}
