//! Conversations in files: what is loaded, Bedrock accepts, whatever the file holds.

use std::path::PathBuf;

use faultline_agent::bedrock_json::{message, message_from_json};
use faultline_agent::{Agent, AgentEvent, Conversation, Mode};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::script::*;
use crate::validator::validate;

fn temporary(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sessions");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn json_of(conversation: &Conversation) -> Vec<Value> {
    conversation.messages().iter().map(message).collect()
}

/// A conversation of these messages, as Bedrock would see it with one more prompt.
fn accepted(messages: &[Value]) -> Result<Vec<Value>, String> {
    let messages = messages.iter().filter_map(message_from_json).collect();
    let conversation = json_of(&Conversation::repaired(messages));
    let mut request = conversation.clone();
    request.push(json!({"role": "user", "content": [{"text": "And now?"}]}));
    validate(&json!({"inferenceConfig": {"maxTokens": 1}, "toolConfig": {}, "messages": request}))?;
    Ok(conversation)
}

#[tokio::test]
async fn a_conversation_goes_on_from_its_file() {
    let path = temporary("goes_on.json");
    let thinks = stream([
        ms(),
        reasoning(0, "text", "Let me look."),
        reasoning(0, "signature", "c2ln"),
        close(0),
        tool(1, "a", "get_order_status"),
        frag(1, r#"{"order_id":"A-10293"}"#),
        close(1),
        stop("tool_use"),
        meta(10, 2),
    ]);
    let server = Server::new([thinks, says("shipped"), says("welcome")]);
    let agent = || Agent::new(server.client(), config(Mode::Streaming), toolbox());
    let mut conversation = Conversation::new();
    agent().run(&mut conversation, "Where is it?", &mut |_| {}).await.unwrap();
    conversation.save(&path).unwrap();
    let mut loaded = Conversation::load(&path).unwrap();
    assert_eq!(loaded.messages(), conversation.messages());
    agent().run(&mut loaded, "Thank you.", &mut |_| {}).await.unwrap();
    let sent = &server.requests()[2]["messages"];
    let reasoned =
        json!({"reasoningContent": {"reasoningText": {"text": "Let me look.", "signature": "c2ln"}}});
    assert_eq!((sent.as_array().unwrap().len(), &sent[1]["content"][0]), (5, &reasoned));
    loaded.save(&path).unwrap();
    assert_eq!(Conversation::load(&path).unwrap().messages().len(), 6);
    let beside = std::fs::read_dir(path.parent().unwrap()).unwrap().flatten();
    assert!(!beside.into_iter().any(|file| file.file_name().to_string_lossy().contains("goes_on.json.")));
}

#[tokio::test]
async fn after_a_kill_in_the_middle_of_a_tool_the_history_is_valid_and_tells_of_the_call() {
    for kept in 0..2 {
        let server =
            Server::new([calls("a", "calculator", &[r#"{"expression":"1+1"}"#]), says("2"), says("I see.")]);
        let agent = Agent::new(server.client(), config(Mode::Streaming), toolbox());
        let mut checkpoints = Vec::new();
        let mut sink = |event| {
            if let AgentEvent::Checkpoint { messages, .. } = event {
                checkpoints.push(messages);
            }
        };
        agent.run(&mut Conversation::new(), "Add.", &mut sink).await.unwrap();
        let path = temporary("killed.json");
        Conversation::from_messages(checkpoints[kept].clone()).save(&path).unwrap();
        let mut conversation = Conversation::load(&path).unwrap();
        agent.run(&mut conversation, "And?", &mut |_| {}).await.unwrap();
        let result = server.requests()[2]["messages"][2]["content"][0]["toolResult"].clone();
        let expected = ["The tool call was interrupted; whether it had an effect is not known.", "2"];
        assert_eq!(result["content"][0]["text"], expected[kept]);
    }
}

#[test]
fn what_is_no_conversation_is_told_and_stays() {
    let check = |name: &str, text: &str, expected: &str| {
        let path = temporary(name);
        std::fs::write(&path, text).unwrap();
        let error = Conversation::load(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(name), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    };
    check("half.json", r#"{"version":1,"messa"#, "it is no JSON");
    check("newer.json", r#"{"version":2,"messages":[]}"#, "it is of version 2; this agent reads version 1");
    check("other.json", r#"{"a":1}"#, "it is no conversation: it has no version");
    check("none.json", r#"{"version":1}"#, "it is no conversation: it has no messages");
    let missing = Conversation::load(temporary("missing.json")).unwrap_err().to_string();
    assert!(missing.contains("missing.json: No such file"), "{missing}");
    let error = Conversation::new().save(temporary("no/such/folder.json")).unwrap_err();
    assert!(error.to_string().contains("folder.json: No such file"), "{error}");
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

fn call(id: &str) -> Value {
    json!({"toolUse": {"toolUseId": id, "name": "look", "input": {}}})
}

fn result(id: &str) -> Value {
    json!({"toolResult": {"toolUseId": id, "content": [{"text": "found"}]}})
}

#[test]
fn what_is_whole_stays_as_it_is() {
    let whole = [
        user(json!([{"text": "go"}])),
        assistant(json!([{"text": "Let me look."}, call("a"), call("b")])),
        user(json!([result("a"), result("b")])),
        assistant(json!([{"reasoningContent": {"redactedContent": "AAEC"}}, {"text": "done"}])),
    ];
    assert_eq!(accepted(&whole).unwrap(), whole);
    assert_eq!(accepted(&[]).unwrap(), [] as [Value; 0]);
}

#[test]
fn a_call_that_was_interrupted_gets_a_result_that_says_so() {
    let repaired =
        accepted(&[user(json!([{"text": "go"}])), assistant(json!([call("a"), call("b")]))]).unwrap();
    let results = repaired[2]["content"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["toolResult"]["status"]), (2, &json!("error")));
    let half =
        [user(json!([{"text": "go"}])), assistant(json!([call("a"), call("b")])), user(json!([result("b")]))];
    let repaired = accepted(&half).unwrap();
    assert_eq!(repaired[2]["content"][1], result("b"));
    assert_eq!(repaired[2]["content"][0]["toolResult"]["toolUseId"], "a");
    assert_eq!(repaired[3]["content"][0]["text"], "(no answer was given)");
}

#[test]
fn results_without_calls_go_and_what_else_was_said_stays() {
    let repaired =
        accepted(&[user(json!([result("a"), {"text": "go"}])), assistant(json!([{"text": " "}]))]).unwrap();
    assert_eq!(repaired[0]["content"], json!([{"text": "go"}]));
    let prompts = [user(json!([{"text": "one"}])), user(json!([{"text": "two"}]))];
    assert_eq!(accepted(&prompts).unwrap()[0]["content"], json!([{"text": "one"}, {"text": "two"}]));
}

#[test]
fn a_conversation_is_trimmed_by_whole_exchanges() {
    let exchange = |id: &str| {
        [
            user(json!([{"text": "go"}])),
            assistant(json!([call(id)])),
            user(json!([result(id)])),
            assistant(json!([{"text": "done"}])),
        ]
    };
    let messages: Vec<_> = ["a", "b", "c"].iter().flat_map(|id| exchange(id)).collect();
    let messages = messages.iter().filter_map(message_from_json).collect();
    let mut conversation = Conversation::from_messages(messages);
    for (keep, left) in [(9, 12), (2, 8), (1, 4), (0, 4)] {
        conversation.trim(keep);
        assert_eq!(conversation.messages().len(), left, "{keep}");
        accepted(&json_of(&conversation)).unwrap();
    }
}

fn any_block() -> impl Strategy<Value = Value> {
    let text = prop_oneof![Just(""), Just(" \n"), Just("hello")];
    let id = prop_oneof![Just("a"), Just("b"), Just(""), Just("a/b")];
    prop_oneof![
        text.clone().prop_map(|text| json!({ "text": text })),
        (id.clone(), prop_oneof![Just(json!({})), Just(json!([1])), Just(json!(null))]).prop_map(
            |(id, input)| json!({"toolUse": {"toolUseId": id, "name": "look", "input": input}})
        ),
        (id, text, any::<bool>()).prop_map(|(id, text, fails)| {
            let status = if fails { "error" } else { "success" };
            json!({"toolResult": {"toolUseId": id, "content": [{"text": text}, {"json": [1]}], "status": status}})
        }),
        Just(json!({"reasoningContent": {"reasoningText": {"text": ""}}})),
        Just(json!({"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}})),
        Just(json!({"brandNew": {}})),
    ]
}

proptest! {
    #[test]
    fn whatever_a_file_holds_what_is_loaded_is_accepted(
        messages in prop::collection::vec((0..5_u8, prop::collection::vec(any_block(), 0..5)), 0..8),
        keep in 0_usize..4,
    ) {
        let role = |n| match n { 0 | 1 => "user", 2 | 3 => "assistant", _ => "system" };
        let messages: Vec<Value> =
            messages.into_iter().map(|(n, content)| json!({"role": role(n), "content": content})).collect();
        let once = accepted(&messages).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&accepted(&once).map_err(TestCaseError::fail)?, &once, "repaired twice is repaired once");
        let mut conversation = Conversation::repaired(once.iter().filter_map(message_from_json).collect());
        conversation.trim(keep);
        let trimmed = json_of(&conversation);
        prop_assert_eq!(&accepted(&trimmed).map_err(TestCaseError::fail)?, &trimmed, "trimming leaves nothing to repair");
    }
}
