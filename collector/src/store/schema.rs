//! Opens a store: makes its tables, or finds that they are there. It knows no row.

use super::error::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version of the tables, in `user_version`.
pub(super) const VERSION: i64 = 1;

/// The tables.
const TABLES: &str = include_str!("schema.sql");

/// How long one waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In memory; gone with the collector.
    Memory,
    /// In a file, with two more beside it while it is open.
    File(PathBuf),
}

/// Opens a store to write to, and makes it where there is none.
///
/// # Errors
/// When it is another program's, or the disk refuses.
pub(super) fn to_write(place: &Place, most_bytes: Option<u64>) -> Result<Connection, StoreError> {
    let connection = match place {
        Place::Memory => Connection::open_in_memory()?,
        Place::File(path) => Connection::open(path)?,
    };
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let path = |place: &Place| if let Place::File(path) = place { path.clone() } else { PathBuf::new() };
    if tables == 0 {
        // Before the first page is written, or it has no effect.
        connection.execute_batch("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;")?;
    } else if found != VERSION {
        return Err(StoreError::Foreign { path: path(place), found, ours: VERSION });
    }
    // A write-ahead log: readers do not wait for the writer. NORMAL: what is committed outlives this process, however it
    // ends; a machine that loses power may lose the last commits, but never the store.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -24000;
         PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 33554432;",
    )?;
    if tables == 0 {
        connection.execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))?;
    }
    if let Some(most) = most_bytes {
        limit(&connection, most)?;
    }
    Ok(connection)
}

/// Says to other collectors that the file is taken, until it is dropped. A process that is killed says so no longer.
///
/// # Errors
/// When another has said so.
pub(super) fn claim(place: &Place) -> Result<Option<File>, StoreError> {
    let Place::File(path) = place else { return Ok(None) };
    let failed = |error: std::io::Error| StoreError::Sqlite(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::Taken { path: path.clone() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// A wall behind retention: the file never has more pages than this, even when more comes than can be removed in time.
fn limit(connection: &Connection, most_bytes: u64) -> Result<(), StoreError> {
    let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = i64::try_from(most_bytes).unwrap_or(i64::MAX) / page.max(1);
    let most = pages.saturating_add(pages / 4).clamp(64, 1 << 31);
    connection.query_row(&format!("PRAGMA max_page_count = {most}"), [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

/// Opens a store's file to read from; a collector may be writing to it.
///
/// # Errors
/// When there is none, or it is no store.
pub fn to_read(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch("PRAGMA query_only = ON;")?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found != VERSION {
        return Err(StoreError::Foreign { path: path.to_owned(), found, ours: VERSION });
    }
    Ok(connection)
}
