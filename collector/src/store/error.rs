//! Why the store could not do something.

use rusqlite::ffi::ErrorCode;
use std::path::PathBuf;

/// Why the store could not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It has no room for more until what it has is written. Send it again later.
    #[error("the collector is busy: its queue is full; send this again later")]
    Busy,
    /// The disk, or the size that it may take, is full. Send it again when there is room.
    #[error("the store is full: there is no room on the disk, or it has reached its greatest size")]
    Full,
    /// It is being closed.
    #[error("the collector is stopping")]
    Closed,
    /// The file is a store of another version, or no store.
    #[error("{}: this is no store of this version (it says {found}, we write {ours})", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it says its version is; 0 for a file of something else.
        found: i64,
        /// What we write.
        ours: i64,
    },
    /// Another program writes to the file.
    #[error("{}: another collector writes to this store", path.display())]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// What was read is not what is written: somebody has changed the file.
    #[error("the store holds what it cannot: {0}")]
    Damaged(String),
    /// Anything else that SQLite says.
    #[error("the store failed: {0}")]
    Sqlite(String),
}

impl StoreError {
    /// Whether sending again may help.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Busy | Self::Full | Self::Closed)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Sqlite(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<crate::json::Malformed> for StoreError {
    fn from(error: crate::json::Malformed) -> Self {
        Self::Damaged(error.to_string())
    }
}
