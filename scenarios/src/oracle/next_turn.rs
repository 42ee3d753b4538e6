//! O9: the session is usable on the next turn: each further prompt of the scenario arrived and was answered.
//!
//! Not judged where the scenario expects the run to fail: it may stop at the first prompt.

use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::file::ExpectedOutcome;
use faultline_wire::message::{Block, Message};

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let prompts = seen.prompts();
    let first_arrived = !seen.turns.is_empty();
    if prompts.len() < 2 || !first_arrived || matches!(seen.expected(), None | Some(ExpectedOutcome::Fails)) {
        return Vec::new();
    }
    (1..prompts.len()).find_map(|nth| unanswered(seen, nth)).into_iter().collect()
}

fn unanswered(seen: &Seen<'_>, nth: usize) -> Option<Breach> {
    let asking: Vec<&Turn<'_>> = seen.turns.iter().filter(|turn| asks(seen, turn, nth)).collect();
    if asking.iter().any(|turn| turn.given.is_whole()) {
        return None;
    }
    let what = match asking.last().and_then(|turn| turn.given.failure.as_ref()) {
        Some(failure) => format!("prompt {} was never answered whole: its last answer {failure}", nth + 1),
        None => format!("prompt {} never arrived: the session was over after the one before", nth + 1),
    };
    let last = asking.last().copied().or(seen.turns.last())?;
    Some(last.breach(Oracle::NextTurn, what))
}

/// Whether the request holds the nth prompt (from 0). Where the first request holds it already, the agent took all prompts
/// for one: then it must stand in a text without the one before. Some clients join user messages that follow one
/// another.
pub(super) fn asks(seen: &Seen<'_>, turn: &Turn<'_>, nth: usize) -> bool {
    let prompts = seen.prompts();
    let (prompt, before) = (prompts[nth].trim(), prompts[nth.saturating_sub(1)].trim());
    let at_once = seen.turns.first().is_some_and(|first| texts(first).any(|text| text.contains(prompt)));
    let is_alone = |text: &str| prompt.contains(before) || !text.contains(before);
    // The same prompt again is another one only behind the first.
    let skip = if prompt == before { nth } else { 0 };
    texts(turn).filter(|text| text.contains(prompt) && (!at_once || is_alone(text))).nth(skip).is_some()
}

/// The texts of the user.
fn texts<'a>(turn: &'a Turn<'_>) -> impl Iterator<Item = &'a str> {
    let messages = turn.exchange.call.messages().into_iter().filter(|message| message.role() == "user");
    messages.flat_map(Message::content).filter_map(Block::text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;
    use serde_json::json;

    fn two(rest: &str) -> Bench {
        let replies = "prompt: [one, two]\nreplies: [{message: [{text: a}]}, {message: [{text: b}]}]\n";
        Bench::new(&format!("{replies}{rest}")).ask("one").send()
    }

    #[test]
    fn the_next_prompt_arrives_and_is_answered() {
        let expect = "expect: {outcome: succeeds}\n";
        two(expect).keep().ask("two").send().check(breaches, &[]);
        two(expect)
            .check(breaches, &["1: prompt 2 never arrived: the session was over after the one before"]);
        let cut = format!("{expect}faults: [{{do: no_stop, call: 2, times: 9}}]\n");
        let unanswered = "2: prompt 2 was never answered whole: its last answer ended without messageStop";
        two(&cut).keep().ask("two").send().check(breaches, &[unanswered]);
        two(&format!("{expect}faults: [{{do: no_stop, call: 2}}]\n"))
            .keep()
            .ask("two")
            .send()
            .send()
            .check(breaches, &[]);
        two("expect: {outcome: fails}\n").check(breaches, &[]);
    }

    #[test]
    fn a_prompt_may_be_joined_to_the_one_before() {
        let both = json!([{"text": "one"}, {"text": "two"}]);
        two("expect: {outcome: survives}\n").forget().message("user", both).send().check(breaches, &[]);
        two("expect: {outcome: survives}\n").forget().ask("one\ntwo").send().check(breaches, &[]);
    }

    #[test]
    fn all_prompts_in_one_message_are_one_prompt() {
        let bench = Bench::new("prompt: [one, two]\nreplies: [{message: [{text: a}]}]\nexpect: {}\n");
        bench
            .ask("one\ntwo")
            .send()
            .check(breaches, &["1: prompt 2 never arrived: the session was over after the one before"]);
        let same = Bench::new(
            "prompt: [go, go]\nreplies: [{message: [{text: a}]}, {message: [{text: b}]}]\nexpect: {}\n",
        )
        .ask("go")
        .send();
        same.check(breaches, &["1: prompt 2 never arrived: the session was over after the one before"]);
    }
}
