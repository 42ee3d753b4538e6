//! What a robust agent does, as pure functions over what happened: O1 to O12.
//!
//! An oracle knows exchanges and, where somebody ran the agent, how the run ended. It knows no sockets, no processes
//! and no clock. Each is one file and answers with breaches, empty when all is well or when it cannot tell.

mod attempts;
#[cfg(test)]
mod bench;
mod calls;
mod cancel_closes;
mod error_reaches;
mod exercised;
mod expectation;
mod faithful_history;
mod message_stop;
mod next_turn;
mod once_each;
mod orderly;
mod retries;
mod said;
mod seen;
mod shown_once;
mod usage_once;
mod valid_requests;
mod wall_time;
mod whole_calls;

use crate::exchange::Exchange;
use crate::run_end::RunEnd;
use crate::scenario::Scenario;
use seen::Seen;
use std::sync::Arc;

/// What an agent is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oracle {
    /// O1: no success without messageStop.
    MessageStop,
    /// O2: every request passes Bedrock's validation.
    ValidRequests,
    /// O3: no tool runs from an incomplete block or message.
    WholeCalls,
    /// O4: each toolUseId runs at most once.
    OnceEach,
    /// O5: retries are bounded, spaced and jittered; none on permanent errors.
    Retries,
    /// O6: wall time is bounded.
    WallTime,
    /// O7: error type, message and request id reach the caller.
    ErrorReaches,
    /// O8: text that was shown is not shown twice.
    ShownOnce,
    /// O9: the session is usable on the next turn.
    NextTurn,
    /// O10: usage is counted once per attempt.
    UsageOnce,
    /// O11: cancel closes the stream.
    CancelCloses,
    /// O12: the history repeats what the model said: its text, tool calls and reasoning, unchanged.
    FaithfulHistory,
    /// The scenario's own expectation: its outcome, its texts, its tools.
    Expectation,
}

/// What happened, as the oracles see it.
#[derive(Clone, Copy, Debug)]
pub struct Transcript<'a> {
    /// What was played.
    pub scenario: &'a Scenario,
    /// The exchanges of the session, in the order of the requests.
    pub exchanges: &'a [Arc<Exchange>],
    /// How the run ended; `None` when only the wire is known.
    pub run: Option<&'a RunEnd>,
    /// A word at the end of the last answer that must come out, and how often this agent prints an answer when all
    /// is well (from 1). `None` when the agent does not print its answers, or none was planted.
    pub sentinel: Option<(&'a str, usize)>,
    /// Every effect that the tool server counted: `(toolUseId or idempotency key, how often)`. Empty when unknown.
    pub effects: &'a [(String, u64)],
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub oracle: Oracle,
    /// The exchange that shows it, by its id.
    pub request: Option<u64>,
    /// What was wrong, in a sentence.
    pub what: String,
}

impl Oracle {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::MessageStop,
        Self::ValidRequests,
        Self::WholeCalls,
        Self::OnceEach,
        Self::Retries,
        Self::WallTime,
        Self::ErrorReaches,
        Self::ShownOnce,
        Self::NextTurn,
        Self::UsageOnce,
        Self::CancelCloses,
        Self::FaithfulHistory,
        Self::Expectation,
    ];

    /// `O1` to `O12`, and `expect`.
    pub fn id(self) -> &'static str {
        const IDS: [&str; 13] =
            ["O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9", "O10", "O11", "O12", "expect"];
        IDS[self as usize]
    }
}

/// The oracles as functions, the most telling first: what makes an answer false, then what makes it wrong, then how the
/// agent went about it.
const BY_WEIGHT: [fn(&Seen<'_>) -> Vec<Breach>; 13] = [
    message_stop::breaches,
    valid_requests::breaches,
    wall_time::breaches,
    whole_calls::breaches,
    once_each::breaches,
    faithful_history::breaches,
    shown_once::breaches,
    error_reaches::breaches,
    next_turn::breaches,
    expectation::breaches,
    retries::breaches,
    usage_once::breaches,
    cancel_closes::breaches,
];

/// Everything that was wrong, the most telling first.
pub fn judge(transcript: &Transcript<'_>) -> Vec<Breach> {
    let seen = Seen::new(transcript);
    BY_WEIGHT.iter().flat_map(|oracle| oracle(&seen)).collect()
}

/// Whether the agent met what the scenario is about, so that passing says something.
///
/// # Errors
/// Why it did not, in a sentence: it does not stream, offers no tools, takes one prompt only. An agent that sent no
/// request at all has failed; that is for [`judge`].
pub fn exercised(transcript: &Transcript<'_>) -> Result<(), String> {
    exercised::exercised(&Seen::new(transcript))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::Bench;

    #[test]
    fn ids_are_in_the_order_of_the_oracles() {
        let ids: Vec<&str> = Oracle::ALL.iter().map(|oracle| oracle.id()).collect();
        assert_eq!(ids.join(" "), "O1 O2 O3 O4 O5 O6 O7 O8 O9 O10 O11 O12 expect");
    }

    #[test]
    fn the_most_telling_breach_comes_first_and_a_clean_run_has_none() {
        let text = "replies: [{message: [{text: a}]}]\nfaults: [{do: no_stop}]\nexpect: {outcome: recovers, tools: [look]}\n";
        let bench =
            Bench::new(text).ask("go").refused("No.").send().wait(1).send().wait(1).send().success("a");
        let told = bench.transcript(|transcript| {
            judge(transcript).iter().map(|breach| breach.oracle.id()).collect::<Vec<_>>()
        });
        assert_eq!(told, ["O1", "O2", "expect", "O5", "O5"]);
        let clean =
            Bench::new("replies: [{message: [{text: a}]}]\nexpect: {}\n").ask("go").send().success("a");
        assert_eq!(clean.transcript(judge), []);
    }
}
