//! The rules that hold for some models only: for each a request that provokes it and one that just does not.

use super::*;

/// A model of no family that any rule names.
pub(super) const STRANGER: &str = "example.model-v1:0";
const MISTRAL: &str = "mistral.mistral-large-2402-v1:0";
const OPENAI: &str = "us.openai.gpt-5.6-sol";
const OPUS_4_6: &str = "us.anthropic.claude-opus-4-6-v1";
const SONNET_3_5: &str = "anthropic.claude-3-5-sonnet-20240620-v1:0";

const SEPARATE_RESULT: &str =
    "messages.2.content: Conversation blocks and tool result blocks cannot be provided in the same turn.";
const SEPARATE_USE: &str =
    "messages.1.content: Conversation blocks and tool use blocks cannot be provided in the same turn.";
const IMAGE: &str =
    "This model doesn't support the image field for user messages. Remove image and try again.";
const CACHE: &str = "Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.";
const PREFILL: &str =
    "This model does not support assistant message prefill. The conversation must end with a user message.";
const LEAD: &str = "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `KIND`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable `thinking`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking";
const BEHIND: &str = "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: b. Each `tool_use` block must have a corresponding `tool_result` block in the next message.";
const TTL: &str = "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.";

fn model_says(text: &str) -> String {
    format!("The model returned the following errors: {text}")
}

fn reasoning() -> Value {
    json!({"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}})
}

fn unsigned(text: Value) -> Value {
    round(json!([{"reasoningContent": {"reasoningText": text}}, used("t1")]), json!([result("t1")]))
}

fn cache_point() -> Value {
    json!({"cachePoint": {"type": "default"}})
}

fn cache_for(ttl: &str) -> Value {
    json!({"cachePoint": {"type": "default", "ttl": ttl}})
}

/// `body` with more members.
fn with(mut body: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        match (name.as_str(), body.get_mut(name)) {
            ("toolConfig", Some(config)) => config["toolChoice"] = value["toolChoice"].clone(),
            _ => body[name] = value.clone(),
        }
    }
    body
}

fn thinking(body: Value) -> Value {
    with(
        body,
        json!({"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}}),
    )
}

fn choosing(choice: Value, body: Value) -> Value {
    with(body, json!({"toolConfig": {"toolChoice": choice}}))
}

fn image(bytes: &str) -> Value {
    json!({"image": {"format": "png", "source": {"bytes": bytes}}})
}

fn many(count: usize, bytes: &str) -> Value {
    saying((0..count).map(|_| image(bytes)).collect())
}

/// The first bytes of a PNG of that size.
fn png(width: u32, height: u32) -> String {
    use base64::Engine as _;
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn image_result() -> Value {
    json!({"toolResult": {"toolUseId": "t1", "content": [image("AAAA")]}})
}

/// A second round after [`round`].
fn then(mut body: Value, uses: Value, results: Value) -> Value {
    body["messages"].as_array_mut().unwrap().extend([assistant(uses), user(results)]);
    body
}

/// The rule, a model of its family, a request that breaks the rule, and what is said to it.
pub(super) fn refused() -> Vec<(&'static str, &'static str, Value, String)> {
    let lead = |kind: &str| model_says(&LEAD.replace("KIND", kind));
    let large = "A".repeat(5 * 1024 * 1024 + 4);
    let answer = |text_: &str| chat(json!([assistant(json!([text(text_)]))]));
    let two = json!([used("a"), used("b")]);
    let cached = json!([text("Be brief."), cache_point()]);
    vec![
        (
            "text-beside-tool-result",
            LLAMA,
            round(json!([used("t1")]), json!([result("t1"), text("and hurry")])),
            SEPARATE_RESULT.into(),
        ),
        (
            "text-beside-tool-result",
            MISTRAL,
            round(json!([used("t1")]), json!([text("Here:"), result("t1")])),
            SEPARATE_RESULT.into(),
        ),
        (
            "text-beside-tool-use",
            LLAMA,
            round(json!([text("Let me see."), used("t1")]), json!([result("t1")])),
            SEPARATE_USE.into(),
        ),
        ("image-in-tool-result", OPENAI, round(json!([used("t1")]), json!([image_result()])), IMAGE.into()),
        (
            "cache-point-after-reasoning",
            CLAUDE,
            chat(json!([
                assistant(json!([reasoning(), cache_point(), text("a")])),
                user(json!([text("b")]))
            ])),
            CACHE.into(),
        ),
        ("ends-with-user", OPUS_4_6, answer("It is"), model_says(PREFILL)),
        (
            "final-text-not-trailing-white-space",
            CLAUDE,
            answer("It is "),
            model_says("messages: final assistant content cannot end with trailing whitespace"),
        ),
        (
            "thinking-not-forced",
            CLAUDE,
            thinking(choosing(json!({"any": {}}), chat(json!([])))),
            model_says("Thinking may not be enabled when tool_choice forces tool use."),
        ),
        (
            "thinking-not-forced",
            CLAUDE,
            thinking(choosing(json!({"tool": {"name": "look_up"}}), chat(json!([])))),
            model_says("Thinking may not be enabled when tool_choice forces tool use."),
        ),
        (
            "reasoning-signed",
            CLAUDE,
            unsigned(json!({"text": "Hm."})),
            model_says("messages.1.content.0.thinking.signature: Field required"),
        ),
        (
            "reasoning-signed",
            CLAUDE,
            unsigned(json!({"text": "Hm.", "signature": ""})),
            model_says("messages.1.content.0.thinking.signature: Field required"),
        ),
        (
            "reasoning-leads",
            CLAUDE,
            thinking(round(json!([used("t1")]), json!([result("t1")]))),
            lead("tool_use"),
        ),
        (
            "reasoning-leads",
            CLAUDE,
            thinking(round(json!([text("Let me see."), used("t1")]), json!([result("t1")]))),
            lead("text"),
        ),
        (
            "reasoning-leads",
            CLAUDE,
            thinking(then(
                round(json!([used("a")]), json!([result("a")])),
                json!([used("b")]),
                json!([result("b")]),
            )),
            lead("tool_use"),
        ),
        (
            "tool-results-lead",
            CLAUDE,
            round(two, json!([result("a"), text("and"), result("b")])),
            model_says(BEHIND),
        ),
        (
            "tool-result-text-not-empty",
            CLAUDE,
            round(json!([used("t1")]), json!([{"toolResult": {"toolUseId": "t1", "content": [text("")]}}])),
            model_says("messages: text content blocks must be non-empty"),
        ),
        (
            "cache-points-at-most-4",
            CLAUDE,
            with(
                saying(json!([
                    text("a"),
                    cache_point(),
                    text("b"),
                    cache_point(),
                    text("c"),
                    cache_point(),
                    text("d"),
                    cache_point()
                ])),
                json!({"system": cached}),
            ),
            model_says("A maximum of 4 blocks with cache_control may be provided. Found 5."),
        ),
        (
            "cache-ttl-order",
            CLAUDE,
            with(saying(json!([text("a"), text("b"), cache_for("1h")])), json!({"system": cached})),
            model_says(&format!("messages.0.content.1.cache_control.ttl: {TTL}")),
        ),
        (
            "cache-ttl-order",
            CLAUDE,
            json!({"messages": [user(json!([text("a")]))], "toolConfig": {"tools": [tool("look_up"), cache_for("5m")]}, "system": [text("s"), cache_for("1h")]}),
            model_says(&format!("system.0.cache_control.ttl: {TTL}")),
        ),
        (
            "images-at-most-20",
            SONNET_3_5,
            many(21, "AAAA"),
            model_says("too many images and documents: 21 + 0 > 20"),
        ),
        (
            "image-at-most-5-mb",
            CLAUDE,
            saying(json!([text("a"), image(&large)])),
            model_says(
                "messages.0.content.1.image.source.bytes: image exceeds 5 MB maximum: 5242884 bytes > 5242880 bytes",
            ),
        ),
        (
            "many-images-at-most-2000-px",
            CLAUDE,
            many(21, &png(2001, 9)),
            model_says(
                "messages.0.content.0.image.source.bytes: At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels",
            ),
        ),
        (
            "input-fits-the-window",
            CLAUDE,
            round(
                json!([used("a")]),
                json!([{"toolResult": {"toolUseId": "a", "content": [{"text": "a".repeat(2_000_000)}]}}]),
            ),
            model_says("Input is too long for requested model."),
        ),
    ]
}

/// The rule that is almost broken, a model of its family, and a request that is taken.
pub(super) fn taken() -> Vec<(&'static str, &'static str, Value)> {
    let results = json!([result("t1")]);
    let reasoned = |rest: Value| {
        let blocks = std::iter::once(reasoning()).chain(rest.as_array().unwrap().iter().cloned());
        round(blocks.collect(), json!([result("t1")]))
    };
    let edge = "A".repeat(5 * 1024 * 1024);
    vec![
        ("text-beside-tool-result", LLAMA, round(json!([used("t1")]), results.clone())),
        (
            "text-beside-tool-result",
            CLAUDE,
            round(json!([used("t1")]), json!([result("t1"), text("and hurry")])),
        ),
        (
            "text-beside-tool-use",
            MISTRAL,
            chat(json!([assistant(json!([text("Let me see.")])), user(json!([text("Do.")]))])),
        ),
        ("text-beside-tool-use", NOVA, round(json!([text("Let me see."), used("t1")]), results.clone())),
        ("image-in-tool-result", OPENAI, round(json!([used("t1")]), json!([result("t1"), image("AAAA")]))),
        ("image-in-tool-result", CLAUDE, round(json!([used("t1")]), json!([image_result()]))),
        (
            "cache-point-after-reasoning",
            CLAUDE,
            chat(json!([
                assistant(json!([reasoning(), text("a"), cache_point()])),
                user(json!([text("b"), cache_point()]))
            ])),
        ),
        (
            "ends-with-user",
            OPUS_4_6,
            chat(json!([assistant(json!([text("It is")])), user(json!([text("Go on.")]))])),
        ),
        ("ends-with-user", CLAUDE, chat(json!([assistant(json!([text("It is")]))]))),
        (
            "final-text-not-trailing-white-space",
            CLAUDE,
            chat(json!([assistant(json!([text("It is ")])), user(json!([text("Go on.")]))])),
        ),
        ("thinking-not-forced", CLAUDE, thinking(choosing(json!({"auto": {}}), chat(json!([]))))),
        ("thinking-not-forced", CLAUDE, choosing(json!({"any": {}}), chat(json!([])))),
        ("reasoning-signed", CLAUDE, reasoned(json!([used("t1")]))),
        (
            "reasoning-signed",
            CLAUDE,
            round(json!([{"reasoningContent": {"redactedContent": "AAAA"}}, used("t1")]), results.clone()),
        ),
        ("reasoning-signed", OPENAI, unsigned(json!({"text": "Hm."}))),
        ("reasoning-leads", CLAUDE, thinking(reasoned(json!([used("t1")])))),
        (
            "reasoning-leads",
            CLAUDE,
            thinking(then(reasoned(json!([used("t1")])), json!([used("t2")]), json!([result("t2")]))),
        ),
        (
            "reasoning-leads",
            CLAUDE,
            thinking(then(
                round(json!([used("t1")]), results.clone()),
                json!([reasoning(), used("t2")]),
                json!([result("t2")]),
            )),
        ),
        (
            "reasoning-leads",
            CLAUDE,
            thinking(chat(json!([assistant(json!([text("a")])), user(json!([text("b")]))]))),
        ),
        ("reasoning-leads", CLAUDE, round(json!([used("t1")]), results)),
        (
            "tool-results-lead",
            CLAUDE,
            round(
                json!([used("a"), used("b")]),
                json!([result("a"), cache_point(), result("b"), text("and hurry")]),
            ),
        ),
        ("tool-results-lead", NOVA, round(json!([used("a")]), json!([text("Here:"), result("a")]))),
        (
            "tool-result-text-not-empty",
            CLAUDE,
            round(json!([used("t1")]), json!([{"toolResult": {"toolUseId": "t1", "content": []}}])),
        ),
        (
            "cache-points-at-most-4",
            CLAUDE,
            saying(json!([
                text("a"),
                cache_point(),
                text("b"),
                cache_point(),
                text("c"),
                cache_point(),
                text("d"),
                cache_point()
            ])),
        ),
        ("cache-ttl-order", CLAUDE, saying(json!([text("a"), cache_for("1h"), text("b"), cache_point()]))),
        ("images-at-most-20", SONNET_3_5, many(20, "AAAA")),
        ("image-at-most-5-mb", CLAUDE, saying(json!([image(&edge)]))),
        ("many-images-at-most-2000-px", CLAUDE, many(20, &png(2001, 9))),
        ("many-images-at-most-2000-px", CLAUDE, many(21, &png(2000, 2000))),
        ("many-images-at-most-2000-px", CLAUDE, many(21, "AAAA")),
        ("input-fits-the-window", CLAUDE, saying(json!([text(&"😀".repeat(1_599_000))]))),
        ("input-fits-the-window", NOVA, saying(json!([text(&"a".repeat(1_600_001))]))),
        ("input-fits-the-window", CLAUDE, widened(saying(json!([text(&"a".repeat(1_600_001))])))),
    ]
}

/// With the beta that widens the window.
fn widened(mut body: Value) -> Value {
    body["additionalModelRequestFields"] = json!({"anthropic_beta": ["context-1m-2025-08-07"]});
    body
}
