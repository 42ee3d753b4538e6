//! Whether a message of a history is the one that was delivered. Pure, over two lists of content blocks.
//!
//! Allowed: blank text dropped or replaced, text blocks merged, white space changed, text moved before tool calls,
//! keys in another order, `1` for `1.0`; other ids where the model's are illegal or not unique; other names where the
//! model's is illegal or not offered; no call at all where its name is illegal; any input, or no call at all, where the model's input is no JSON object; a mark
//! after a text that was not finished; text or calls alone where a model does not take both in one message back; reasoning dropped where no tool call needs it.

use faultline_wire::message::{list, text_member};
use serde_json::Value;

/// What is known beside the two messages.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The stop reason of the delivered message.
    pub(super) stop_reason: &'a str,
    /// The names of the tools that the request offers.
    pub(super) offered: &'a [&'a str],
    /// The toolUseIds of the history before this message.
    pub(super) used: &'a [&'a str],
    /// Whether the model's family takes text beside tool calls back; where it does not, either may go.
    pub(super) takes_both: bool,
    /// Whether the message's tool results are the request's last message: Claude then wants its reasoning back (AWS,
    /// "Extended thinking", tool use; Anthropic, "Preserving thinking blocks").
    pub(super) in_tool_loop: bool,
}

/// How `kept` differs from what was `said`; `None` when it does not.
pub(super) fn difference(said: &[Value], kept: &[Value], around: Around<'_>) -> Option<String> {
    let has = |name| !members(kept, name).is_empty() || around.takes_both;
    let is_both = !members(said, "text").is_empty() && !members(said, "toolUse").is_empty();
    let (has_text, has_calls) = (!is_both || has("text"), !is_both || has("toolUse"));
    let calls = has_calls.then(|| calls(said, kept, around));
    let texts = has_text.then(|| texts(said, kept, around));
    calls.flatten().or(texts.flatten()).or_else(|| reasoning(said, kept, around))
}

fn members<'a>(content: &'a [Value], name: &str) -> Vec<&'a Value> {
    content.iter().filter_map(|block| block.get(name)).collect()
}

fn calls(said: &[Value], kept: &[Value], around: Around<'_>) -> Option<String> {
    let (said, kept) = (members(said, "toolUse"), members(kept, "toolUse"));
    let mut kept = kept.into_iter().peekable();
    for (at, call) in said.iter().enumerate() {
        let is_legal = call.get("input").is_some_and(Value::is_object);
        let id = text_member(call, "toolUseId");
        let is_own = |other: &&Value| id == text_member(other, "toolUseId") || !is_id(id);
        if !is_legal {
            kept.next_if(is_own);
            continue;
        }
        if !is_name(text_member(call, "name")) && kept.peek().is_none_or(|other| !is_own(other)) {
            continue;
        }
        let Some(other) = kept.next() else { return Some(format!("the call {id} is missing")) };
        let before = said[..at].iter().map(|call| text_member(call, "toolUseId"));
        let is_unique = is_id(id) && !before.chain(around.used.iter().copied()).any(|used| used == id);
        let changed = call_difference(call, other, is_unique, around.offered);
        if changed.is_some() {
            return changed;
        }
    }
    kept.next().map(|call| format!("the call {} was never made", text_member(call, "toolUseId")))
}

fn call_difference(said: &Value, kept: &Value, is_unique: bool, offered: &[&str]) -> Option<String> {
    let id = text_member(said, "toolUseId");
    if is_unique && id != text_member(kept, "toolUseId") {
        return Some(format!("the call {id} has become {:?}", text_member(kept, "toolUseId")));
    }
    let (name, other) = (text_member(said, "name"), text_member(kept, "name"));
    if offered.contains(&name) && name != other {
        return Some(format!("the tool of call {id} is {other:?} instead of {name:?}"));
    }
    let empty = Value::Null;
    let (input, other) = (said.get("input").unwrap_or(&empty), kept.get("input").unwrap_or(&empty));
    (!same(input, other))
        .then(|| format!("the input of call {id} is {} instead of {}", short(other), short(input)))
}

/// 1 to 64 of `[a-zA-Z0-9_.:-]`: what Bedrock accepts as a toolUseId.
fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c))
}

/// 1 to 64 of `[a-zA-Z0-9_-]`: what Bedrock accepts as a tool's name.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}

/// Equal as JSON: key order and the spelling of numbers do not count.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

/// Stop reasons of a finished text: nothing is added to it.
const FINISHED: [&str; 3] = ["end_turn", "tool_use", "stop_sequence"];

fn texts(said: &[Value], kept: &[Value], around: Around<'_>) -> Option<String> {
    const PLAIN: [&str; 3] = ["text", "toolUse", "reasoningContent"];
    // Text may stand in other blocks as well (citationsContent), and be kept as plain text.
    if !said.iter().all(|block| PLAIN.iter().any(|name| block.get(name).is_some())) {
        return None;
    }
    let text =
        |content| dense(&members(content, "text").into_iter().filter_map(Value::as_str).collect::<String>());
    let (said, kept) = (text(said), text(kept));
    let may_be_marked = !FINISHED.contains(&around.stop_reason);
    let is_kept = said.is_empty() || said == kept || may_be_marked && kept.starts_with(&said);
    (!is_kept).then(|| format!("its text is {} instead of {}", short(&kept.into()), short(&said.into())))
}

/// A text without white space: it may be wrapped, trimmed and joined.
pub(super) fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

fn reasoning(said: &[Value], kept: &[Value], around: Around<'_>) -> Option<String> {
    let calls = !members(kept, "toolUse").is_empty();
    let (said, kept) = (members(said, "reasoningContent"), members(kept, "reasoningContent"));
    let is_changed = |block: &&Value| !said.iter().any(|other| parts(other) == parts(block));
    if let Some(block) = kept.iter().find(|block| is_changed(block)) {
        return Some(format!("its reasoning was changed: {}", short(block)));
    }
    let is_signed = |block: &&&Value| parts(block).1.is_some() || parts(block).2.is_some();
    let lost =
        said.iter().filter(is_signed).find(|block| !kept.iter().any(|other| parts(other) == parts(block)));
    lost.filter(|_| calls && around.in_tool_loop)
        .map(|block| format!("its signed reasoning is missing before a tool call: {}", short(block)))
}

/// Text, signature and redacted content of a reasoning block; empty ones count as none.
fn parts(block: &Value) -> (Option<&str>, Option<&str>, Option<&str>) {
    let part = |path: &str| block.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    (part("/reasoningText/text"), part("/reasoningText/signature"), part("/redactedContent"))
}

/// A value as people read it, not too long.
fn short(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    let cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

/// The content list of a message.
pub(super) fn content(message: &Value) -> &[Value] {
    list(message.get("content"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const AROUND: Around<'_> = Around {
        stop_reason: "tool_use",
        offered: &["look", "find"],
        used: &["old"],
        takes_both: true,
        in_tool_loop: true,
    };

    fn check(said: Value, kept: Value, expected: Option<&str>) {
        check_after(said, kept, "tool_use", expected);
    }

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read best by value")]
    fn check_after(said: Value, kept: Value, stop_reason: &str, expected: Option<&str>) {
        let around = Around { stop_reason, ..AROUND };
        let found = difference(list(Some(&said)), list(Some(&kept)), around);
        assert_eq!(found.as_deref(), expected, "{said} {kept}");
    }

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read best by value")]
    fn call(id: &str, name: &str, input: Value) -> Value {
        json!({"toolUse": {"toolUseId": id, "name": name, "input": input}})
    }

    #[test]
    fn calls_keep_their_ids_names_and_inputs() {
        let said = || json!([call("a", "look", json!({"x": 1, "y": [2]})), call("b", "find", json!({}))]);
        check(
            said(),
            json!([call("a", "look", json!({"y": [2.0], "x": 1})), call("b", "find", json!({}))]),
            None,
        );
        check(said(), json!([call("a", "look", json!({"x": 1, "y": [2]}))]), Some("the call b is missing"));
        let all = |last| json!([call("a", "look", json!({"x": 1, "y": [2]})), last]);
        check(said(), all(call("c", "find", json!({}))), Some("the call b has become \"c\""));
        check(
            said(),
            all(call("b", "look", json!({}))),
            Some("the tool of call b is \"look\" instead of \"find\""),
        );
        check(
            said(),
            all(call("b", "find", json!({"x": 1}))),
            Some("the input of call b is {\"x\":1} instead of {}"),
        );
        check(said(), json!([said()[0], said()[1], said()[1]]), Some("the call b was never made"));
    }

    #[test]
    fn what_bedrock_would_refuse_may_be_mended() {
        let kept = |id: &str, name: &str| json!([call(id, name, json!({}))]);
        check(kept("a/b", "look"), kept("alias", "look"), None);
        check(kept("old", "look"), kept("old-2", "look"), None);
        check(
            json!([call("a", "look", json!({})), call("a", "look", json!({}))]),
            json!([call("a", "look", json!({})), call("a_2", "look", json!({}))]),
            None,
        );
        check(kept("a", "$LOOK"), kept("a", "LOOK"), None);
        check(kept("a", "$LOOK"), json!([{"text": "(no such tool)"}]), None);
        let two = json!([call("a", "", json!({})), call("b", "look", json!({}))]);
        check(two.clone(), kept("b", "look"), None);
        check(two, json!([]), Some("the call b is missing"));
        let broken = || json!([call("a", "look", json!("{\"x\""))]);
        check(broken(), kept("a", "look"), None);
        check(broken(), json!([{"text": "(the call was malformed)"}]), None);
    }

    #[test]
    fn text_is_kept_but_for_white_space() {
        let text = |parts: &[&str]| Value::Array(parts.iter().map(|text| json!({ "text": text })).collect());
        check(text(&["Hello ", "", "you.\n"]), text(&["Hello you."]), None);
        check(text(&["Hello"]), text(&["Hell"]), Some("its text is \"Hell\" instead of \"Hello\""));
        check(text(&["Hello"]), text(&["HelHello"]), Some("its text is \"HelHello\" instead of \"Hello\""));
        check(
            text(&["Hello"]),
            text(&["Hello", "[end]"]),
            Some("its text is \"Hello[end]\" instead of \"Hello\""),
        );
        check_after(text(&["Hello"]), text(&["Hello", "[cut]"]), "max_tokens", None);
        check(text(&["\n"]), text(&["(no text)"]), None);
        let cited =
            json!([{"text": "a"}, {"citationsContent": {"content": [{"text": "b"}], "citations": []}}]);
        check(cited, text(&["ab"]), None);
        check(
            json!([call("a", "look", json!({})), {"text": "So."}]),
            json!([{"text": "So."}, call("a", "look", json!({}))]),
            None,
        );
    }

    #[test]
    fn text_beside_a_call_may_go_where_the_model_refuses_both() {
        let both = [json!({"text": "So."}), call("a", "look", json!({}))];
        let lost =
            |kept: &[Value], takes_both| difference(&both, kept, Around { takes_both, ..AROUND }).is_some();
        for alone in [&both[..1], &both[1..]] {
            assert!(!lost(alone, false), "{alone:?}");
            assert!(lost(alone, true), "{alone:?}");
        }
        assert!(lost(&[json!({"text": "No."}), both[1].clone()], false));
    }

    #[test]
    fn signed_reasoning_stays_before_a_call() {
        let think = |text: &str, signature: &str| json!({"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}});
        let with = |block: Value| json!([block, call("a", "look", json!({}))]);
        let lost = "its signed reasoning is missing before a tool call: {\"reasoningText\":{\"text\":\"Hm.\",\"signature\":\"s1\"}}";
        check(with(think("Hm.", "s1")), with(think("Hm.", "s1")), None);
        check(with(think("Hm.", "s1")), json!([call("a", "look", json!({}))]), Some(lost));
        check(
            with(think("Hm.", "s1")),
            with(think("Hm.", "")),
            Some("its reasoning was changed: {\"reasoningText\":{\"text\":\"Hm.\",\"signature\":\"\"}}"),
        );
        check(with(think("Hm.", "")), json!([call("a", "look", json!({}))]), None);
        check(json!([think("Hm.", "s1"), {"text": "a"}]), json!([{"text": "a"}]), None);
        check(
            with(json!({"reasoningContent": {"redactedContent": "YQ=="}})),
            json!([call("a", "look", json!({}))]),
            Some("its signed reasoning is missing before a tool call: {\"redactedContent\":\"YQ==\"}"),
        );
    }
}
