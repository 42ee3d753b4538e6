//! The files that a run writes at its end. They are opened before it: a path that cannot be written is said at once, not
//! when the work is done and its result would be lost.

use crate::exit::Failure;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file that is open and empty until the end of the run. An older report is gone from the start: nobody may take it
/// for this run's.
#[derive(Debug)]
pub(crate) struct ReportFile {
    path: PathBuf,
    file: File,
}

impl ReportFile {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// When that is impossible.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|why| unwritable(path, &why))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Opens the file if one was asked for.
    ///
    /// # Errors
    /// As `open`.
    pub(crate) fn open_some(path: Option<&PathBuf>) -> Result<Option<Self>, Failure> {
        path.map(|path| Self::open(path)).transpose()
    }

    /// Writes the report.
    ///
    /// # Errors
    /// When the file takes no more.
    pub(crate) fn write(mut self, text: &str) -> Result<(), Failure> {
        self.file.write_all(text.as_bytes()).map_err(|why| unwritable(&self.path, &why))
    }
}

fn unwritable(path: &Path, why: &std::io::Error) -> Failure {
    Failure::own(format!("{}: cannot be written: {why}", path.display()))
}
