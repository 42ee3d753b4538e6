//! Forgets the oldest: by age, and by size. A trace goes as a whole, by when its last span came.

use super::error::StoreError;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::time::Duration;

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// What came longer ago is forgotten.
    pub age: Option<Duration>,
    /// The oldest is forgotten while the store is greater, in bytes.
    pub bytes: Option<u64>,
}

/// Traces that go in one step. A step is a transaction: who waits to write does not wait long.
const TRACES: i64 = 64;
/// Points or records that go in one step.
const ROWS: i64 = 2000;
/// Pages that are given back to the disk in one step.
const PAGES: usize = 512;
/// So many that share nothing any more are suffered.
const ORPHANS: i64 = 10_000;

/// What a step came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Rows that went.
    pub(super) gone: usize,
    /// Whether another step would find more.
    pub(super) more: bool,
}

/// One step.
///
/// # Errors
/// What SQLite says.
pub(super) fn step(store: &mut Connection, keep: Keep, now: i64) -> Result<Step, StoreError> {
    let old = keep.age.map(|age| now.saturating_sub(i64::try_from(age.as_nanos()).unwrap_or(i64::MAX)));
    let too_big = match keep.bytes {
        Some(most) => used(store)? > most,
        None => false,
    };
    let bound = if too_big { Some(i64::MAX) } else { old };
    let Some(bound) = bound else { return Ok(Step::default()) };
    let Some(table) = oldest(store, bound)? else { return Ok(Step::default()) };
    let transaction = store.transaction()?;
    let gone = match table {
        Table::Traces => traces(&transaction, bound)?,
        Table::Points => rows(&transaction, "points", bound)?,
        Table::Logs => rows(&transaction, "logs", bound)?,
    };
    sweep(&transaction)?;
    transaction.commit()?;
    give_back(store)?;
    Ok(Step { gone, more: gone > 0 })
}

/// Bytes in pages that hold something.
///
/// # Errors
/// What SQLite says.
pub(super) fn used(store: &Connection) -> Result<u64, StoreError> {
    let ask = |what: &str| store.query_row(&format!("PRAGMA {what}"), [], |row| row.get::<_, i64>(0));
    let pages = ask("page_count")? - ask("freelist_count")?;
    Ok(u64::try_from(pages * ask("page_size")?).unwrap_or_default())
}

#[derive(Clone, Copy, Debug)]
enum Table {
    Traces,
    Points,
    Logs,
}

/// Whose first row is the oldest, where it is older than `bound`.
fn oldest(store: &Connection, bound: i64) -> Result<Option<Table>, StoreError> {
    let heads = [
        (Table::Traces, "SELECT min(updated) FROM traces"),
        (Table::Points, "SELECT received FROM points ORDER BY id LIMIT 1"),
        (Table::Logs, "SELECT received FROM logs ORDER BY id LIMIT 1"),
    ];
    let mut found: Option<(i64, Table)> = None;
    for (table, ask) in heads {
        let head: Option<Option<i64>> = store.query_row(ask, [], |row| row.get(0)).optional()?;
        let head = head.flatten().filter(|head| *head < bound);
        found = match (found, head) {
            (Some((first, _)), Some(head)) if head < first => Some((head, table)),
            (None, Some(head)) => Some((head, table)),
            (found, _) => found,
        };
    }
    Ok(found.map(|(_, table)| table))
}

fn traces(store: &Connection, bound: i64) -> rusqlite::Result<usize> {
    let mut ask = store.prepare_cached("SELECT id FROM traces WHERE updated < ? ORDER BY updated LIMIT ?")?;
    let ids: Vec<i64> =
        ask.query_map(params![bound, TRACES], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut gone = 0;
    for id in &ids {
        gone += store.prepare_cached("DELETE FROM spans WHERE trace = ?")?.execute([id])?;
        gone += store.prepare_cached("DELETE FROM traces WHERE id = ?")?.execute([id])?;
    }
    Ok(gone)
}

fn rows(store: &Connection, table: &str, bound: i64) -> rusqlite::Result<usize> {
    let delete = format!(
        "DELETE FROM {table} WHERE received < ? AND id IN (SELECT id FROM {table} ORDER BY id LIMIT ?)"
    );
    store.prepare_cached(&delete)?.execute(params![bound, ROWS])
}

/// Removes resources, scopes and metrics that nothing names any more, when there are many: it takes a walk through all.
fn sweep(store: &Connection) -> rusqlite::Result<()> {
    let count = |table: &str| {
        store.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
    };
    if count("metrics")? > ORPHANS {
        store.execute_batch("DELETE FROM metrics WHERE id NOT IN (SELECT metric FROM points);")?;
    }
    for (table, column) in [("resources", "resource"), ("scopes", "scope")] {
        if count(table)? > ORPHANS {
            store.execute_batch(&format!(
                "DELETE FROM {table} WHERE id NOT IN (SELECT {column} FROM spans UNION SELECT {column} FROM metrics
                 UNION SELECT {column} FROM logs);"
            ))?;
        }
    }
    Ok(())
}

fn give_back(store: &Connection) -> rusqlite::Result<()> {
    let mut pages = store.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut freed = pages.query([])?;
    while freed.next()?.is_some() {}
    Ok(())
}
