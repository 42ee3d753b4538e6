//! O4: each toolUseId runs at most once.
//!
//! Three signs: the tool server counted more effects than calls; the fresh result of a call differs between attempts of
//! one turn, so the tool ran again; one request answers an id more often than it was asked.

use super::calls::{asked, times_asked};
use super::retries::is_permanent;
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::tool_key::tool_key;
use faultline_wire::canon;
use faultline_wire::message::{Message, list, text_member};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let twice = seen.turns.iter().filter_map(answered_twice).take(1);
    effects(seen).into_iter().chain(differing(seen)).chain(twice).collect()
}

fn effects(seen: &Seen<'_>) -> Vec<Breach> {
    let asked = asked(seen);
    let more = seen.transcript.effects.iter().filter_map(|(id, count)| {
        let due =
            asked.get(id).map_or_else(|| unnamed(seen, id), |deliveries| times_asked(deliveries).max(1));
        let due = due as u64;
        let what = format!("the tool took effect {count} times for {id}, which was asked for {}", times(due));
        (*count > due).then_some(Breach { oracle: Oracle::OnceEach, request: None, what })
    });
    more.collect()
}

/// How many calls share a tool and an input, at least one: callers that name their calls by nothing are known by these.
fn unnamed(seen: &Seen<'_>, key: &str) -> usize {
    let uses = seen.turns.iter().flat_map(|turn| turn.given.tool_uses());
    let named = uses
        .filter(|call| tool_key(text_member(call, "name"), call.get("input").unwrap_or(&Value::Null)) == key);
    let ids: HashSet<String> = named.map(|call| text_member(call, "toolUseId").to_owned()).collect();
    ids.len().max(1)
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Attempts of one turn, with one history, that bring other results than the attempt before. After a permanent error they may: the agent
/// makes the request fit.
fn differing(seen: &Seen<'_>) -> Vec<Breach> {
    let mut last: HashMap<Vec<u8>, &Turn<'_>> = HashMap::new();
    let mut breaches = Vec::new();
    for turn in &seen.turns {
        if let Some(before) = last.insert(history(turn), turn)
            && !before.given.failure.as_ref().is_some_and(is_permanent)
            && let Some(id) = differs(before, turn)
        {
            let what = format!(
                "{} brings another result for {id} than request {} of the same turn: the tool ran again",
                turn.name(),
                before.exchange.id
            );
            breaches.push(turn.breach(Oracle::OnceEach, what));
        }
    }
    breaches
}

/// All messages but the last.
fn history(turn: &Turn<'_>) -> Vec<u8> {
    let messages = list(turn.exchange.call.body.get("messages"));
    let before = messages.split_last().map_or(messages, |(_, before)| before);
    canon::to_vec(&before.to_vec().into())
}

/// The first id whose results in the last message are not the same in both.
fn differs<'a>(before: &Turn<'_>, after: &'a Turn<'_>) -> Option<&'a str> {
    let old = fresh(before);
    let new = fresh(after);
    let pairs = old.iter().zip(&new).filter(|((id, _), (other, _))| id == other);
    let mut other = pairs.filter(|((_, content), (_, again))| content != again);
    other.next().map(|(_, (id, _))| *id)
}

/// The results of the last message: id and content.
fn fresh<'a>(turn: &'a Turn<'_>) -> Vec<(&'a str, Option<&'a Value>)> {
    let messages = turn.exchange.call.messages();
    let Some(Message(last)) = messages.last() else { return Vec::new() };
    let blocks = list(last.get("content")).iter();
    let results = blocks.filter_map(|block| block.get("toolResult"));
    let mut results: Vec<_> =
        results.map(|result| (text_member(result, "toolUseId"), result.get("content"))).collect();
    results.sort_by_key(|(id, _)| *id);
    results
}

/// The validator refuses this as well; where it did, O2 has told it.
fn answered_twice(turn: &Turn<'_>) -> Option<Breach> {
    if turn.is_refused() {
        return None;
    }
    let messages = turn.exchange.call.messages();
    let uses: Vec<&str> = messages.iter().flat_map(|message| message.tool_use_ids()).collect();
    let results: Vec<&str> = messages.iter().flat_map(|message| message.tool_result_ids()).collect();
    let count = |ids: &[&str], id: &str| ids.iter().filter(|other| **other == id).count();
    let id = results.iter().find(|id| count(&results, id) > count(&uses, id).max(1))?;
    let what = format!("{} answers {id} {} times", turn.name(), count(&results, id));
    Some(turn.breach(Oracle::OnceEach, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    const CALL: &str =
        "replies:\n  - message: [{toolUse: {toolUseId: a, name: look}}]\n  - message: [{text: Done.}]\n";
    const TWICE: &str = "replies:\n  - message: [{toolUse: {toolUseId: a, name: look}}, {toolUse: {toolUseId: a, name: look}}]\n  - message: [{text: Done.}]\n";

    #[test]
    fn effects_are_as_many_as_calls() {
        let ran = |text, count| Bench::new(text).ask("go").send().effect("a", count);
        ran(CALL, 1).check(breaches, &[]);
        ran(CALL, 2).check(breaches, &["-: the tool took effect 2 times for a, which was asked for once"]);
        ran(TWICE, 2).check(breaches, &[]);
        ran(TWICE, 3)
            .check(breaches, &["-: the tool took effect 3 times for a, which was asked for 2 times"]);
        ran(CALL, 1)
            .send()
            .effect("a", 2)
            .check(breaches, &["-: the tool took effect 2 times for a, which was asked for once"]);
        ran(CALL, 0).effect("idempotency-1", 2).check(
            breaches,
            &["-: the tool took effect 2 times for idempotency-1, which was asked for once"],
        );
    }

    #[test]
    fn a_call_that_nobody_named_is_due_once_for_each_call_of_its_tool_and_input() {
        const SAME: &str = "replies:\n  - message: [{toolUse: {toolUseId: a, name: look, input: {x: 1}}}, {toolUse: {toolUseId: b, name: look, input: {x: 1}}}]\n  - message: [{text: Done.}]\n";
        let ran = |key: &str, count| Bench::new(SAME).ask("go").send().effect(key, count);
        ran("look {\"x\":1}", 2).check(breaches, &[]);
        ran("look {\"x\":1}", 3).check(
            breaches,
            &["-: the tool took effect 3 times for look {\"x\":1}, which was asked for 2 times"],
        );
        ran("look {\"x\":2}", 2).check(
            breaches,
            &["-: the tool took effect 2 times for look {\"x\":2}, which was asked for once"],
        );
    }

    #[test]
    fn a_retry_brings_the_result_of_the_one_run() {
        let retried = |fault: &str, second: &str| {
            let text = format!("{CALL}faults: [{{do: {{error: {{type: {fault}}}}}, call: 2}}]\n");
            Bench::new(&text)
                .ask("go")
                .send()
                .keep()
                .result("a", "id-1")
                .send()
                .replace_result("a", second)
                .send()
        };
        retried("ThrottlingException", "id-1").check(breaches, &[]);
        retried("ThrottlingException", "id-2").check(breaches, &["3: request 3 (ConverseStream m) brings another result for a than request 2 of the same turn: the tool ran again"]);
        retried("ValidationException", "shorter").check(breaches, &[]);
        let turn = |bench: Bench, prompt, result| {
            bench.forget().ask(prompt).send().keep().result("a", result).send()
        };
        turn(turn(Bench::new(CALL), "go", "id-1"), "again", "id-2").effect("a", 2).check(breaches, &[]);
    }

    #[test]
    fn an_id_is_answered_once_in_a_history() {
        let bench = || Bench::new(CALL).ask("go").send().keep().result("a", "1");
        bench().send().check(breaches, &[]);
        bench()
            .result("a", "1")
            .send()
            .check(breaches, &["2: request 2 (ConverseStream m) answers a 2 times"]);
    }
}
