//! A temporary folder of our own, for the files that agents may write.

use crate::exit::Failure;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A folder that is removed, with what is in it, when this is dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new one. Others can write beside it, not in it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn create() -> Result<Self, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let path = std::env::temp_dir().join(format!("faultline-grade-{}-{now}", std::process::id()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|why| Failure::own(format!("{}: cannot be made: {why}", path.display())))?;
        Ok(Self(path))
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name.replace('/', "_"))
    }

    /// A folder in it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.file(&format!("{name}.state"));
        let made = std::fs::create_dir_all(&path);
        made.map_err(|why| Failure::own(format!("{}: cannot be made: {why}", path.display())))?;
        Ok(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
