//! What has come of an answer that comes action by action, as much of it as is kept.

use faultline_scenarios::plan::{Act, Action, Ending, Label, Plan};
use faultline_scenarios::timeline::Done;
use faultline_wire::Header;
use std::sync::Arc;
use std::time::Duration;

/// The most actions that are kept of one answer, and the most bytes: a stream may go on for hours.
const ACTIONS: usize = 4096;
const BYTES: usize = 4 * 1024 * 1024;

/// A plan that grows.
#[derive(Debug, Default)]
pub(crate) struct Grown {
    /// Whether nothing is kept that tells what was said.
    bare: bool,
    actions: Vec<Action>,
    done: Done,
    bytes: usize,
    /// How many actions and bytes came that are not kept, and when the last of them did.
    more: Option<(usize, usize, Duration)>,
}

impl Grown {
    /// An action was handed over at `at`.
    pub(crate) fn push(&mut self, mut action: Action, at: Duration) {
        if self.bare {
            strip(&mut action);
        }
        let length = action.bytes().len();
        let is_data = matches!(action.act, Act::Data { .. });
        if is_data && (self.actions.len() >= ACTIONS || self.bytes + length > BYTES) {
            let (actions, bytes, _) = self.more.unwrap_or_default();
            self.more = Some((actions + 1, bytes + length, at));
            return;
        }
        self.told();
        self.bytes += length;
        self.actions.push(action);
        self.done.push(1, at);
    }

    /// The trailers belong to the head, as if they had been announced.
    pub(crate) fn trailers(&mut self, trailers: &[Header]) {
        let trailers = if self.bare { &[] } else { trailers };
        if let Some(Act::Head(head)) = self.actions.first_mut().map(|action| &mut action.act) {
            trailers.clone_into(&mut head.trailers);
        }
    }

    /// In the place of what is not kept stands how much it is.
    fn told(&mut self) {
        if let Some((actions, bytes, at)) = self.more.take() {
            let event = format!("{actions} more of {bytes} bytes, not kept").into();
            let label = Label { event, index: None, gist: "".into() };
            self.actions.push(Action::data(at, label, bytes::Bytes::new()));
            self.done.push(1, at);
        }
    }

    /// The same that keeps nothing of what is said, where `bare`.
    pub(crate) fn new(bare: bool) -> Self {
        Self { bare, ..Self::default() }
    }

    /// The plan so far, with an end that did not happen where none has come; and when its actions did.
    pub(crate) fn finish(mut self) -> (Arc<Plan>, Done) {
        self.told();
        let last = self.actions.last().map_or(Duration::ZERO, |action| action.at);
        if !matches!(self.actions.last().map(|action| &action.act), Some(Act::End(_))) {
            self.actions.push(Action::new(last, Act::End(Ending::Stall)));
        }
        let plan = Plan::new(self.actions).unwrap_or_else(|_| Plan::empty());
        (Arc::new(plan), self.done)
    }
}

/// Headers that say what an answer is, not what it holds.
const TELLING: [&str; 4] = ["content-type", "content-length", "x-amzn-requestid", "x-amzn-errortype"];

fn strip(action: &mut Action) {
    match &mut action.act {
        Act::Head(head) => head.headers.retain(|(name, _)| TELLING.contains(&name.as_str())),
        Act::Data { bytes, .. } => *bytes = bytes::Bytes::new(),
        Act::End(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::plan::Head;

    #[test]
    fn a_stream_without_end_is_kept_in_part() {
        let at = Duration::from_millis;
        let label = || Label { event: "e".into(), index: None, gist: "".into() };
        let mut grown = Grown::default();
        grown.push(Action::new(at(0), Act::Head(Head::new(200, "x"))), at(0));
        for number in 0..10_000 {
            grown.push(Action::data(at(number), label(), vec![0; 10].into()), at(number));
        }
        grown.push(Action::new(at(10_000), Act::End(Ending::Complete)), at(10_000));
        let (plan, done) = grown.finish();
        assert_eq!((plan.actions().len(), done.len()), (ACTIONS + 2, ACTIONS + 2));
        let text = plan.to_text();
        assert!(text.contains("5905 more of 59050 bytes, not kept"), "{text}");
    }

    #[test]
    fn a_bare_journal_tells_nothing_of_what_was_said() {
        let mut grown = Grown { bare: true, ..Grown::default() };
        let mut head = Head::new(200, "x");
        head.set("x-secret", "s3cret");
        let label = Label { event: "messageStop".into(), index: None, gist: "".into() };
        grown.push(Action::new(Duration::ZERO, Act::Head(head)), Duration::ZERO);
        grown.push(Action::data(Duration::ZERO, label, "s3cret".into()), Duration::ZERO);
        grown.trailers(&[("x".to_owned(), "s3cret".to_owned())]);
        let text = format!("{:?}", grown.finish());
        assert!(text.contains("messageStop") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn what_breaks_off_has_an_end_that_did_not_happen() {
        let mut grown = Grown::default();
        grown.push(Action::new(Duration::ZERO, Act::Head(Head::new(200, "x"))), Duration::ZERO);
        let (plan, done) = grown.finish();
        assert_eq!((plan.actions().len(), done.len(), plan.ending()), (2, 1, Ending::Stall));
    }
}
