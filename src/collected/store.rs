//! The file that a collector has written, or is writing.

use crate::exit::Failure;
use faultline_collector::store::{Connection, StoreError, to_read};
use std::path::PathBuf;

/// Which store.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct StoreArgs {
    /// The file that `faultline collect --store` writes; it may be running.
    #[arg(value_name = "STORE")]
    store: PathBuf,
}

impl StoreArgs {
    /// What it is called.
    pub(crate) fn name(&self) -> String {
        self.store.display().to_string()
    }

    /// Opens it.
    ///
    /// # Errors
    /// When there is none, or it is none.
    pub(crate) fn open(&self) -> Result<Connection, Failure> {
        if !self.store.exists() {
            return Err(Failure::usage(format!("{}: there is no such file", self.store.display())));
        }
        to_read(&self.store).map_err(|error| match error {
            StoreError::Foreign { .. } => Failure::usage(error),
            error => Failure::own(format!("{}: {error}", self.store.display())),
        })
    }
}
