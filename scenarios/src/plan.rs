//! The keystone: a reply is a plan, a list of timed, labelled byte actions with one ending.
//!
//! A plan is computed first and purely; the server's writer executes it. It knows no clock: times are
//! offsets from the moment the request was understood.

use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// Status and headers of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// Headers in order, names in lower case. `x-amzn-requestid` and `date` are added by the server.
    pub headers: Vec<(String, String)>,
    /// HTTP trailers, which follow a body that ends as HTTP wants it.
    pub trailers: Vec<(String, String)>,
}

/// The content type of an event stream.
pub const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// What the body of an answer without events is labelled.
pub const BODY: &str = "body";

/// What the bytes of an event are labelled that is not whole yet.
pub const PART: &str = "part";

impl Head {
    /// A head with a status and a content type.
    pub fn new(status: u16, content_type: &str) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, trailers: Vec::new() }
    }

    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Gives the header of that (lower-case) name another value; whether it had another one before.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        if self.header(name) == Some(value) {
            return false;
        }
        match self.headers.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.headers.push((name.to_owned(), value.to_owned())),
        }
        true
    }
}

/// What some bytes are: the event they carry, its contentBlockIndex, and a gist for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// Event or exception type; `body` for a unary answer.
    pub event: Arc<str>,
    /// contentBlockIndex of block events.
    pub index: Option<u64>,
    /// A few characters of the content, quoted; empty when there is nothing to show.
    pub gist: Arc<str>,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// As HTTP wants it: final chunk, content length reached, END_STREAM.
    Complete,
    /// The connection closes (FIN) with the body unfinished: no final chunk, no END_STREAM.
    Cut,
    /// TCP reset (RST), after every byte before it has left.
    Reset,
    /// HTTP/2 RST_STREAM with this error code. Over HTTP/1.1 there is no such thing: the server cuts.
    RstStream {
        /// The HTTP/2 error code (RFC 9113, section 7).
        code: u32,
    },
    /// HTTP/2 GOAWAY with the stream unfinished, then FIN. Over HTTP/1.1 the server cuts.
    Goaway {
        /// The HTTP/2 error code.
        code: u32,
        /// Whether the last stream id covers this stream (`true`) or is 0 (`false`: "not processed").
        covers: bool,
    },
    /// Nothing more, and no end: silence until the client leaves.
    Stall,
}

/// What happens at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Status line and headers.
    Head(Head),
    /// Bytes of the body.
    Data {
        /// What they are.
        label: Label,
        /// The bytes.
        bytes: Bytes,
        /// Whether they must leave in a write of their own, shared with no neighbour.
        apart: bool,
    },
    /// The end; nothing follows.
    End(Ending),
}

/// One timed action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// When, from the moment the request was understood.
    pub at: Duration,
    /// What.
    pub act: Act,
    /// The faults that put it here or changed it, in a few words each; see [`Action::faults`].
    pub fault: Option<Arc<str>>,
}

/// What stands between two faults of one action.
const BESIDE: &str = "; ";

impl Action {
    /// An action that no fault has touched.
    pub fn new(at: Duration, act: Act) -> Self {
        Self { at, act, fault: None }
    }

    /// A piece of body.
    pub fn data(at: Duration, label: Label, bytes: Bytes) -> Self {
        Self::new(at, Act::Data { label, bytes, apart: false })
    }

    /// Notes that a fault changed this action, beside those that did before.
    pub fn mark(&mut self, cause: &Arc<str>) {
        self.fault = Some(match self.fault.take() {
            Some(before) => format!("{before}{BESIDE}{cause}").into(),
            None => cause.clone(),
        });
    }

    /// The faults that changed this action.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.fault.as_deref().into_iter().flat_map(|faults| faults.split(BESIDE))
    }

    /// The bytes of a data action; none for head and end.
    pub fn bytes(&self) -> &[u8] {
        if let Act::Data { bytes, .. } = &self.act { bytes } else { &[] }
    }

    /// The label of a data action.
    pub fn label(&self) -> Option<&Label> {
        if let Act::Data { label, .. } = &self.act { Some(label) } else { None }
    }
}

/// A finished plan. Cheap to share: compiled once, executed by many connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    actions: Vec<Action>,
    joined: Option<Bytes>,
}

/// Why actions are no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Nothing ends it, or something follows the end.
    #[error("action {0} is out of place: a plan has one end, and it comes last")]
    Ending(usize),
    /// A head after data, a second head, or data without a head.
    #[error("action {0} is out of place: a plan has one head, before its data")]
    Head(usize),
    /// Time runs backwards.
    #[error("action {0} happens before the one in front of it")]
    Time(usize),
}

impl Plan {
    /// A plan of these actions.
    ///
    /// # Errors
    /// When they are no plan: no single last ending, a misplaced head, or time running backwards.
    pub fn new(actions: Vec<Action>) -> Result<Self, PlanError> {
        check(&actions)?;
        Ok(Self { joined: join(&actions), actions })
    }

    /// The shortest plan: nothing, and a regular end.
    pub fn empty() -> Self {
        let end = Action::new(Duration::ZERO, Act::End(Ending::Complete));
        Self { actions: vec![end], joined: Some(Bytes::new()) }
    }

    /// The actions in order: at most one head, then data, then exactly one end.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The head; `None` when the answer ends before it begins.
    pub fn head(&self) -> Option<&Head> {
        self.actions
            .iter()
            .find_map(|action| if let Act::Head(head) = &action.act { Some(head) } else { None })
    }

    /// How it ends.
    pub fn ending(&self) -> Ending {
        match self.actions.last().map(|action| &action.act) {
            Some(Act::End(ending)) => *ending,
            _ => Ending::Complete,
        }
    }

    /// The whole body in one buffer, when everything happens at once: one write serves it.
    pub fn joined(&self) -> Option<&Bytes> {
        self.joined.as_ref()
    }

    /// The plan as HTTP/1.1 can execute it: an ending that only HTTP/2 has becomes a cut, and says so. `None` when the
    /// plan can be executed as it is.
    pub fn over_http1(&self) -> Option<Self> {
        let name = match self.ending() {
            Ending::RstStream { .. } => "RST_STREAM",
            Ending::Goaway { .. } => "GOAWAY",
            _ => return None,
        };
        let mut plan = self.clone();
        let end = plan.actions.last_mut()?;
        end.act = Act::End(Ending::Cut);
        end.mark(&format!("HTTP/1.1 has no {name}: cut").into());
        Some(plan)
    }

    /// The length of the body in bytes.
    pub fn body_len(&self) -> usize {
        self.actions.iter().map(|action| action.bytes().len()).sum()
    }

    /// Whether the body is an event stream, whatever a fault made its head say.
    pub fn streams(&self) -> bool {
        self.head().is_some_and(|head| streams(head, &self.actions))
    }

    /// The whole body, joined anew.
    pub fn body(&self) -> Vec<u8> {
        self.actions.iter().flat_map(|action| action.bytes().iter().copied()).collect()
    }
}

/// Whether these actions are an event stream: their head says so, or their data are events.
pub(crate) fn streams(head: &Head, actions: &[Action]) -> bool {
    let is_event = |action: &Action| action.label().is_some_and(|label| &*label.event != BODY);
    head.header("content-type") == Some(EVENT_STREAM) || actions.iter().any(is_event)
}

fn check(actions: &[Action]) -> Result<(), PlanError> {
    let last = actions.len().checked_sub(1).ok_or(PlanError::Ending(0))?;
    let mut headed = false;
    for (at, action) in actions.iter().enumerate() {
        if at > 0 && action.at < actions[at - 1].at {
            return Err(PlanError::Time(at));
        }
        match action.act {
            Act::End(_) if at != last => return Err(PlanError::Ending(at)),
            Act::Head(_) if at != 0 => return Err(PlanError::Head(at)),
            Act::Data { .. } if !headed => return Err(PlanError::Head(at)),
            Act::Head(_) => headed = true,
            _ => {}
        }
    }
    if matches!(actions[last].act, Act::End(_)) { Ok(()) } else { Err(PlanError::Ending(last)) }
}

fn join(actions: &[Action]) -> Option<Bytes> {
    let first = actions.first()?.at;
    let together =
        |action: &Action| action.at == first && !matches!(action.act, Act::Data { apart: true, .. });
    actions.iter().all(together).then(|| actions.iter().flat_map(|a| a.bytes().iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label() -> Label {
        Label { event: "body".into(), index: None, gist: "".into() }
    }

    fn act(name: &str) -> Act {
        match name {
            "head" => Act::Head(Head::new(200, EVENT_STREAM)),
            "data" => Act::Data { label: label(), bytes: Bytes::from_static(b"x"), apart: false },
            _ => Act::End(Ending::Complete),
        }
    }

    fn check_shape(shape: &[(u64, &str)], expected: &Result<(), PlanError>) {
        let actions =
            shape.iter().map(|(ms, name)| Action::new(Duration::from_millis(*ms), act(name))).collect();
        assert_eq!(&Plan::new(actions).map(|_| ()), expected, "{shape:?}");
    }

    #[test]
    fn a_plan_has_one_head_then_data_then_one_end() {
        check_shape(&[(0, "head"), (1, "data"), (1, "end")], &Ok(()));
        check_shape(&[(0, "end")], &Ok(()));
        check_shape(&[], &Err(PlanError::Ending(0)));
        check_shape(&[(0, "head"), (0, "data")], &Err(PlanError::Ending(1)));
        check_shape(&[(0, "head"), (0, "end"), (0, "data")], &Err(PlanError::Ending(1)));
        check_shape(&[(0, "data"), (0, "end")], &Err(PlanError::Head(0)));
        check_shape(&[(0, "head"), (0, "head"), (0, "end")], &Err(PlanError::Head(1)));
        check_shape(&[(2, "head"), (1, "end")], &Err(PlanError::Time(1)));
    }

    #[test]
    fn over_http1_an_ending_of_http2_is_a_cut_that_says_so() {
        let ended = |ending| {
            let head = Action::new(Duration::ZERO, act("head"));
            Plan::new(vec![head, Action::new(Duration::ZERO, Act::End(ending))]).unwrap().over_http1()
        };
        let plan = ended(Ending::RstStream { code: 8 }).unwrap();
        assert_eq!(plan.ending(), Ending::Cut);
        assert!(plan.to_text().contains("HTTP/1.1 has no RST_STREAM: cut"), "{}", plan.to_text());
        assert_eq!(ended(Ending::Reset), None);
    }

    #[test]
    fn only_a_plan_without_waiting_is_joined() {
        let plan = |ms| {
            let at = Duration::from_millis(ms);
            Plan::new(vec![
                Action::new(Duration::ZERO, act("head")),
                Action::new(at, act("data")),
                Action::new(at, act("data")),
                Action::new(at, act("end")),
            ])
            .unwrap()
        };
        assert_eq!(plan(0).joined(), Some(&Bytes::from_static(b"xx")));
        assert_eq!(plan(1).joined(), None);
    }
}
