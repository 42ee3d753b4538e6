//! How much is taken at once. The same for every home, so that what fits in one fits in the other.

use bytes::Bytes;

use crate::error::QueueError;

/// The most bytes of a body, a record, a result or a value: below the 1 MiB that a NATS server takes by default.
pub const MAX_BYTES: usize = 768 * 1024;

/// The most records that one look at a job's progress returns.
pub(crate) const MAX_RECORDS: usize = 100;

/// About so many bytes of records one look returns; one record at least.
pub(crate) const PAGE_BYTES: usize = 1024 * 1024;

/// Records for one look, as long as there is room.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) records: Vec<Bytes>,
    bytes: usize,
}

impl Page {
    /// Whether one more is wanted.
    pub(crate) fn has_room(&self) -> bool {
        self.records.len() < MAX_RECORDS && self.bytes < PAGE_BYTES
    }

    pub(crate) fn add(&mut self, record: Bytes) {
        self.bytes += record.len();
        self.records.push(record);
    }
}

/// Refuses what is too large.
pub(crate) fn fits(what: &'static str, bytes: &[u8]) -> Result<(), QueueError> {
    match bytes.len() {
        size if size > MAX_BYTES => Err(QueueError::TooLarge { what, size, most: MAX_BYTES }),
        _ => Ok(()),
    }
}
