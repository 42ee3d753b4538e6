//! What did happen: a plan's twin, its actions with the times at which they left.
//!
//! Plan and timeline share one text form, used by snapshots, `explain`, the journal and reports.

use crate::plan::{Act, Action, Ending, Plan};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// How the execution of a plan went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To its planned end.
    Played,
    /// The client closed the stream or the connection first.
    ClientLeft,
    /// The server itself shut down first.
    ServerStopped,
    /// Writing failed for another reason.
    Failed(String),
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Played => "played to its end",
            Self::ClientLeft => "the client left",
            Self::ServerStopped => "the server stopped",
            Self::Failed(why) => why,
        })
    }
}

/// When actions were handed over, in order. Kept as runs of actions that went together: a stream in one write is one
/// run, however many frames it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many actions, and when.
    runs: Vec<(usize, Duration)>,
}

impl Done {
    /// The next `count` actions happened at `at`.
    pub fn push(&mut self, count: usize, at: Duration) {
        if count > 0 {
            self.runs.push((count, at));
        }
    }

    /// How many actions happened.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|(count, _)| count).sum()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// When each action happened.
    pub fn times(&self) -> impl Iterator<Item = Duration> + '_ {
        self.runs.iter().flat_map(|(count, at)| std::iter::repeat_n(*at, *count))
    }
}

impl FromIterator<Duration> for Done {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        Self { runs: times.into_iter().map(|at| (1, at)).collect() }
    }
}

/// When each action of a plan was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// What should have happened.
    pub plan: Arc<Plan>,
    /// When each action was handed to the connection, in order, as offsets from the same start as the plan's.
    /// Shorter than the plan when it did not get to its end.
    pub done: Done,
    /// How it went.
    pub outcome: Outcome,
    /// When it was over.
    pub ended: Duration,
}

impl Timeline {
    /// The actions that happened, with the times at which they did.
    pub fn actions(&self) -> impl Iterator<Item = Action> + '_ {
        self.plan.actions().iter().zip(self.done.times()).map(|(action, at)| Action { at, ..action.clone() })
    }

    /// Bytes of body that were handed to the connection.
    pub fn bytes(&self) -> usize {
        self.plan.actions().iter().take(self.done.len()).map(|action| action.bytes().len()).sum()
    }

    /// How late the latest action was against the plan.
    pub fn lateness(&self) -> Duration {
        let late = |(action, at): (&Action, Duration)| at.saturating_sub(action.at);
        self.plan.actions().iter().zip(self.done.times()).map(late).max().unwrap_or_default()
    }

    /// The text form, ending with the outcome when it was not as planned.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for action in self.actions() {
            line(&action, &mut out);
        }
        if self.outcome != Outcome::Played {
            note(self.ended, &self.outcome.to_string(), &mut out);
        }
        out
    }
}

impl Plan {
    /// The plan as a timeline for people: one action a line.
    ///
    /// ```text
    ///    0 ms  head   200 application/vnd.amazon.eventstream
    ///  310 ms  data   messageStart                     98 B
    ///  350 ms  data   contentBlockDelta 0 "Hel"       141 B
    ///  350 ms  end    reset                                   fault: reset at contentBlockDelta 0
    /// ```
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for action in self.actions() {
            line(action, &mut out);
        }
        out
    }
}

fn line(action: &Action, out: &mut String) {
    let (kind, what, size) = columns(&action.act);
    let fault = action.fault.as_deref().map(|fault| format!("  fault: {fault}")).unwrap_or_default();
    let text = format!("{:>8}  {kind:<5}  {what:<44}{size:>10}{fault}", millis(action.at));
    let _ = writeln!(out, "{}", text.trim_end());
}

fn note(at: Duration, text: &str, out: &mut String) {
    let _ = writeln!(out, "{:>8}  note   {text}", millis(at));
}

/// Milliseconds, with a decimal only where there is one to show.
fn millis(at: Duration) -> String {
    let micros = at.as_micros();
    if micros.is_multiple_of(1000) {
        format!("{} ms", micros / 1000)
    } else {
        format!("{:.1} ms", at.as_secs_f64() * 1e3)
    }
}

fn columns(act: &Act) -> (&'static str, String, String) {
    match act {
        Act::Head(head) => {
            let kind = head.header("content-type").unwrap_or("");
            ("head", format!("{} {kind}", head.status), String::new())
        }
        Act::Data { label, bytes, .. } => ("data", label.to_string(), format!("{} B", bytes.len())),
        Act::End(ending) => ("end", ending.to_string(), String::new()),
    }
}

impl std::fmt::Display for crate::plan::Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.event)?;
        if let Some(index) = self.index {
            write!(f, " {index}")?;
        }
        if !self.gist.is_empty() {
            write!(f, " {}", self.gist)?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Cut => f.write_str("cut"),
            Self::Reset => f.write_str("reset"),
            Self::RstStream { code } => write!(f, "RST_STREAM {code}"),
            Self::Goaway { code, covers: true } => write!(f, "GOAWAY {code}"),
            Self::Goaway { code, covers: false } => write!(f, "GOAWAY {code}, last stream 0"),
            Self::Stall => f.write_str("stall"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{EVENT_STREAM, Head, Label};

    fn plan() -> Arc<Plan> {
        let at = Duration::from_millis;
        let label = Label { event: "contentBlockDelta".into(), index: Some(0), gist: "\"Hel\"".into() };
        let mut end = Action::new(at(350), Act::End(Ending::Reset));
        end.fault = Some("reset at contentBlockDelta 0".into());
        let head = Action::new(at(0), Act::Head(Head::new(200, EVENT_STREAM)));
        Arc::new(Plan::new(vec![head, Action::data(at(350), label, vec![0; 141].into()), end]).unwrap())
    }

    #[test]
    fn a_plan_prints_as_a_timeline() {
        let expected = [
            r#"    0 ms  head   200 application/vnd.amazon.eventstream"#,
            r#"  350 ms  data   contentBlockDelta 0 "Hel"                        141 B"#,
            r#"  350 ms  end    reset                                                   fault: reset at contentBlockDelta 0"#,
        ];
        assert_eq!(plan().to_text().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_timeline_shows_what_happened_and_who_left() {
        let at = Duration::from_micros;
        let timeline = Timeline {
            plan: plan(),
            done: [at(200), at(351_500)].into_iter().collect(),
            outcome: Outcome::ClientLeft,
            ended: at(352_000),
        };
        let text = timeline.to_text();
        assert!(text.ends_with("  352 ms  note   the client left\n"), "{text}");
        assert_eq!((timeline.bytes(), timeline.lateness()), (141, at(1500)));
    }
}
