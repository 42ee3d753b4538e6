//! O1: no success without messageStop, and no half message in the history as if it were whole.
//!
//! Of half messages only their text is judged here: a message of the history whose text is exactly what came before
//! the break. A text with anything added to it may be marked as partial, so it passes. A tool call of a half message
//! shows by its result: [`super::whole_calls`].

use super::said::dense;
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::file::ExpectedOutcome;
use std::collections::HashSet;

/// Stop reasons after which an answer is one. After others only the scenario knows.
const DONE: [&str; 3] = ["end_turn", "stop_sequence", "tool_use"];

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    false_success(seen).into_iter().chain(half_messages(seen)).collect()
}

/// The agent says that it has a complete answer, and the last request that its scenario answered did not bring one.
pub(super) fn false_success(seen: &Seen<'_>) -> Option<Breach> {
    if !seen.claims_success() || seen.final_answer_arrived() {
        return None;
    }
    let last = seen.turns.iter().rfind(|turn| !turn.is_unmatched())?;
    let why = match (&last.given.failure, &last.given.stop_reason) {
        (Some(failure), _) => failure.to_string(),
        (None, Some(stop)) if no_success(seen, stop) => format!("stopped with {stop}"),
        _ => return None,
    };
    let what = format!("the run ended as a success, but its last answer {why}");
    Some(last.breach(Oracle::MessageStop, what))
}

fn no_success(seen: &Seen<'_>, stop_reason: &str) -> bool {
    seen.expected() == Some(ExpectedOutcome::Fails) && !DONE.contains(&stop_reason)
}

fn half_messages(seen: &Seen<'_>) -> Vec<Breach> {
    let whole: HashSet<String> =
        seen.turns.iter().filter(|turn| turn.given.is_whole()).map(|turn| turn.given.text()).collect();
    let is_half = |turn: &&Turn<'_>| !turn.given.is_whole() && !turn.given.text().trim().is_empty();
    let halves = seen.turns.iter().filter(is_half).filter(|turn| !whole.contains(&turn.given.text()));
    halves.filter_map(|half| kept_as_whole(seen, half)).collect()
}

/// The first request after `half` whose history holds the half text as an assistant's message.
fn kept_as_whole(seen: &Seen<'_>, half: &Turn<'_>) -> Option<Breach> {
    let text = dense(&half.given.text());
    let later = seen.turns.iter().filter(|turn| turn.exchange.id > half.exchange.id);
    let holds = |turn: &&Turn<'_>| {
        let messages = turn.exchange.call.messages();
        messages.iter().any(|message| message.role() == "assistant" && dense(&message.text()) == text)
    };
    let found = later.into_iter().find(holds)?;
    let half_id = half.exchange.id;
    let what = format!(
        "the history of {} holds the half text of request {half_id}, whose answer {}, as if it were whole",
        found.name(),
        half.given.failure.as_ref()?
    );
    Some(found.breach(Oracle::MessageStop, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    const TEXT: &str = "prompt: go\nreplies: [{message: [{text: All is well.}]}]\n";

    fn check(rest: &str, expected: &[&str]) {
        let bench = Bench::new(&format!("{TEXT}{rest}")).ask("go").send();
        bench.success("All is well.").check(breaches, expected);
    }

    #[test]
    fn a_success_needs_a_whole_last_answer() {
        let but = |why: &str| vec![format!("1: the run ended as a success, but its last answer {why}")];
        let check = |rest: &str, why: &str| {
            let expected = if why.is_empty() { Vec::new() } else { but(why) };
            check(rest, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        };
        check("", "");
        check("faults: [{do: no_stop}]", "ended without messageStop");
        check("faults: [{do: reset, at: contentBlockDelta 0}]", "ended before messageStop (reset)");
        check("faults: [{do: reset, at: messageStop}]", "");
        check(
            "faults: [{do: {exception: {type: throttlingException}}, at: contentBlockDelta 0}]",
            "was broken off by a frame of throttlingException",
        );
        check(
            "faults: [{do: {exception: {type: throttlingException, thenFrames: true}}, at: contentBlockDelta 0}]",
            "was broken off by a frame of throttlingException",
        );
        check("faults: [{do: {exception: {type: throttlingException}}, at: metadata}]", "");
        check("faults: [{do: {error: {type: ThrottlingException}}}]", "was HTTP 429 ThrottlingException");
        check(
            "faults: [{do: {error: {type: ValidationException}}}, {do: stall, at: bytes 12}]",
            "was HTTP 400, and its body did not end",
        );
        check(
            "faults: [{do: corrupt, at: messageStop}]",
            "cannot be read: frame 4 at byte 723: message CRC…",
        );
        check("faults: [{do: half_frame, at: metadata}]", "");
    }

    #[test]
    fn another_stop_reason_is_no_success_where_the_scenario_says_so() {
        let stop = |outcome| {
            let text = format!(
                "replies: [{{message: [{{text: No.}}], stopReason: content_filtered}}]\nexpect: {{outcome: {outcome}}}\n"
            );
            Bench::new(&text).ask("go").send().success("No.")
        };
        stop("fails").check(
            breaches,
            &["1: the run ended as a success, but its last answer stopped with content_filtered"],
        );
        stop("survives").check(breaches, &[]);
    }

    #[test]
    fn a_failed_run_or_a_retried_answer_is_no_false_success() {
        let cut = format!("{TEXT}faults: [{{do: no_stop, times: 1}}]\n");
        Bench::new(&cut).ask("go").send().failure("lost").check(breaches, &[]);
        Bench::new(&cut).ask("go").send().send().success("All is well.").check(breaches, &[]);
        Bench::new(&cut).ask("go").send().check(breaches, &[]);
    }

    #[test]
    fn half_a_text_does_not_enter_the_history_unmarked() {
        let two = "replies: [{message: [{text: The first half and the other., fragments: [The first half, ' and the other.']}]}, {message: [{text: b}]}]\nfaults: [{do: {cut: {clean: true}}, at: contentBlockDelta 0, times: 1}]\n";
        let kept = |text| Bench::new(two).ask("go").send().said(text).ask("on").send();
        kept("The first half").check(breaches, &["2: the history of request 2 (ConverseStream m) holds the half text of request 1, whose answer ended without messageStop, as if it were whole"]);
        kept("The first half [cut off]").check(breaches, &[]);
    }
}
