//! Snapshots on disk. A new or changed one is laid beside the accepted one as `NAME.snap.new`, until somebody accepts it.

use super::{contents, file};
use crate::exit::Failure;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The extension of accepted snapshots.
const ACCEPTED: &str = "snap";

/// The ending of those that wait for a decision.
const PENDING: &str = "snap.new";

/// A folder of snapshots.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
}

/// A snapshot that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// The accepted file: where it goes, or what it replaces.
    pub(crate) path: PathBuf,
    /// The accepted text, if there is one.
    pub(crate) old: Option<String>,
    /// The new text.
    pub(crate) new: String,
}

/// What became of the snapshots of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// How many were as accepted.
    pub(crate) same: usize,
    /// New or changed.
    pub(crate) pending: Vec<Pending>,
    /// Accepted ones that nothing in this run belongs to.
    pub(crate) unreached: Vec<PathBuf>,
}

impl Store {
    /// The snapshots in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(|why| unusable(folder, &why))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Compares the texts of a run, by name, with the accepted ones; what is new or differs is written as pending, and
    /// pending ones that are no longer so are removed.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(crate) fn compare(&self, run: &BTreeMap<String, String>) -> Result<Compared, Failure> {
        let mut compared = Compared::default();
        for (name, text) in run {
            let path = self.folder.join(format!("{name}.{ACCEPTED}"));
            let old = read(&path)?;
            if old.as_deref() == Some(text.as_str()) {
                remove(&pending_path(&path))?;
                compared.same += 1;
            } else {
                write(&pending_path(&path), &file::file(name, text))?;
                compared.pending.push(Pending { path, old, new: text.clone() });
            }
        }
        let known = |path: &PathBuf| run.contains_key(&stem(path));
        compared.unreached = self.files(ACCEPTED)?.into_iter().filter(|path| !known(path)).collect();
        Ok(compared)
    }

    /// Everything that waits for a decision.
    ///
    /// # Errors
    /// When the folder or a file cannot be read.
    pub(crate) fn pending(&self) -> Result<Vec<Pending>, Failure> {
        let files = self.files(PENDING)?;
        let pending = |new_path: PathBuf| {
            let path = new_path.with_extension("");
            let new = read(&new_path)?.unwrap_or_default();
            Ok(Pending { old: read(&path)?, new, path })
        };
        files.into_iter().map(pending).collect()
    }

    fn files(&self, ending: &str) -> Result<Vec<PathBuf>, Failure> {
        let entries = fs::read_dir(&self.folder).map_err(|why| unusable(&self.folder, &why))?;
        let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let ending = format!(".{ending}");
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| name(path).is_some_and(|name| name.ends_with(&ending)))
            .collect();
        files.sort();
        Ok(files)
    }
}

impl Pending {
    /// The new text becomes the accepted one.
    ///
    /// # Errors
    /// When the file cannot be renamed.
    pub(crate) fn accept(&self) -> Result<(), Failure> {
        fs::rename(pending_path(&self.path), &self.path).map_err(|why| unusable(&self.path, &why))
    }

    /// The new text is thrown away.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub(crate) fn reject(&self) -> Result<(), Failure> {
        remove(&pending_path(&self.path))
    }
}

/// `a.snap` -> `a.snap.new`, as insta calls it.
fn pending_path(path: &Path) -> PathBuf {
    path.with_extension(PENDING)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The text of a snapshot; `None` when there is no such file.
fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(contents(&text))),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(unusable(path, &why)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|why| unusable(path, &why))
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(unusable(path, &why)),
        _ => Ok(()),
    }
}

fn unusable(path: &Path, why: &std::io::Error) -> Failure {
    Failure::own(format!("{}: {why}", path.display()))
}
