//! Whether a stream keeps Bedrock's grammar. What a broken one says is for each client to guess, so nobody can be held to it.

use faultline_wire::Event;
use faultline_wire::event::Delta;
use serde_json::Value;
use std::collections::HashMap;

/// What a block is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Tool,
    Other,
    Closed,
}

/// Whether blocks begin, grow and end as they should, each index once, and messageStop comes once, after them.
pub(super) fn is_orderly(events: &[Event]) -> bool {
    let mut blocks: HashMap<u64, Kind> = HashMap::new();
    let mut stopped = false;
    events.iter().all(|event| match event {
        Event::ContentBlockStart { index, start } => {
            let kind = if start.get("toolUse").is_some() { Kind::Tool } else { Kind::Other };
            !stopped && blocks.insert(*index, kind).is_none()
        }
        Event::ContentBlockDelta { index, delta } => {
            let is_tool = matches!(delta, Delta::ToolInput(_));
            let kind = *blocks.entry(*index).or_insert(Kind::Other);
            !stopped && kind != Kind::Closed && is_tool == (kind == Kind::Tool) && is_single(delta)
        }
        Event::ContentBlockStop { index } => {
            !stopped && blocks.insert(*index, Kind::Closed).is_none_or(|kind| kind != Kind::Closed)
        }
        Event::MessageStop { .. } => {
            !std::mem::replace(&mut stopped, true) && blocks.values().all(|kind| *kind == Kind::Closed)
        }
        Event::Other { name, .. } => !name.starts_with("contentBlock") && !name.starts_with("message"),
        _ => true,
    })
}

/// A union has exactly one member.
fn is_single(delta: &Delta) -> bool {
    let is_one = |value: &Value| value.as_object().is_some_and(|members| members.len() == 1);
    match delta {
        Delta::Other(value) | Delta::Reasoning(value) => is_one(value),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    fn check(fault: &str, expected: bool) {
        let text = format!(
            "replies: [{{message: [{{text: Hello you}}, {{toolUse: {{toolUseId: a, name: look, input: {{x: 12}}}}, fragments: ['{{\"x\"', ': 12}}']}}]}}]\nfaults: [{fault}]\n"
        );
        let bench = Bench::new(&text).ask("go").send();
        bench.given(|given| assert_eq!(is_orderly(&given[0].events), expected, "{fault}"));
    }

    #[test]
    fn only_legal_streams_are_orderly() {
        check("", true);
        check("{do: {slice: {bytes: [7]}}}", true);
        check("{do: {unknown_event: {type: brandNew, payload: {}}}, at: messageStart}", true);
        check("{do: drop_event, at: contentBlockStart 1}", false);
        check("{do: drop_event, at: contentBlockStop 0}", false);
        check("{do: duplicate, at: contentBlockStart 1}", false);
        check("{do: duplicate, at: messageStop}", false);
        check("{do: reorder, at: contentBlockDelta 1 nth 2}", false);
        check("{do: {union: {holds: two}}, at: contentBlockDelta 0}", false);
    }
}
