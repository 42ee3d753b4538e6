//! Each rule with a request that provokes it, word for word, and one that just does not.

#![expect(clippy::needless_pass_by_value, reason = "tables of JSON read better without borrows")]

mod model;

use super::{Layer, Refusal, refusal, rules, validate};
use faultline_wire::{Call, Operation};
use serde_json::{Value, json};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "us.amazon.nova-pro-v1:0";
const LLAMA: &str = "us.meta.llama3-3-70b-instruct-v1:0";
const PROMPT: &str = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDE12345:1";

fn call(operation: Operation, model_id: &str, body: Value) -> Call {
    Call { operation, model_id: model_id.into(), base: String::new(), headers: Vec::new(), body }
}

fn answer(model_id: &str, body: &Value) -> Option<Refusal> {
    refusal(&call(Operation::ConverseStream, model_id, body.clone()))
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

fn text(text: &str) -> Value {
    json!({"text": text})
}

fn used(id: &str) -> Value {
    json!({"toolUse": {"toolUseId": id, "name": "look_up", "input": {}}})
}

fn result(id: &str) -> Value {
    json!({"toolResult": {"toolUseId": id, "content": [{"text": "found"}]}})
}

fn document(name: &str) -> Value {
    json!({"document": {"format": "txt", "name": name, "source": {"bytes": "aGk="}}})
}

fn tool(name: &str) -> Value {
    json!({"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}})
}

/// A request with tools on offer: a question, then `rest`.
fn chat(rest: Value) -> Value {
    let mut messages = vec![user(json!([text("Where is it?")]))];
    messages.extend(rest.as_array().unwrap().iter().cloned());
    json!({"messages": messages, "toolConfig": {"tools": [tool("look_up")]}})
}

/// A question, an assistant message with `uses`, a user message with `results`.
fn round(uses: Value, results: Value) -> Value {
    chat(json!([assistant(uses), user(results)]))
}

fn offering(tools: Value) -> Value {
    json!({"messages": [user(json!([text("Hello")]))], "toolConfig": {"tools": tools}})
}

fn saying(content: Value) -> Value {
    json!({"messages": [user(content)]})
}

fn schema_of(schema: Value) -> Value {
    offering(json!([tool("a"), {"toolSpec": {"name": "b", "inputSchema": {"json": schema}}}]))
}

fn json_result(json: Value) -> Value {
    let result = json!({"toolResult": {"toolUseId": "t1", "content": [{"text": "a"}, {"json": json}]}});
    round(json!([used("t1")]), json!([result]))
}

fn status_result(status: &str, content: Value) -> Value {
    let result = json!({"toolResult": {"toolUseId": "t1", "content": content, "status": status}});
    round(json!([used("t1")]), json!([result]))
}

fn named_use(name: &str, id: &str) -> Value {
    let block = json!({"toolUse": {"toolUseId": id, "name": name, "input": {}}});
    round(json!([text("Let me see."), block]), json!([result("t1")]))
}

fn input_use(input: Value) -> Value {
    let block = json!({"toolUse": {"toolUseId": "t1", "name": "look_up", "input": input}});
    round(json!([text("Let me see."), block]), json!([result("t1")]))
}

/// The rule, a model, a request that breaks the rule, and what Bedrock says to it.
fn refused() -> Vec<(&'static str, &'static str, Value, String)> {
    const START: &str = "A conversation must start with a user message. Try again with a conversation that starts with a user message.";
    let name_65 = "n".repeat(65);
    let id_65 = "i".repeat(65);
    vec![
        ("tools-not-empty", NOVA, offering(json!([])), "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1".into()),
        ("tool-spec-name", NOVA, offering(json!([tool("a"), tool("Complete Session")])), "1 validation error detected: Value 'Complete Session' at 'toolConfig.tools.2.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+".into()),
        ("tool-spec-name", NOVA, offering(json!([tool(&name_65)])), format!("1 validation error detected: Value '{name_65}' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must have length less than or equal to 64")),
        ("tool-spec-description", NOVA, offering(json!([{"toolSpec": {"name": "a", "description": "", "inputSchema": {"json": {"type": "object"}}}}])), "1 validation error detected: Value '' at 'toolConfig.tools.1.member.toolSpec.description' failed to satisfy constraint: Member must have length greater than or equal to 1".into()),
        ("role", NOVA, json!({"messages": [{"role": "system", "content": [text("Be brief.")]}]}), "1 validation error detected: Value 'system' at 'messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]".into()),
        ("content", NOVA, json!({"messages": [user(json!([text("Hi")])), assistant(Value::Null)]}), "1 validation error detected: Value null at 'messages.2.member.content' failed to satisfy constraint: Member must not be null".into()),
        ("tool-use-name", NOVA, named_use("$READFILE", "t1"), "1 validation error detected: Value at 'messages.2.member.content.2.member.toolUse.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+".into()),
        ("tool-use-id", NOVA, named_use("look_up", &id_65), "1 validation error detected: Value at 'messages.2.member.content.2.member.toolUse.toolUseId' failed to satisfy constraint: Member must have length less than or equal to 64".into()),
        ("tool-result-id", NOVA, round(json!([used("t1")]), json!([result("a/b")])), "1 validation error detected: Value at 'messages.3.member.content.1.member.toolResult.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+".into()),
        ("starts-with-user", NOVA, json!({"messages": [assistant(json!([text("Hello")])), user(json!([text("Hi")]))]}), START.into()),
        ("starts-with-user", CLAUDE, json!({"messages": []}), START.into()),
        ("starts-with-user", CLAUDE, json!({"system": [text("Be brief.")]}), START.into()),
        ("alternating-roles", LLAMA, json!({"messages": [user(json!([text("a")])), user(json!([text("b")]))]}), "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.".into()),
        ("tool-config-defined", NOVA, json!({"messages": [user(json!([text("a")])), assistant(json!([used("t1")])), user(json!([result("t1")]))]}), "The toolConfig field must be defined when using toolUse and toolResult content blocks.".into()),
        ("tool-schema-root", NOVA, schema_of(json!({"oneOf": []})), "The value at toolConfig.tools.1.toolSpec.inputSchema.json.type must be one of the following: object.".into()),
        ("document-names-unique", NOVA, saying(json!([text("a"), document("report"), document("report")])), "Messages can't contain duplicate document names. Rename the document and retry your request.".into()),
        ("document-names-unique", CLAUDE, round(json!([used("t1")]), json!([{"toolResult": {"toolUseId": "t1", "content": [document("report")]}}, document("report")])), "Messages can't contain duplicate document names. Rename the document and retry your request.".into()),
        ("content-not-empty", CLAUDE, chat(json!([assistant(json!([]))])), "The content field in the Message object at messages.1 is empty. Add a ContentBlock object to the content field and try again.".into()),
        ("text-not-blank", NOVA, saying(json!([text("a"), text(" \n")])), "The text field in the ContentBlock object at messages.0.content.1 is blank. Add text to the text field, and try again.".into()),
        ("text-not-blank", CLAUDE, chat(json!([assistant(json!([text("")]))])), "The text field in the ContentBlock object at messages.1.content.0 is blank. Add text to the text field, and try again.".into()),
        ("tool-use-input-object", NOVA, input_use(json!("{\"q\":")), "The format of the value at messages.1.content.1.toolUse.input is invalid. Provide a json object for the field and try again.".into()),
        ("tool-result-json-object", NOVA, json_result(json!([1])), "The format of the value at messages.2.content.0.toolResult.content.1.json is invalid. Provide a json object for the field and try again.".into()),
        ("tool-result-json-type-key", NOVA, json_result(json!({"fields": [{"a": {"__type": "T"}}]})), "The format of the value at messages.2.content.0.toolResult.content.1.json is invalid. Provide a json object for the field and try again.".into()),
        ("error-result-not-empty", NOVA, status_result("error", json!([])), "The content field at messages.2.content.0.toolResult cannot be empty when status value is error.".into()),
        ("tool-use-ids-unique", NOVA, round(json!([used("t1"), used("t2"), used("t1")]), json!([result("t1"), result("t2")])), "The toolUse blocks at messages.1.content contain duplicate Ids: t1".into()),
        ("tool-result-ids-unique", NOVA, round(json!([used("t1")]), json!([result("t1"), result("t1")])), "The toolResult blocks at messages.2.content contain duplicate Ids: t1".into()),
        ("tool-results-surplus", NOVA, round(json!([used("t1")]), json!([result("t1"), result("t2")])), "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.".into()),
        ("tool-results-surplus", NOVA, json!({"messages": [user(json!([result("t1")]))], "toolConfig": {"tools": [tool("look_up")]}}), "The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of previous turn.".into()),
        ("tool-results-missing", NOVA, round(json!([used("a"), used("b"), used("c")]), json!([result("b")])), "Expected toolResult blocks at messages.2.content for the following Ids: a, c".into()),
        ("tool-results-missing", NOVA, round(json!([used("a")]), json!([result("b")])), "Expected toolResult blocks at messages.2.content for the following Ids: a".into()),
        ("tool-results-missing", NOVA, round(json!([used("a")]), json!([text("never mind")])), "Expected toolResult blocks at messages.2.content for the following Ids: a".into()),
        ("tool-results-missing", CLAUDE, chat(json!([assistant(json!([used("a"), used("b")])), user(json!([result("a")])), user(json!([result("b")]))])), "Expected toolResult blocks at messages.2.content for the following Ids: b".into()),
    ]
}

/// The rule that is almost broken, a model, and a request that Bedrock takes.
fn taken() -> Vec<(&'static str, &'static str, Value)> {
    let server_tool = json!([
        {"toolUse": {"toolUseId": "s1", "name": "nova_code_interpreter", "input": {}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "s1", "content": [{"json": {}}], "type": "nova_code_interpreter_result"}},
        used("t1")
    ]);
    let described =
        json!({"toolSpec": {"name": "a", "description": "d", "inputSchema": {"json": {"type": "object"}}}});
    vec![
        ("tools-not-empty", NOVA, offering(json!([{"systemTool": {"name": "nova_grounding"}}]))),
        ("tools-not-empty", NOVA, saying(json!([text("no tools at all")]))),
        ("tool-spec-name", NOVA, offering(json!([tool(&"n".repeat(64)), tool("a-B_9")]))),
        ("tool-spec-description", NOVA, offering(json!([described, tool("undescribed")]))),
        ("role", NOVA, chat(json!([assistant(json!([text("b")]))]))),
        ("content", NOVA, saying(json!([{"image": {}}]))),
        ("tool-use-name", NOVA, named_use(&"n".repeat(64), "t1")),
        (
            "tool-use-id",
            NOVA,
            round(
                json!([used("functions.get_temperature:0")]),
                json!([result("functions.get_temperature:0")]),
            ),
        ),
        ("tool-result-id", NOVA, round(json!([used(&"i".repeat(64))]), json!([result(&"i".repeat(64))]))),
        (
            "starts-with-user",
            CLAUDE,
            json!({"messages": [assistant(json!([text("Hello")])), user(json!([text("Hi")]))]}),
        ),
        ("starts-with-user", PROMPT, json!({"promptVariables": {"topic": {"text": "rain"}}})),
        ("alternating-roles", LLAMA, chat(json!([assistant(json!([text("b")])), user(json!([text("c")]))]))),
        (
            "alternating-roles",
            NOVA,
            json!({"messages": [user(json!([text("a")])), user(json!([text("b")]))]}),
        ),
        ("tool-config-defined", NOVA, round(json!([used("t1")]), json!([result("t1")]))),
        ("tool-schema-root", NOVA, schema_of(json!({"type": "object", "oneOf": []}))),
        ("document-names-unique", NOVA, saying(json!([text("a"), document("report"), document("report 2")]))),
        ("content-not-empty", CLAUDE, chat(json!([assistant(json!([text("b")]))]))),
        ("text-not-blank", NOVA, saying(json!([text(" a ")]))),
        ("text-not-blank", CLAUDE, saying(json!([text("a"), text("\n")]))),
        (
            "text-not-blank",
            NOVA,
            round(json!([used("t1")]), json!([{"toolResult": {"toolUseId": "t1", "content": [text("")]}}])),
        ),
        ("tool-use-input-object", NOVA, input_use(json!({"q": 1}))),
        ("tool-result-json-object", NOVA, json_result(json!({"list": [1]}))),
        ("tool-result-json-type-key", NOVA, json_result(json!({"__type": "T", "a": {"__typename": "U"}}))),
        ("error-result-not-empty", NOVA, status_result("success", json!([]))),
        ("error-result-not-empty", NOVA, status_result("error", json!([text("it broke")]))),
        (
            "tool-use-ids-unique",
            NOVA,
            chat(json!([
                assistant(json!([used("t1")])),
                user(json!([result("t1")])),
                assistant(json!([used("t1")])),
                user(json!([result("t1")]))
            ])),
        ),
        (
            "tool-result-ids-unique",
            NOVA,
            round(json!([used("t1"), used("t2")]), json!([result("t2"), result("t1")])),
        ),
        ("tool-results-surplus", NOVA, round(json!([used("t1")]), json!([result("t1"), text("and hurry")]))),
        ("tool-results-surplus", NOVA, round(server_tool.clone(), json!([result("t1")]))),
        ("tool-results-missing", NOVA, round(server_tool, json!([result("t1")]))),
        ("tool-results-missing", NOVA, chat(json!([assistant(json!([used("t1")]))]))),
    ]
}

#[test]
fn each_rule_refuses_in_bedrocks_words() {
    for (name, model_id, body, message) in refused().into_iter().chain(model::refused()) {
        let refusal = answer(model_id, &body).unwrap_or_else(|| panic!("{name} accepts {body}"));
        assert_eq!(refusal.message, message, "{body}");
        assert_eq!(refusal.rules.iter().map(|rule| rule.name).collect::<Vec<_>>(), [name], "{body}");
    }
}

#[test]
fn each_rule_takes_what_just_keeps_it() {
    for (name, model_id, body) in taken().into_iter().chain(model::taken()) {
        assert!(answer(model_id, &body).is_none(), "{name} refuses {body}: {:?}", answer(model_id, &body));
    }
}

#[test]
fn every_rule_has_a_name_of_its_own_a_source_and_both_kinds_of_example() {
    let broken: Vec<_> = refused().into_iter().chain(model::refused()).collect();
    let kept: Vec<_> = taken().into_iter().chain(model::taken()).collect();
    for (index, rule) in rules().iter().enumerate() {
        assert!(rules()[..index].iter().all(|other| other.name != rule.name), "{rule:?} twice");
        assert!(
            rule.source.split(", ").all(|source| source.contains('/') && source.contains('#')),
            "{rule:?}"
        );
        assert!(broken.iter().any(|(name, ..)| *name == rule.name), "{rule:?}: nothing breaks it");
        assert!(kept.iter().any(|(name, ..)| *name == rule.name), "{rule:?}: nothing keeps it");
    }
}

#[test]
fn schema_violations_come_in_one_message_in_the_order_seen() {
    let empty = json!({"toolSpec": {"name": "", "description": "", "inputSchema": {"json": {}}}});
    let refusal = answer(NOVA, &offering(json!([empty]))).unwrap();
    // Word for word as reported for such a request (BerriAI/litellm#24668).
    assert_eq!(
        refusal.message,
        "3 validation errors detected: Value '' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+; Value '' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'toolConfig.tools.1.member.toolSpec.description' failed to satisfy constraint: Member must have length greater than or equal to 1"
    );
    assert_eq!(refusal.rules.len(), 2);
}

#[test]
fn schema_violations_come_tool_by_tool() {
    let bad =
        |name: &str| json!({"toolSpec": {"name": name, "description": "", "inputSchema": {"json": {}}}});
    let message = answer(NOVA, &offering(json!([bad("a b"), bad("c d")]))).unwrap().message;
    let paths: Vec<&str> = message.split('\'').filter(|part| part.starts_with("toolConfig")).collect();
    // The order of a report with several such tools (BerriAI/litellm#19384).
    assert_eq!(
        paths,
        [
            "toolConfig.tools.1.member.toolSpec.name",
            "toolConfig.tools.1.member.toolSpec.description",
            "toolConfig.tools.2.member.toolSpec.name",
            "toolConfig.tools.2.member.toolSpec.description",
        ]
    );
}

#[test]
fn violations_in_the_history_hide_their_values_and_come_message_by_message() {
    let block = json!({"toolUse": {"toolUseId": "", "name": "", "input": {}}});
    let refusal = answer(NOVA, &round(json!([block]), json!([result("")]))).unwrap();
    // Word for word as reported (tontinton/maki#38).
    assert_eq!(
        refusal.message,
        "6 validation errors detected: Value at 'messages.2.member.content.1.member.toolUse.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+; Value at 'messages.2.member.content.1.member.toolUse.name' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'messages.2.member.content.1.member.toolUse.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+; Value at 'messages.2.member.content.1.member.toolUse.toolUseId' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'messages.3.member.content.1.member.toolResult.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+; Value at 'messages.3.member.content.1.member.toolResult.toolUseId' failed to satisfy constraint: Member must have length greater than or equal to 1"
    );
}

#[test]
fn a_name_too_long_and_of_wrong_letters_says_its_length_first() {
    let refusal = answer(NOVA, &named_use(&"a.".repeat(40), "t1")).unwrap();
    // Word for word as reported, other indexes (openclaw/openclaw#12892).
    assert_eq!(
        refusal.message,
        "2 validation errors detected: Value at 'messages.2.member.content.2.member.toolUse.name' failed to satisfy constraint: Member must have length less than or equal to 64; Value at 'messages.2.member.content.2.member.toolUse.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
    );
}

#[test]
fn schema_speaks_before_semantics() {
    let body = json!({"messages": [assistant(json!([])), assistant(json!([{"toolUse": {"toolUseId": "t", "name": "a b"}}]))]});
    let refusal = answer(LLAMA, &body).unwrap();
    assert!(refusal.rules.iter().all(|rule| rule.layer() == Layer::Schema), "{refusal:?}");
    assert_eq!(refusal.rules.len(), 1);
}

#[test]
fn a_refusal_is_a_validation_exception_of_both_converse_operations_only() {
    let body = json!({"messages": []});
    for operation in [Operation::Converse, Operation::ConverseStream] {
        let error = validate(&call(operation, NOVA, body.clone())).unwrap();
        assert_eq!((error.name.as_str(), error.status), ("ValidationException", 400));
    }
    for operation in [Operation::InvokeModel, Operation::CountTokens] {
        assert_eq!(validate(&call(operation, NOVA, body.clone())), None);
    }
}

#[test]
fn bodies_of_no_legal_shape_are_judged_without_a_panic() {
    let odd = json!({
        "messages": [{"role": 1, "content": [null, {"toolUse": 2}, {"toolResult": []}]}],
        "toolConfig": {"tools": {}}
    });
    for (body, refused) in [
        (json!(null), true),
        (json!([]), true),
        (json!({"messages": 3}), true),
        (json!({"messages": [1, null, {"content": "x"}]}), true),
        (odd, false),
    ] {
        assert_eq!(answer(NOVA, &body).is_some(), refused, "{body}");
    }
}

#[test]
fn semantics_speak_before_the_model() {
    let refusal =
        answer(LLAMA, &round(json!([text("a"), used("t1"), used("t2")]), json!([result("t1")]))).unwrap();
    assert_eq!(refusal.rules[0].name, "tool-results-missing");
}

#[test]
fn a_model_rule_is_asked_of_its_family_only() {
    for (name, _, body, _) in model::refused() {
        let refusal = answer(model::STRANGER, &body);
        assert!(refusal.is_none(), "{name} on a model that nobody knows: {refusal:?}");
    }
}

#[test]
fn an_exempt_rule_gives_way_to_the_next() {
    let unsigned = json!({"reasoningContent": {"reasoningText": {"text": "Hm."}}});
    let empty = json!({"toolResult": {"toolUseId": "t1", "content": [text("")]}});
    let body = round(json!([unsigned, used("t1")]), json!([empty]));
    let call = call(Operation::Converse, CLAUDE, body);
    let names = |exempt: &[&str]| super::refusal_but(&call, exempt).unwrap().rules[0].name;
    assert_eq!(names(&[]), super::REASONING_SIGNED);
    assert_eq!(names(&[super::REASONING_SIGNED]), "tool-result-text-not-empty");
    assert_eq!(names(&["tool-spec-name"]), super::REASONING_SIGNED);
}
