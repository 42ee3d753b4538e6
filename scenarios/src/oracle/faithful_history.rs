//! O12: the history repeats what the model said: its text, tool calls and reasoning, unchanged, and a result for each.
//!
//! An assistant's message is held against what was delivered for its turn; any other whole message of the session will
//! do too, since histories are shortened. A message for whose turn nothing whole was delivered is the agent's own.

use super::orderly::is_orderly;
use super::said::{Around, content, difference};
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use faultline_wire::Family;
use faultline_wire::message::{Message, text_member, tool_specs};
use serde_json::Value;
use std::collections::HashSet;

/// Stop reasons after which an agent may take the message out of its history or clean it.
const MAY_GO: [&str; 4] =
    ["guardrail_intervened", "content_filtered", "malformed_tool_use", "malformed_model_output"];

/// So many requests of a session are looked at. Each is held against all before it: an agent that goes round in a circle
/// sends thousands, and they would take hours.
const MOST_TURNS: usize = 100;

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let mut told = HashSet::new();
    let mut breaches = Vec::new();
    for turn in seen.turns.iter().take(MOST_TURNS) {
        for what in unfaithful(seen, turn) {
            if told.insert(what.clone()) {
                breaches.push(turn.breach(Oracle::FaithfulHistory, what));
            }
        }
    }
    breaches
}

fn unfaithful(seen: &Seen<'_>, turn: &Turn<'_>) -> Vec<String> {
    let messages = turn.exchange.call.messages();
    let offered: Vec<&str> =
        tool_specs(&turn.exchange.call.body).iter().filter_map(|spec| spec.get("name")?.as_str()).collect();
    let takes_both =
        matches!(Family::of(&turn.exchange.call.model_id), Family::Claude | Family::Nova | Family::Other);
    let mut used: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    let assistant = messages.iter().enumerate().filter(|(_, message)| message.role() == "assistant");
    for (place, (at, message)) in assistant.enumerate() {
        let around = Around {
            stop_reason: "",
            offered: &offered,
            takes_both,
            used: &used,
            in_tool_loop: at + 2 == messages.len(),
        };
        let changed = changed(seen, turn, place, *message, around);
        found.extend(
            changed.map(|what| format!("the assistant's message {} in the history: {what}", place + 1)),
        );
        found.extend(unanswered(turn, *message, messages.get(at + 1)));
        used.extend(message.tool_use_ids());
    }
    found
}

/// How a message differs from what was delivered for its turn.
fn changed(
    seen: &Seen<'_>,
    turn: &Turn<'_>,
    place: usize,
    message: Message<'_>,
    around: Around<'_>,
) -> Option<String> {
    let before =
        || seen.turns.iter().filter(|said| said.exchange.id < turn.exchange.id && said.given.is_whole());
    let mut here = before().filter(|said| said.place() == place).peekable();
    here.peek()?;
    let against = |said: &Turn<'_>| against(said, message, around);
    let first = here.map(against).reduce(|best, next| if next.is_none() { next } else { best })??;
    before().map(against).all(|difference| difference.is_some()).then_some(first)
}

fn against(said: &Turn<'_>, message: Message<'_>, around: Around<'_>) -> Option<String> {
    let stop_reason = said.given.stop_reason.as_deref().unwrap_or_default();
    if MAY_GO.contains(&stop_reason) || !is_orderly(&said.given.events) {
        return None;
    }
    difference(&said.given.content, content(message.0), Around { stop_reason, ..around })
}

/// A call whose result is not in the next message. The validator refuses this as well; where it did, O2 has told it.
fn unanswered(turn: &Turn<'_>, message: Message<'_>, next: Option<&Message<'_>>) -> Option<String> {
    let results = next?.tool_result_ids();
    let blocks = content(message.0).iter().filter_map(|block| block.get("toolUse"));
    let mut ids = blocks.map(|call: &Value| text_member(call, "toolUseId"));
    let id = ids.find(|id| !results.contains(id)).filter(|_| !turn.is_refused())?;
    Some(format!("the call {id} has no result in the next message"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;
    use serde_json::json;

    const CALL: &str = "replies:\n  - message: [{text: Let me see.}, {toolUse: {toolUseId: a, name: look, input: {x: 1}}}]\n  - message: [{text: Done.}]\n  - message: [{text: Bye.}]\n";

    fn first(content: Value) -> Bench {
        Bench::new(CALL).ask("go").send().message("assistant", content).result("a", "1").send()
    }

    #[test]
    fn a_history_holds_what_was_said() {
        let said = || json!([{"text": "Let me see."}, {"toolUse": {"toolUseId": "a", "name": "look", "input": {"x": 1}}}]);
        first(said()).check(breaches, &[]);
        first(said()).keep().ask("more").send().check(breaches, &[]);
        let lost = "2: the assistant's message 1 in the history: its text is \"\" instead of \"Letmesee.\"";
        let silent = json!([{"toolUse": {"toolUseId": "a", "name": "look", "input": {"x": 1}}}]);
        first(silent.clone()).check(breaches, &[lost]);
        first(silent).keep().ask("more").send().check(breaches, &[lost]);
        let changed =
            json!([{"text": "Let me see."}, {"toolUse": {"toolUseId": "a", "name": "look", "input": {}}}]);
        first(changed).check(
            breaches,
            &["2: the assistant's message 1 in the history: the input of call a is {} instead of {\"x\":1}"],
        );
    }

    #[test]
    fn a_shortened_history_and_messages_of_the_agents_own_are_no_changes() {
        let short = Bench::new(CALL).ask("go").send().keep().result("a", "1").send();
        short.forget().ask("go").said("Done.").ask("more").send().check(breaches, &[]);
        Bench::new(CALL).ask("hi").said("an example").ask("go").send().check(breaches, &[]);
    }

    #[test]
    fn every_call_has_its_result() {
        let bench = || Bench::new(CALL).ask("go").send().keep();
        bench().ask("and?").send().check(breaches, &["2: the call a has no result in the next message"]);
        bench().result("a", "1").send().check(breaches, &[]);
    }
}
