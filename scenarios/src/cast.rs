//! Casting: a reply that was written for one agent's tools, played to another agent with its own.
//!
//! Each name of a tool in the script is a part, and a tool of the request plays it: the one of that name, else the nth part
//! goes to the nth tool, around and around. A forced tool plays them all. A call without a single argument goes to a tool
//! that needs none, where there is one. Input is made from the schema of the tool that plays, and cut at the places where
//! the script cuts.
//!
//! A block marked `literal: true` stays as it is; with `literal: input` only its input does. So does input that the script
//! breaks: fragments that are no JSON, or that do not join to the written input. A request without tools, and replies of
//! `frames` and `error`, stay as they are.
//!
//! Pure: a reply, a request and a seed give a reply. It knows nothing of plans and sessions.

use crate::cast_events::{called, cast_events};
use crate::derive::{Block, FRAGMENTS, LITERAL};
use crate::file::Reply;
use crate::recut::{recut_input, recut_part};
use crate::seed::Seed;
use crate::stage::{Stage, is_blank, joined, texts};
use faultline_wire::Call;
use faultline_wire::message::list;
use serde_json::{Value, json};

/// How replies are cast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Casting {
    /// A word that the end of the last reply's text gets, so that a reader can tell that the whole answer came out.
    pub sentinel: String,
}

/// The names of tools that `replies` call, each once, in the order of their first use: the parts to be cast. Those of
/// literal blocks are none.
pub fn parts(replies: &[Reply]) -> Vec<&str> {
    let mut parts = Vec::new();
    for name in replies.iter().flat_map(names) {
        if !parts.contains(&name) {
            parts.push(name);
        }
    }
    parts
}

fn names(reply: &Reply) -> Vec<&str> {
    let blocks =
        reply.message.iter().flatten().filter(|block| block.get(LITERAL) != Some(&Value::Bool(true)));
    let of_blocks = blocks.filter_map(|block| block.get("toolUse")?.get("name")?.as_str());
    of_blocks.chain(reply.events.iter().flatten().filter_map(|event| called(event))).collect()
}

/// `reply` as the tools of `call` play it; `parts` are those of its whole scenario. The same arguments give the same reply.
pub fn cast(reply: &Reply, call: &Call, parts: &[&str], seed: &Seed) -> Reply {
    let mut reply = reply.clone();
    let Some(stage) = Stage::of(&call.body, parts) else { return reply };
    for block in reply.message.iter_mut().flatten() {
        cast_block(block, &stage, seed);
    }
    reply.events = reply.events.map(|events| cast_events(events, &stage, seed));
    reply
}

/// Adds ` sentinel` to the last text that `reply` says, as trailing words, in the last fragment where there are fragments. A
/// reply that says nothing, or whose last text is empty, stays as it is; reasoning is no text.
pub fn plant(reply: &mut Reply, sentinel: &str) {
    let words = format!(" {sentinel}");
    for block in reply.message.iter_mut().flatten().rev() {
        if text_of(block).is_some_and(|text| extend(text, &words)) {
            if let Some(Value::Array(pieces)) = block.get_mut(FRAGMENTS) {
                pieces.push(json!(words));
            }
            return;
        }
    }
    let events = reply.events.iter_mut().flatten().rev();
    let mut texts =
        events.filter_map(|event| event.get_mut("contentBlockDelta")?.get_mut("delta")?.get_mut("text"));
    texts.any(|text| extend(text, &words));
}

/// What a block says: its text, or the last one that it cites for.
fn text_of(block: &mut Block) -> Option<&mut Value> {
    if block.contains_key("text") {
        return block.get_mut("text");
    }
    let content = block.get_mut("citationsContent")?.get_mut("content")?;
    content.as_array_mut()?.last_mut()?.get_mut("text")
}

/// The reply of `replies` that the sentinel belongs to, by its place: the last that says something by itself.
pub fn last(replies: &[Reply]) -> Option<usize> {
    replies
        .iter()
        .rposition(|reply| reply.message.is_some() || reply.events.is_some() || reply.improvise.is_some())
}

/// Whether there was a text to extend.
fn extend(text: &mut Value, words: &str) -> bool {
    let Value::String(text) = text else { return false };
    if text.is_empty() {
        return false;
    }
    text.push_str(words);
    true
}

fn cast_block(block: &mut Block, stage: &Stage<'_>, seed: &Seed) {
    let literal = block.get(LITERAL).cloned();
    let pieces = block.get(FRAGMENTS).cloned();
    let Some(tool) = block.get_mut("toolUse").and_then(Value::as_object_mut) else { return };
    let Some(part) = tool.get("name").and_then(Value::as_str).map(str::to_owned) else { return };
    if literal == Some(Value::Bool(true)) {
        return;
    }
    let pieces: Option<Vec<&str>> = pieces.as_ref().map(|pieces| texts(list(Some(pieces))));
    let actor = stage.actor(&part, pieces.as_ref().is_some_and(|pieces| is_blank(pieces)));
    tool.insert("name".to_owned(), json!(actor.name));
    let written = tool.get("input").cloned().unwrap_or_else(|| json!({}));
    if literal.is_some() || !written.is_object() {
        return;
    }
    let input = actor.input(&written, seed);
    if input == written {
        return;
    }
    let cut = pieces.map(|pieces| match joined(&pieces).as_ref() == Some(&written) {
        true => Some(recut_input(&pieces, &input)),
        false => recut_part(&pieces, &written, &input),
    });
    // What is neither the written input nor a beginning of it is wrong on purpose.
    if cut == Some(None) {
        return;
    }
    let cut = cut.flatten();
    tool.insert("input".to_owned(), input);
    block.extend(cut.map(|cut| (FRAGMENTS.to_owned(), json!(cut))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_wire::Operation;

    /// A request that offers tools, each by its name with the schema of its input.
    fn call(tools: &[(&str, Value)], choice: Option<&str>) -> Call {
        let tool = |(name, schema): &(&str, Value)| json!({"toolSpec": {"name": name, "inputSchema": {"json": schema}}});
        let mut config = json!({ "tools": tools.iter().map(tool).collect::<Vec<_>>() });
        if let Some(name) = choice {
            config["toolChoice"] = json!({"tool": {"name": name}});
        }
        let body = json!({"messages": [], "toolConfig": config});
        let model_id = "amazon.nova-pro-v1:0".to_owned();
        Call { operation: Operation::Converse, model_id, base: String::new(), headers: Vec::new(), body }
    }

    fn only(member: &str, value: &Value) -> Value {
        json!({"type": "object", "properties": {member: {"const": value}}, "required": [member]})
    }

    /// Two tools whose input is certain.
    fn two() -> Vec<(&'static str, Value)> {
        vec![("first", only("a", &json!("1234"))), ("second", only("b", &json!("é\"")))]
    }

    fn reply(written: &Value) -> Reply {
        serde_json::from_value(written.clone()).unwrap()
    }

    fn cast_of(written: &Value, call: &Call) -> Reply {
        let reply = reply(written);
        let replies = [reply];
        cast(&replies[0], call, &parts(&replies), &Seed::new(1))
    }

    fn block(name: &str, input: &Value, more: &Value) -> Value {
        let mut block = json!({"toolUse": {"toolUseId": "t", "name": name, "input": input}});
        block.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        block
    }

    fn check(call: &Call, blocks: &[Value], expected: &[Value]) {
        let cast = cast_of(&json!({"message": blocks, "interleave": true}), call);
        assert_eq!(json!(cast.message.unwrap()), json!(expected), "{blocks:?}");
        assert!(cast.interleave);
    }

    #[test]
    fn the_nth_part_goes_to_the_nth_tool_around_and_around() {
        let plain = |name| block(name, &json!({"x": 1}), &json!({}));
        let first = block("first", &json!({"a": "1234"}), &json!({}));
        let second = block("second", &json!({"b": "é\""}), &json!({}));
        let blocks = [plain("x"), json!({"text": "hi"}), plain("y"), plain("x"), plain("z")];
        let cast = [first.clone(), json!({"text": "hi"}), second.clone(), first.clone(), first];
        check(&call(&two(), None), &blocks, &cast);
        check(&call(&two(), Some("second")), &[plain("x"), plain("first")], &[second.clone(), second]);
        check(&call(&[], None), &blocks, &blocks);
    }

    #[test]
    fn a_tool_plays_its_own_part_with_the_written_input_where_that_is_legal() {
        let tools = [("other", json!({})), ("mine", json!({"required": ["x"]}))];
        let legal = block("mine", &json!({"x": 1}), &json!({"fragments": ["{\"x\"", ": 1}"]}));
        check(&call(&tools, None), std::slice::from_ref(&legal), std::slice::from_ref(&legal));
        let (name, schema) = ("mine", only("x", &json!(2)));
        check(
            &call(&[(name, schema)], None),
            &[legal],
            &[block(name, &json!({"x": 2}), &json!({"fragments": ["{\"x\"", ":2}"]}))],
        );
    }

    #[test]
    fn fragments_are_cut_at_the_same_places() {
        let cut = |pieces: &Value| json!({ "fragments": pieces });
        let one = |written: &Value, pieces: Value, cast: Value| {
            let expected = block("first", &json!({"a": "1234"}), &cut(&cast));
            check(&call(&two(), None), &[block("x", written, &cut(&pieces))], &[expected]);
        };
        one(&json!({"x": 1}), json!(["", "{\"x\": ", "1}"]), json!(["", "{\"a\":\"123", "4\"}"]));
        one(
            &json!({"x": 1}),
            json!(["", "{", "\"", "x", "\"", ":", "1", "}"]),
            json!(["", "{", "\"", "a", "\"", ":", "\"", "1", "2", "3", "4", "\"", "}"]),
        );
        one(
            &json!({"x": "-"}),
            json!(["{\"x\": \"\\u0", "02d\"}"]),
            json!(["{\"a\":\"\\u0031\\u0032\\u0", "033\\u0034\"}"]),
        );
    }

    #[test]
    fn what_is_literal_or_broken_stays_as_written() {
        let check = |block: Value, expected: Value| check(&call(&two(), None), &[block], &[expected]);
        let written = json!({"x": 1});
        let literal = block("x", &written, &json!({"literal": true}));
        check(literal.clone(), literal);
        let literal = json!({"literal": "input"});
        check(block("x", &written, &literal), block("first", &written, &literal));
        for pieces in [json!(["{\"x\"", ": 1"]), json!(["", ""]), json!([])] {
            let more = json!({ "fragments": pieces });
            check(block("x", &json!({}), &more), block("first", &json!({}), &more));
        }
    }

    #[test]
    fn a_call_without_arguments_goes_to_a_tool_that_needs_none() {
        let tools = [("needs", only("a", &json!(1))), ("idle", json!({"type": "object"}))];
        let empty = json!({"fragments": [""]});
        let called = |name| block(name, &json!({}), &empty);
        check(&call(&tools, None), &[called("x")], &[called("idle")]);
        check(&call(&tools[..1], None), &[called("x")], &[called("needs")]);
        check(&call(&tools, Some("needs")), &[called("x")], &[called("needs")]);
        check(&call(&tools, None), &[called("needs")], &[called("needs")]);
    }

    #[test]
    fn literal_blocks_are_no_parts() {
        let replies = [
            reply(&json!({"message": [block("a", &json!({}), &json!({"literal": true})),
            block("b", &json!({}), &json!({}))]})),
            reply(&json!({"events": [
            {"contentBlockStart": {"contentBlockIndex": 0, "start": {"toolUse": {"name": "c"}}}}, {"contentBlockStart": 1}]})),
            reply(&json!({"message": [block("b", &json!({}), &json!({}))]})),
        ];
        assert_eq!(parts(&replies), ["b", "c"]);
    }

    #[test]
    fn events_are_cast_alike() {
        let start = |index: u64, name: &str| json!({"contentBlockStart": {"contentBlockIndex": index, "start": {"toolUse": {"name": name, "toolUseId": "t"}}}});
        let delta = |index: u64, text: &str| json!({"contentBlockDelta": {"contentBlockIndex": index, "delta": {"toolUse": {"input": text}}}});
        let stop = json!({"contentBlockStop": {"contentBlockIndex": 0}});
        let check = |events: Value, expected: Value| {
            let cast = cast_of(&json!({ "events": events }), &call(&two(), None));
            assert_eq!(json!(cast.events.unwrap()), expected, "{events}");
        };
        let interleaved = |names: [&str; 2], pieces: [&str; 4]| {
            let [a, b] = [start(0, names[0]), start(1, names[1])];
            let [c, d, e, f] =
                [delta(1, pieces[0]), delta(0, pieces[1]), delta(1, pieces[2]), delta(0, pieces[3])];
            json!([a, b, delta(0, ""), c, d, e, f, stop])
        };
        check(
            interleaved(["x", "y"], [r#"{"q":1"#, r#"{"x"#, r#"}"#, r#"":1}"#]),
            interleaved(["first", "second"], [r#"{"b":"é\""#, r#"{"a":"#, r#""}"#, r#""1234"}"#]),
        );
        let called = |name, pieces: &[&str]| {
            let deltas = pieces.iter().map(|piece| delta(0, piece));
            [start(0, name)].into_iter().chain(deltas).chain([stop.clone()]).collect::<Value>()
        };
        let shared = |names: [&str; 2], pieces: [&str; 2]| {
            json!([start(0, names[0]), delta(0, pieces[0]), start(0, names[1]), delta(0, pieces[1])])
        };
        check(
            shared(["x", "y"], [r#"{"q":1}"#, r#"{"q":1}"#]),
            shared(["first", "second"], [r#"{"a":"1234"}"#, r#"{"b":"é\""}"#]),
        );
        check(called("x", &[r#"{"x"#]), called("first", &[r#"{"x"#]));
        check(called("x", &["{", "}"]), called("first", &[r#"{"a":""#, r#"1234"}"#]));
        let letters = ["{", "\"", "a", "\"", ":", "\"", "1", "2", "3", "4", "\"", "}"];
        check(called("x", &["{", "", " ", " ", "}"]), called("first", &letters));
    }

    fn planted(written: &Value) -> Value {
        let mut reply = reply(written);
        plant(&mut reply, "END");
        reply.message.map_or_else(|| json!(reply.events), |message| json!(message))
    }

    #[test]
    fn the_sentinel_ends_the_last_text() {
        let check =
            |message: Value, expected: Value| assert_eq!(planted(&json!({ "message": message })), expected);
        check(json!([{"text": "a"}, {"text": "b"}]), json!([{"text": "a"}, {"text": "b END"}]));
        check(
            json!([{"text": "ab", "fragments": ["a", "b"]}]),
            json!([{"text": "ab END", "fragments": ["a", "b", " END"]}]),
        );
        check(json!([{"text": "a"}, {"toolUse": {}}]), json!([{"text": "a END"}, {"toolUse": {}}]));
        let thought = json!({"reasoningContent": {"reasoningText": {"text": "so"}}});
        check(json!([{"text": "a"}, thought]), json!([{"text": "a END"}, thought]));
        check(json!([thought]), json!([thought]));
        check(json!([{"text": ""}]), json!([{"text": ""}]));
        check(json!([]), json!([]));
        let cited = |text| json!([{"citationsContent": {"content": [{"text": "a"}, {"text": text}], "citations": []}}]);
        check(cited("b"), cited("b END"));
    }

    #[test]
    fn the_sentinel_ends_the_last_text_of_events() {
        let delta =
            |text: &str| json!({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": text}}});
        let stop = json!({"messageStop": {"stopReason": "max_tokens"}});
        let events = |last: &str| json!([delta("a"), delta(last), delta(""), stop]);
        assert_eq!(planted(&json!({ "events": events("b") })), events("b END"));
    }

    #[test]
    fn the_last_reply_that_speaks_gets_the_sentinel() {
        let text = json!({"message": [{"text": "a"}]});
        let last = |replies: &[Value]| last(&replies.iter().map(reply).collect::<Vec<_>>());
        assert_eq!(
            last(&[text.clone(), text.clone(), json!({"error": {"type": "ThrottlingException"}})]),
            Some(1)
        );
        assert_eq!(last(&[text, json!({"improvise": {}}), json!({"frames": []})]), Some(1));
        assert_eq!(last(&[json!({"frames": []})]), None);
    }
}
