//! What a report says, as plain data. It must not know how it is drawn, nor where it comes from.
//!
//! Every text is taken as foreign: renderers escape and shorten it. Times are milliseconds as measured by
//! the caller; an empty text or `None` means that there is nothing to say.

use crate::page::data::{Request, Verdict};
use serde::{Deserialize, Serialize};

/// One run of a set of scenarios.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// The heading of the page.
    pub title: String,
    /// What ran, and its version.
    pub subtitle: String,
    /// The command line that made it.
    pub command: String,
    /// When it started, in the words of the caller.
    pub started: String,
    /// What the run amounted to.
    pub totals: Totals,
    /// The scenarios, in the order in which they are shown within their group.
    pub cases: Vec<Case>,
    /// Recorded streams that were played again.
    pub replays: Vec<Replay>,
}

/// What a run amounted to. Verdicts are not in here: they are counted from the arms, see [`crate::Tally`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Totals {
    /// Wall time of the whole run, milliseconds.
    pub elapsed_ms: f64,
    /// Requests that the agent sent.
    pub requests: u64,
    /// Event-stream frames that were sent to it.
    pub frames: u64,
    /// Bytes of body that were sent to it.
    pub bytes: u64,
    /// Faults that acted.
    pub faults: u64,
}

/// One scenario, run in one or more arms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Case {
    /// The group it is shown in, such as `tools`.
    pub group: String,
    /// The scenario's name.
    pub name: String,
    /// What it is about, in a sentence or two.
    pub about: String,
    /// The public incidents it stands for: `owner/repo#123` or an `https://` address.
    pub citations: Vec<String>,
    /// The runs; at most one of each [`Mode`] is shown in tables, all are shown on the card.
    pub arms: Vec<Arm>,
}

/// Which of Bedrock's two ways of answering an arm used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `Converse`: one body at the end.
    #[default]
    Unary,
    /// `ConverseStream`: events as they come.
    Streaming,
}

/// One run of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Arm {
    /// How it asked.
    pub name: Mode,
    /// Whether it went as expected.
    pub verdict: Verdict,
    /// What the agent made of it.
    pub outcome: String,
    /// What the scenario expects.
    pub expectation: String,
    /// The error that reached the caller.
    pub error: String,
    /// The text that the agent ended with.
    pub final_text: String,
    /// What it sent, in order.
    pub requests: Vec<Request>,
    /// From the prompt to the first event of the model, milliseconds.
    pub first_event_ms: Option<f64>,
    /// From the prompt to the first text that a person could read, milliseconds.
    pub first_text_ms: Option<f64>,
    /// From the prompt to the end of the run, milliseconds.
    pub total_ms: Option<f64>,
    /// The tools that ran, one line each: `get_order_status {"order_id":"A-1"}`.
    pub tool_calls: Vec<String>,
}

/// A recorded stream that was played again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replay {
    /// Which recording.
    pub id: String,
    /// The operation it was recorded from.
    pub operation: String,
    /// The model it was recorded from.
    pub model: String,
    /// Event-stream frames in it.
    pub frames: u64,
    /// Bytes in it.
    pub bytes: u64,
    /// Whether the client received the same events that were recorded.
    pub identical: bool,
    /// What differed, or another remark.
    pub note: String,
}

impl Mode {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::Streaming => "streaming",
        }
    }

    /// The word for it at the head of something.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Unary => "Unary",
            Self::Streaming => "Streaming",
        }
    }
}

impl Case {
    /// The first arm of that mode.
    pub fn arm(&self, mode: Mode) -> Option<&Arm> {
        self.arms.iter().find(|arm| arm.name == mode)
    }

    /// Failed if an arm failed, passed if at least one passed and none failed, else skipped.
    pub fn verdict(&self) -> Verdict {
        let any = |verdict| self.arms.iter().any(|arm| arm.verdict == verdict);
        if any(Verdict::Failed) {
            Verdict::Failed
        } else if any(Verdict::Passed) {
            Verdict::Passed
        } else {
            Verdict::Skipped
        }
    }
}

impl Report {
    /// The groups in order of appearance, each with its cases and their numbers from 1.
    pub(super) fn groups(&self) -> Vec<(&str, Vec<(usize, &Case)>)> {
        let mut groups: Vec<(&str, Vec<(usize, &Case)>)> = Vec::new();
        for (index, case) in self.cases.iter().enumerate() {
            match groups.iter_mut().find(|(name, _)| *name == case.group) {
                Some((_, cases)) => cases.push((index + 1, case)),
                None => groups.push((&case.group, vec![(index + 1, case)])),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_of(arms: &[Verdict]) -> Verdict {
        let arms = arms.iter().map(|verdict| Arm { verdict: *verdict, ..Arm::default() }).collect();
        Case { arms, ..Case::default() }.verdict()
    }

    #[test]
    fn one_failed_arm_fails_a_case_and_a_skipped_arm_does_not() {
        use Verdict::{Failed, Passed, Skipped};
        for (arms, expected) in [
            (&[Passed, Passed][..], Passed),
            (&[Passed, Failed], Failed),
            (&[Skipped, Failed], Failed),
            (&[Skipped, Passed], Passed),
            (&[Skipped], Skipped),
            (&[], Skipped),
        ] {
            assert_eq!(verdict_of(arms), expected, "{arms:?}");
        }
    }

    #[test]
    fn cases_of_a_group_stand_together_and_keep_their_numbers() {
        let case = |group: &str| Case { group: group.to_owned(), ..Case::default() };
        let report = Report { cases: vec![case("a"), case("b"), case("a")], ..Report::default() };
        let numbers: Vec<(&str, Vec<usize>)> = report
            .groups()
            .into_iter()
            .map(|(name, cases)| (name, cases.iter().map(|(n, _)| *n).collect()))
            .collect();
        assert_eq!(numbers, [("a", vec![1, 3]), ("b", vec![2])]);
    }
}
