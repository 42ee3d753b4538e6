//! How much is taken at once. The same for every home, so that what fits in one fits in the other.

use crate::error::QueueError;

/// The most bytes of a body, a record, a result or a value: below the 1 MiB that a NATS server takes by default.
pub const MAX_BYTES: usize = 768 * 1024;

/// The most records that one look at a job's progress returns.
pub(crate) const MAX_RECORDS: usize = 100;

/// Refuses what is too large.
pub(crate) fn fits(what: &'static str, bytes: &[u8]) -> Result<(), QueueError> {
    match bytes.len() {
        size if size > MAX_BYTES => Err(QueueError::TooLarge { what, size }),
        _ => Ok(()),
    }
}
