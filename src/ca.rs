//! The file with the CA that TLS clients must trust.

use crate::exit::Failure;
use faultline_mock_bedrock::MockBedrock;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A CA file. One that we have put into the temporary folder is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct CaFile {
    path: PathBuf,
    temporary: bool,
}

impl CaFile {
    /// The CA of `server`: in the file that was `asked` for, which the server has written, or in a new one. None without
    /// TLS.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn of(server: &MockBedrock, asked: Option<&Path>) -> Result<Option<Self>, Failure> {
        match (server.ca_pem(), asked) {
            (None, _) => Ok(None),
            (Some(_), Some(path)) => Ok(Some(Self { path: path.to_owned(), temporary: false })),
            (Some(pem), None) => Self::create(pem).map(Some),
        }
    }

    /// Others can write in the temporary folder: the file must be new, so that nobody's link is followed and nobody's
    /// file trusted.
    fn create(pem: &[u8]) -> Result<Self, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let path = std::env::temp_dir().join(format!("faultline-ca-{}-{now}.pem", std::process::id()));
        let failed = |why| Failure::own(format!("{}: the CA cannot be written: {why}", path.display()));
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        // From here on the file is ours to remove, also when it is not whole.
        let ca = Self { path: path.clone(), temporary: true };
        file.write_all(pem).map_err(failed)?;
        Ok(ca)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        if self.temporary {
            // A file that somebody else has removed is removed.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
