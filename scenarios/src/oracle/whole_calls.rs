//! O3: no tool runs from an incomplete block or message.
//!
//! What shows it: a result for a call that never came whole, or an effect that the tool server counted. A result that
//! says that it is an error is no run: it is how an agent tells the model. Not every model takes `status: error`, so a
//! text with the words of an error counts as one: it cannot be told from one.

use super::calls::{Asked, asked};
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use serde_json::Value;
use std::collections::HashMap;

/// Words of results that tell an error.
const ERROR_WORDS: [&str; 12] = [
    "error",
    "invalid",
    "not valid",
    "malformed",
    "incomplete",
    "truncat",
    "interrupt",
    "abort",
    "cancel",
    "fail",
    "could not",
    "not executed",
];

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let asked = asked(seen);
    let mut told = Vec::new();
    let mut breaches = Vec::new();
    for turn in &seen.turns {
        for result in turn.results() {
            let Some((id, why)) = ran_broken(&asked, turn, result) else { continue };
            if !told.contains(&id) {
                told.push(id);
                breaches.push(turn.breach(
                    Oracle::WholeCalls,
                    format!("{} holds a result for {id}, but {why}", turn.name()),
                ));
            }
        }
    }
    breaches.extend(effects(seen, &asked, &told));
    breaches
}

fn ran_broken<'a>(
    asked: &'a HashMap<String, Vec<Asked>>,
    turn: &Turn<'_>,
    result: &'a Value,
) -> Option<(&'a str, &'a str)> {
    let id = result.get("toolUseId")?.as_str()?;
    let before = asked.get(id)?.iter().filter(|one| one.request < turn.exchange.id);
    Some((id, never_whole(before)?)).filter(|_| !tells_error(result))
}

/// Why none of the deliveries may be run; `None` when one may, or there is none.
fn never_whole<'a>(deliveries: impl Iterator<Item = &'a Asked>) -> Option<&'a str> {
    let mut why = None;
    for one in deliveries {
        why = Some(one.broken.as_deref()?);
    }
    why
}

fn tells_error(result: &Value) -> bool {
    let text = result.get("content").map(Value::to_string).unwrap_or_default().to_lowercase();
    result.get("status").and_then(Value::as_str) == Some("error")
        || ERROR_WORDS.iter().any(|word| text.contains(word))
}

fn effects(seen: &Seen<'_>, asked: &HashMap<String, Vec<Asked>>, told: &[&str]) -> Vec<Breach> {
    let effects =
        seen.transcript.effects.iter().filter(|(id, count)| *count > 0 && !told.contains(&id.as_str()));
    let broken = effects.filter_map(|(id, _)| {
        let deliveries = asked.get(id)?;
        let why = never_whole(deliveries.iter())?;
        let what = format!("the tool ran for {id}, but {why}");
        Some(Breach { oracle: Oracle::WholeCalls, request: deliveries.first().map(|one| one.request), what })
    });
    broken.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    const CALL: &str = "replies:\n  - message: [{toolUse: {toolUseId: a, name: look, input: {x: 1}}}]\n  - message: [{text: Done.}]\n";

    #[test]
    fn a_call_that_came_whole_may_run_and_one_that_was_cut_may_not() {
        Bench::new(CALL).ask("go").send().keep().result("a", "x").send().check(breaches, &[]);
        let cut =
            format!("{CALL}faults: [{{do: {{cut: {{clean: true}}}}, at: contentBlockStop 0, times: 1}}]\n");
        let ran = |text| Bench::new(&cut).ask("go").send().keep().result("a", text);
        ran("5").send().check(breaches, &["2: request 2 (ConverseStream m) holds a result for a, but the answer of request 1, which held it, ended without messageStop"]);
        ran("Error: the call was cut off").send().check(breaches, &[]);
        ran("5").mark_error().send().check(breaches, &[]);
        let retried = Bench::new(&cut).ask("go").send().send().keep().result("a", "5").send();
        retried.check(breaches, &[]);
    }

    #[test]
    fn a_call_whose_input_is_no_object_may_not_run() {
        let call = |fragment: &str, stop: &str| {
            let whole = serde_json::from_str::<Value>(fragment).is_ok();
            let input = if whole { fragment } else { "{}" };
            format!(
                "replies:\n  - message: [{{toolUse: {{toolUseId: a, name: look, input: {input}}}, fragments: ['{fragment}']}}]\n    stopReason: {stop}\n  - message: [{{text: Done.}}]\n"
            )
        };
        let ran = |fragment, stop| {
            Bench::new(&call(fragment, stop)).ask("go").send().keep().result("a", "5").send()
        };
        let broken = |stop: &str| {
            format!(
                "2: request 2 (ConverseStream m) holds a result for a, but its input in the answer of request 1 is no JSON object ({stop})"
            )
        };
        ran("{\"x\": 1", "max_tokens").check(breaches, &[&broken("max_tokens")]);
        ran("[1]", "tool_use").check(breaches, &[&broken("tool_use")]);
        ran("{\"x\": 1}", "max_tokens").check(breaches, &[]);
        ran(" ", "tool_use").check(breaches, &[]);
        ran("{}", "malformed_tool_use").check(breaches, &["2: request 2 (ConverseStream m) holds a result for a, but the message of request 1, which held it, stopped with malformed_tool_use"]);
    }

    #[test]
    fn an_effect_counts_like_a_result() {
        let cut = format!("{CALL}faults: [{{do: reset, at: contentBlockStop 0}}]\n");
        let ran = |count| Bench::new(&cut).ask("go").send().effect("a", count);
        ran(1).check(breaches, &["1: the tool ran for a, but the answer of request 1, which held it, ended before messageStop (reset)"]);
        ran(0).check(breaches, &[]);
        Bench::new(CALL).ask("go").send().effect("a", 1).check(breaches, &[]);
    }
}
