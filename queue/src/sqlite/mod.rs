//! A queue in an SQLite file, or in this process alone.

mod file;
mod records;
mod tables;

pub(crate) use file::SqliteQueue;
