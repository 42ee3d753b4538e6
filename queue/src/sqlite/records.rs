//! The progress of a job: records of its newest delivery.

use rusqlite::{OptionalExtension as _, params};

use super::tables::Tables;
use crate::job::{Cursor, Progress};
use crate::limits::Page;

impl Tables {
    /// Keeps a record, if it is the newest delivery's.
    pub(super) fn append(&mut self, id: &str, place: Cursor, record: &[u8]) -> Result<(), rusqlite::Error> {
        let insert = "INSERT OR REPLACE INTO records (job, delivery, number, record)
            SELECT number, ?2, ?3, ?4 FROM jobs WHERE id = ?1 AND deliveries = ?2";
        self.0.execute(insert, params![id, place.delivery, place.records, record]).map(|_| ())
    }

    pub(super) fn progress(&mut self, id: &str, after: Cursor) -> Result<Option<Progress>, rusqlite::Error> {
        let read = self.0.transaction()?;
        let newest = "SELECT number, deliveries FROM jobs WHERE id = ?1";
        let newest =
            read.query_row(newest, [id], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?))).optional()?;
        let Some((job, delivery)) = newest else { return Ok(None) };
        let (from, restarted) = after.in_delivery(delivery);
        let select =
            "SELECT record FROM records WHERE job = ?1 AND delivery = ?2 AND number > ?3 ORDER BY number";
        let (mut page, mut next) = (Page::default(), from);
        let mut read = read.prepare(select)?;
        let mut rows = read.query(params![job, delivery, from.records])?;
        while page.has_room() {
            let Some(row) = rows.next()? else { break };
            page.add(row.get::<_, Vec<u8>>(0)?.into());
            next.records += 1;
        }
        let more = !page.has_room();
        Ok(Some(Progress { restarted, records: page.records, more, next }))
    }
}
