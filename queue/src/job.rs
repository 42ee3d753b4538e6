//! What goes through a queue, and what is said of it.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::claim::Claim;
use crate::id::JobId;
use crate::rules::State;

/// What became of a `put`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The job is in the queue now.
    New,
    /// A job of this id was put before; nothing changed.
    Known,
}

/// Whether a delivery still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a delivery that lost its job must not go on"]
pub enum Lease {
    /// It does, and what was asked is done.
    Held,
    /// The job was delivered to somebody else or is over; nothing was done.
    Lost,
}

/// A job in the hands of one worker. Dropping it does nothing: the lease then runs out.
pub struct Delivery {
    /// The job.
    pub id: JobId,
    /// What is to be done.
    pub body: Bytes,
    /// How often it was delivered, this time counted: from 1.
    pub number: u32,
    pub(crate) claim: Claim,
    /// How many records this delivery has appended.
    pub(crate) records: u32,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Delivery({} number {}, {} bytes)", self.id, self.number, self.body.len())
    }
}

/// What is known of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where it is.
    pub state: State,
    /// How often it was delivered.
    pub deliveries: u32,
    /// Whether somebody wants it stopped. A worker that has it finds out by this.
    pub is_cancelled: bool,
    /// Its result, if it has one.
    pub result: Option<Bytes>,
}

/// A place in a job's progress: so many records of which delivery were seen. As text `DELIVERY-RECORDS`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Which delivery; 0 before the first.
    pub delivery: u32,
    /// How many of its records.
    pub records: u32,
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.delivery, self.records)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is DELIVERY-RECORDS, as it was given out")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (delivery, records) = text.split_once('-').ok_or(BadCursor)?;
        let number = |text: &str| text.parse().map_err(|_| BadCursor);
        Ok(Self { delivery: number(delivery)?, records: number(records)? })
    }
}

/// What the newest delivery of a job told of its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Whether what was seen up to the cursor belongs to an earlier delivery: it counts no more, and the records begin anew.
    pub restarted: bool,
    /// Records behind the cursor, in order: at most 100, and about 1 MiB.
    pub records: Vec<Bytes>,
    /// Whether there may be more behind them already.
    pub more: bool,
    /// Where to go on.
    pub next: Cursor,
}

impl Cursor {
    /// From where the records of delivery `newest` are to be read, and whether that is a new beginning.
    pub(crate) fn in_delivery(self, newest: u32) -> (Self, bool) {
        match self.delivery == newest {
            true => (self, false),
            false => (Self { delivery: newest, records: 0 }, self.delivery != 0 && self.records != 0),
        }
    }
}

/// A job that was delivered as often as it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The job.
    pub id: String,
    /// What was to be done.
    pub body: Bytes,
    /// How often it was tried.
    pub deliveries: u32,
}

/// Something kept under a name, with the version that the next write must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What is kept.
    pub bytes: Bytes,
    /// Which version it is; never 0.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_is_written_and_of_another_delivery_begins_anew() {
        let cursor = Cursor { delivery: 2, records: 7 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "7", "-", "a-1", "1-", "2-3-4"] {
            assert_eq!(bad.parse::<Cursor>(), Err(BadCursor), "{bad:?}");
        }
        assert_eq!(cursor.in_delivery(2), (cursor, false));
        assert_eq!(cursor.in_delivery(3), (Cursor { delivery: 3, records: 0 }, true));
        assert!(!Cursor::default().in_delivery(1).1, "who has seen nothing misses nothing");
    }
}
