//! When the frames of one model call came, from its start. Pure: it is told the times.

use std::time::Duration;

use faultline_telemetry::list;

/// The frames of one model call, over all its attempts.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    times: Vec<Duration>,
    first_text: Option<Duration>,
}

impl Frames {
    /// A frame came.
    pub(crate) fn saw(&mut self, at: Duration) {
        self.times.push(at);
    }

    /// Text that is not empty came.
    pub(crate) fn saw_text(&mut self, at: Duration) {
        self.first_text.get_or_insert(at);
    }

    /// The first frame.
    pub(crate) fn first(&self) -> Option<Duration> {
        self.times.first().copied()
    }

    /// The first text.
    pub(crate) fn first_text(&self) -> Option<Duration> {
        self.first_text
    }

    /// The longest silence between two frames.
    pub(crate) fn longest_stall(&self) -> Option<Duration> {
        self.times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max()
    }

    /// All of them as one text: a field of a span holds no list.
    pub(crate) fn listed(&self) -> String {
        list::joined(self.times.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_the_first_frame_to_the_longest_silence() {
        let mut frames = Frames::default();
        assert_eq!((frames.first(), frames.longest_stall(), frames.listed()), (None, None, String::new()));
        for at in [300, 320, 900, 910] {
            frames.saw(Duration::from_millis(at));
        }
        frames.saw_text(Duration::from_millis(320));
        frames.saw_text(Duration::from_millis(910));
        assert_eq!(frames.first(), Some(Duration::from_millis(300)));
        assert_eq!(frames.first_text(), Some(Duration::from_millis(320)));
        assert_eq!(frames.longest_stall(), Some(Duration::from_millis(580)));
        assert_eq!(frames.listed(), "0.300000 0.320000 0.900000 0.910000");
    }
}
