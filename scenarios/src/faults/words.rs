//! A fault in a few words: its name, and the settings that its timeline does not show.
//!
//! Numbers and words of our own only: an author's text could hold what separates two faults of one action.

use super::drop_event::DropEvent;
use super::kind::FaultKind;
use super::slice::{Around, Slice};
use super::union::{Holds, Union};

impl FaultKind {
    /// The name with the settings that count: `union two`, `drip 1 B every 10 ms`.
    pub(super) fn words(&self) -> String {
        let name = self.name();
        match self {
            Self::Drip(drip) => {
                format!("{name} {} B every {} ms", drip.bytes, drip.every.0.as_secs_f64() * 1e3)
            }
            Self::Coalesce(coalesce) => {
                coalesce.bytes.map_or_else(|| name.to_owned(), |least| format!("{name} {least} B"))
            }
            Self::Slice(Slice { around: Some(Around::Frames), .. }) => format!("{name} around frames"),
            Self::DropEvent(DropEvent { all: true }) => format!("{name} all"),
            Self::Union(Union { holds }) => match holds {
                Holds::None => format!("{name} none"),
                Holds::Two => format!("{name} two"),
                Holds::Unknown => format!("{name} unknown"),
            },
            _ => name.to_owned(),
        }
    }
}
