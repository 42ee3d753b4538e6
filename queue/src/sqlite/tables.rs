//! The tables of a queue and what is done with them. Every step is one transaction, so that a process may be killed between
//! any two; time is an argument, in milliseconds since 1970.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use crate::job::{Letter, Put, Status, Value};
use crate::rules::{Facts, Step};

/// So long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(10);

/// So many jobs are forgotten at most when one is put.
const FORGET: u32 = 100;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    put_ms INTEGER NOT NULL,
    ready_ms INTEGER, -- when it may be delivered, also the end of its lease; NULL: never again
    is_held INTEGER NOT NULL DEFAULT 0,
    deliveries INTEGER NOT NULL DEFAULT 0,
    is_cancelled INTEGER NOT NULL DEFAULT 0,
    is_dead INTEGER NOT NULL DEFAULT 0,
    result BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_ready ON jobs (ready_ms, number) WHERE ready_ms IS NOT NULL;
CREATE INDEX IF NOT EXISTS jobs_put ON jobs (put_ms);
CREATE TABLE IF NOT EXISTS records (
    job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
    delivery INTEGER NOT NULL,
    number INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (job, delivery, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
";

const FACTS: &str = "result IS NOT NULL, is_dead, is_cancelled, is_held, ready_ms, deliveries";

/// A job on its way to a worker: id, body, which delivery.
type Taken = (String, Vec<u8>, u32);

/// The tables.
pub(super) struct Tables(pub(super) Connection);

impl Tables {
    pub(super) fn new(connection: Connection) -> Result<Self, rusqlite::Error> {
        connection.busy_timeout(BUSY)?;
        // Readers and a writer do not wait for each other. A file in memory has no such mode and says so.
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(TABLES)?;
        Ok(Self(connection))
    }

    pub(super) fn put(&mut self, id: &str, body: &[u8], now: u64, keep: u64) -> Result<Put, rusqlite::Error> {
        let write = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let old = now.saturating_sub(keep);
        write.execute(
            "DELETE FROM jobs WHERE number IN (SELECT number FROM jobs WHERE put_ms < ?1 LIMIT ?2)",
            params![old, FORGET],
        )?;
        write.execute("DELETE FROM kept WHERE at_ms < ?1", [old])?;
        let added = write.execute(
            "INSERT INTO jobs (id, body, put_ms, ready_ms) VALUES (?1, ?2, ?3, ?3) ON CONFLICT (id) DO NOTHING",
            params![id, body, now],
        )?;
        write.commit()?;
        Ok(if added == 1 { Put::New } else { Put::Known })
    }

    pub(super) fn take(&mut self, now: u64, lease: u64, most: u32) -> Result<Option<Taken>, rusqlite::Error> {
        // Looking needs no lock: most looks find nothing.
        let ready = "SELECT 1 FROM jobs WHERE ready_ms <= ?1 LIMIT 1";
        if self.0.query_row(ready, [now], |_| Ok(())).optional()?.is_none() {
            return Ok(None);
        }
        let write = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let first = format!(
            "SELECT {FACTS}, number, id, body FROM jobs WHERE ready_ms <= ?1 ORDER BY ready_ms, number LIMIT 1"
        );
        let read = |row: &Row<'_>| Ok((facts(row)?, row.get::<_, i64>(6)?, row.get(7)?, row.get(8)?));
        let mut taken = None;
        while let Some((facts, number, id, body)) = write.query_row(&first, [now], read).optional()? {
            let over =
                "UPDATE jobs SET ready_ms = NULL, is_held = 0, is_dead = is_dead OR ?2 WHERE number = ?1";
            match facts.step(most) {
                Step::Drop => write.execute(over, params![number, false])?,
                Step::Bury => write.execute(over, params![number, true])?,
                Step::Deliver(delivery) => {
                    write.execute(
                        "UPDATE jobs SET ready_ms = ?2, is_held = 1, deliveries = ?3 WHERE number = ?1",
                        params![number, now + lease, delivery],
                    )?;
                    taken = Some((id, body, delivery));
                    break;
                }
            };
        }
        write.commit()?;
        Ok(taken)
    }

    pub(super) fn extend(&mut self, id: &str, delivery: u32, end: u64) -> Result<bool, rusqlite::Error> {
        self.as_holder("ready_ms = ?3", params![id, delivery, end])
    }

    pub(super) fn give_back(&mut self, id: &str, delivery: u32, ready: u64) -> Result<bool, rusqlite::Error> {
        self.as_holder("ready_ms = ?3, is_held = 0", params![id, delivery, ready])
    }

    pub(super) fn finish(&mut self, id: &str, delivery: u32, result: &[u8]) -> Result<bool, rusqlite::Error> {
        self.as_holder("ready_ms = NULL, is_held = 0, result = ?3", params![id, delivery, result])
    }

    pub(super) fn abandon(&mut self, id: &str, delivery: u32) -> Result<bool, rusqlite::Error> {
        self.as_holder("ready_ms = NULL, is_held = 0, is_cancelled = 1", params![id, delivery])
    }

    /// Changes a job in the name of its newest delivery, if that has not let go of it.
    fn as_holder(&mut self, change: &str, values: &[&dyn rusqlite::ToSql]) -> Result<bool, rusqlite::Error> {
        let update = format!("UPDATE jobs SET {change} WHERE id = ?1 AND deliveries = ?2 AND is_held = 1");
        Ok(self.0.execute(&update, values)? == 1)
    }

    pub(super) fn status(&mut self, id: &str, now: u64) -> Result<Option<Status>, rusqlite::Error> {
        let select = format!("SELECT {FACTS}, result FROM jobs WHERE id = ?1");
        let read = |row: &Row<'_>| {
            let facts = facts(row)?;
            let result = row.get::<_, Option<Vec<u8>>>(6)?.map(Into::into);
            let Facts { deliveries, is_cancelled, .. } = facts;
            Ok(Status { state: facts.state(now), deliveries, is_cancelled, result })
        };
        self.0.query_row(&select, [id], read).optional()
    }

    pub(super) fn cancel(&mut self, id: &str) -> Result<(), rusqlite::Error> {
        let over = "result IS NOT NULL OR is_dead";
        let update = format!("UPDATE jobs SET is_cancelled = 1 WHERE id = ?1 AND NOT ({over})");
        self.0.execute(&update, [id]).map(drop)
    }

    pub(super) fn dead(&mut self, most: usize) -> Result<Vec<Letter>, rusqlite::Error> {
        let select = "SELECT id, body, deliveries FROM jobs WHERE is_dead ORDER BY number LIMIT ?1";
        let read = |row: &Row<'_>| {
            Ok(Letter { id: row.get(0)?, body: row.get::<_, Vec<u8>>(1)?.into(), deliveries: row.get(2)? })
        };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.0.prepare(select)?.query_map([most], read)?.collect()
    }

    pub(super) fn recall(&mut self, name: &str) -> Result<Option<Value>, rusqlite::Error> {
        let read =
            |row: &Row<'_>| Ok(Value { bytes: row.get::<_, Vec<u8>>(0)?.into(), version: row.get(1)? });
        self.0.query_row("SELECT bytes, version FROM kept WHERE name = ?1", [name], read).optional()
    }

    pub(super) fn forget(&mut self, name: &str) -> Result<(), rusqlite::Error> {
        self.0.execute("DELETE FROM kept WHERE name = ?1", [name]).map(drop)
    }

    pub(super) fn remember(
        &mut self,
        name: &str,
        bytes: &[u8],
        over: u64,
        now: u64,
    ) -> Result<Option<u64>, rusqlite::Error> {
        let insert =
            "INSERT INTO kept (name, version, at_ms, bytes) VALUES (?1, 1, ?2, ?3) ON CONFLICT DO NOTHING";
        let update =
            "UPDATE kept SET version = version + 1, at_ms = ?2, bytes = ?3 WHERE name = ?1 AND version = ?4";
        let changed = match over {
            0 => self.0.execute(insert, params![name, now, bytes])?,
            _ => self.0.execute(update, params![name, now, bytes, over])?,
        };
        Ok((changed == 1).then_some(over + 1))
    }
}

/// The columns of `FACTS`.
fn facts(row: &Row<'_>) -> Result<Facts, rusqlite::Error> {
    let is_held: bool = row.get(3)?;
    let ready: Option<u64> = row.get(4)?;
    Ok(Facts {
        has_result: row.get(0)?,
        is_dead: row.get(1)?,
        is_cancelled: row.get(2)?,
        held_until: ready.filter(|_| is_held),
        deliveries: row.get(5)?,
    })
}
