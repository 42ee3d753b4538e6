//! The ways an answer can end, told from the ending's words, and the drawn mark of each.

/// How an answer ended, as far as a picture tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As HTTP wants it.
    Complete,
    /// Closed with the body unfinished.
    Cut,
    /// TCP reset.
    Reset,
    /// HTTP/2 `RST_STREAM`.
    RstStream,
    /// HTTP/2 `GOAWAY`.
    Goaway,
    /// Silence.
    Stall,
    /// Anything else.
    Other,
}

impl Shape {
    /// All of them, in the order of the legend.
    pub(crate) const ALL: [Self; 7] =
        [Self::Complete, Self::Cut, Self::Reset, Self::RstStream, Self::Goaway, Self::Stall, Self::Other];

    /// The shape for an ending's words, such as `RST_STREAM 8`.
    pub(crate) fn of(words: &str) -> Self {
        let first = words.split([' ', ',']).next().unwrap_or_default();
        match first.to_ascii_lowercase().as_str() {
            "complete" => Self::Complete,
            "cut" => Self::Cut,
            "reset" => Self::Reset,
            "rst_stream" => Self::RstStream,
            "goaway" => Self::Goaway,
            "stall" => Self::Stall,
            _ => Self::Other,
        }
    }

    /// The id of its drawing.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Complete => "e-complete",
            Self::Cut => "e-cut",
            Self::Reset => "e-reset",
            Self::RstStream => "e-rst",
            Self::Goaway => "e-goaway",
            Self::Stall => "e-stall",
            Self::Other => "e-other",
        }
    }

    /// Its words in the legend.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Cut => "cut: closed unfinished",
            Self::Reset => "TCP reset",
            Self::RstStream => "RST_STREAM",
            Self::Goaway => "GOAWAY",
            Self::Stall => "stall: silence",
            Self::Other => "other",
        }
    }

    /// Its drawing: a path around the origin, 14 units high, stroked.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Complete => "M-3-7V7M1-7V7M2-7V7",
            Self::Cut => "M-5 7L1-7M-1 7L5-7",
            Self::Reset => "M-5-5L5 5M5-5L-5 5",
            Self::RstStream => "M-6-6H6V6H-6ZM-3-3L3 3M3-3L-3 3",
            Self::Goaway => "M-5-6L2 0L-5 6M5-6V6",
            Self::Stall => "M-4-6H4L-4 6H4Z",
            Self::Other => "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_told_from_its_words() {
        for (words, expected) in [
            ("complete", Shape::Complete),
            ("cut", Shape::Cut),
            ("reset", Shape::Reset),
            ("RST_STREAM 8", Shape::RstStream),
            ("GOAWAY 0, last stream 0", Shape::Goaway),
            ("stall", Shape::Stall),
            ("resetting", Shape::Other),
            ("", Shape::Other),
        ] {
            assert_eq!(Shape::of(words), expected, "{words}");
        }
    }
}
