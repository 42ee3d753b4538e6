//! Which events go out together: so many at most, none later than an interval, and none that a person waits for. Pure: time
//! is an argument.

use std::sync::Arc;
use std::time::Duration;

use super::execution::Sent;
use crate::wire_event::WireEvent;

/// Events that wait.
pub(super) struct Batch {
    most: usize,
    interval: Duration,
    waiting: Vec<Arc<Sent>>,
    /// When the first of them came.
    since: Duration,
    /// The turn whose first text went out.
    turn: u32,
}

impl Batch {
    /// None yet.
    pub(super) fn new(most: usize, interval: Duration) -> Self {
        Self { most: most.max(1), interval, waiting: Vec::new(), since: Duration::ZERO, turn: 0 }
    }

    /// One more; whether all must go now.
    pub(super) fn add(&mut self, sent: Arc<Sent>, now: Duration) -> bool {
        if self.waiting.is_empty() {
            self.since = now;
        }
        let urgent = sent.event.is_urgent() || self.begins_turn(&sent.event);
        self.waiting.push(sent);
        urgent || self.waiting.len() >= self.most || now >= self.since + self.interval
    }

    /// When what waits must go.
    pub(super) fn due(&self) -> Option<Duration> {
        (!self.waiting.is_empty()).then(|| self.since + self.interval)
    }

    /// What waits.
    pub(super) fn take(&mut self) -> Vec<Arc<Sent>> {
        std::mem::take(&mut self.waiting)
    }

    fn begins_turn(&mut self, event: &WireEvent) -> bool {
        let WireEvent::TextDelta { turn, .. } = event else { return false };
        std::mem::replace(&mut self.turn, *turn) != *turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(turn: u32) -> Arc<Sent> {
        let event = WireEvent::TextDelta { turn, text: "x".into() };
        Arc::new(Sent { number: 1, event, json: String::new() })
    }

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn the_first_text_of_a_turn_never_waits_and_others_wait_for_each_other() {
        let mut batch = Batch::new(3, ms(100));
        assert!(batch.add(text(1), ms(0)), "the first of a turn");
        assert_eq!((batch.take().len(), batch.due()), (1, None));
        assert!(!batch.add(text(1), ms(10)));
        assert_eq!(batch.due(), Some(ms(110)));
        assert!(!batch.add(text(1), ms(20)));
        assert!(batch.add(text(1), ms(30)), "three are enough");
        assert_eq!(batch.take().len(), 3);
        assert!(!batch.add(text(1), ms(40)));
        assert!(batch.add(text(1), ms(140)), "the interval is over");
        batch.take();
        assert!(batch.add(text(2), ms(150)), "the first of the next turn");
        let done = WireEvent::ExecutionFailed { message: String::new(), partial: String::new() };
        let mut batch = Batch::new(3, ms(100));
        assert!(batch.add(Arc::new(Sent { number: 1, event: done, json: String::new() }), ms(0)));
    }
}
