//! What is done with a request: answered from a cassette, or passed on, and then kept or not. Pure.

use std::fmt;
use std::str::FromStr;

/// What a recorder does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Cassettes answer, and nobody else: a request that no cassette is for is told what came nearest.
    Replay,
    /// Everything is passed on and kept, in the place of what was kept before.
    Record,
    /// What no cassette is for is passed on and kept.
    RecordMissing,
    /// As `Record`; at the end what drifted is told.
    Refresh,
    /// What no cassette is for is passed on; nothing is written.
    Spy,
}

/// What is done with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A cassette answers, or nobody.
    Play,
    /// The upstream answers.
    Forward {
        /// Whether its answer is kept.
        kept: bool,
    },
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 5] = [Self::Replay, Self::Record, Self::RecordMissing, Self::Refresh, Self::Spy];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Record => "record",
            Self::RecordMissing => "record-missing",
            Self::Refresh => "refresh",
            Self::Spy => "spy",
        }
    }

    /// Whether it passes anything on.
    pub const fn forwards(self) -> bool {
        !matches!(self, Self::Replay)
    }

    /// Whether it writes.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Record | Self::RecordMissing | Self::Refresh)
    }

    /// What to do with a request; `is_known`: whether a cassette is for it. It is asked where it matters.
    pub(crate) fn way(self, is_known: impl FnOnce() -> bool) -> Way {
        match self {
            Self::Replay => Way::Play,
            Self::Record | Self::Refresh => Way::Forward { kept: true },
            _ if is_known() => Way::Play,
            _ => Way::Forward { kept: self.writes() },
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| format!("write one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_does_what_it_says() {
        let (kept, passed) = (Way::Forward { kept: true }, Way::Forward { kept: false });
        for (mode, known, unknown) in [
            (Mode::Replay, Way::Play, Way::Play),
            (Mode::Record, kept, kept),
            (Mode::RecordMissing, Way::Play, kept),
            (Mode::Refresh, kept, kept),
            (Mode::Spy, Way::Play, passed),
        ] {
            assert_eq!((mode.way(|| true), mode.way(|| false)), (known, unknown), "{mode}");
            assert_eq!(mode.name().parse::<Mode>(), Ok(mode));
            let writes = [known, unknown].contains(&kept);
            assert_eq!((mode.writes(), mode.forwards()), (writes, unknown != Way::Play));
        }
        assert!("x".parse::<Mode>().unwrap_err().contains("record-missing"));
    }
}
