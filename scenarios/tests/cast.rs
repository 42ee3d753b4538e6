//! Casting through sessions: every scenario of the library, played to an agent with other tools.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use faultline_scenarios::cast::Casting;
use faultline_scenarios::exchange::{Answer, Verdict};
use faultline_scenarios::fold::fold;
use faultline_scenarios::{Book, Scenario, Sessions, Speed, load};
use faultline_wire::decoder::decode_all;
use faultline_wire::{Call, FramedEvent, Operation};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const SENTINEL: &str = "vermilion-heron";

/// The tools of an agent that no scenario was written for.
fn tools() -> Map<String, Value> {
    let schemas = include_str!("tool_schemas.json");
    let all: Map<String, Value> = serde_json::from_str(schemas).unwrap();
    let named = [
        ("write_file", "mcp filesystem write_file"),
        ("forecast", "weather"),
        ("person", "pydantic optional and nested"),
        ("noop", "no arguments"),
    ];
    named.map(|(name, schema)| (name.to_owned(), all[schema].clone())).into_iter().collect()
}

fn call(operation: Operation, messages: &[Value]) -> Call {
    let tool = |(name, schema): (&String, &Value)| json!({"toolSpec": {"name": name, "inputSchema": {"json": schema}}});
    let tools: Vec<Value> = tools().iter().map(tool).collect();
    Call {
        operation,
        model_id: "us.anthropic.claude-sonnet-4-5-20250929-v1:0".into(),
        base: String::new(),
        headers: Vec::new(),
        body: json!({"messages": messages, "toolConfig": {"tools": tools}}),
    }
}

fn sessions(scenario: Scenario) -> Sessions {
    let cast = Some(Casting { sentinel: SENTINEL.to_owned() });
    Sessions::new(Book { speed: Speed::Max, cast, ..Book::new(vec![scenario]) })
}

fn one(text: &str) -> Scenario {
    load::scenario("s", "s", &format!("faultline: 1\n{text}\n"))
        .unwrap_or_else(|bad| panic!("{}", bad.to_text()))
}

/// A conversation of `turns` answered turns; the last message holds results for `ids`.
fn conversation(turns: usize, ids: &[String]) -> Vec<Value> {
    let mut messages = vec![json!({"role": "user", "content": [{"text": "go"}]})];
    for _ in 0..turns {
        messages.push(json!({"role": "assistant", "content": [{"text": "a"}]}));
        messages.push(json!({"role": "user", "content": [{"text": "more"}]}));
    }
    if !ids.is_empty() {
        let result = |id: &String| json!({"toolResult": {"toolUseId": id, "content": [{"text": "ok"}]}});
        messages.last_mut().unwrap()["content"] = ids.iter().map(result).collect();
    }
    messages
}

/// What a streamed or unary answer adds up to.
fn content(answer: &Answer) -> Vec<Value> {
    let body = answer.plan.body();
    if !answer.plan.streams() {
        let body: Value = serde_json::from_slice(&body).unwrap();
        return body["output"]["message"]["content"].as_array().cloned().unwrap_or_default();
    }
    let frames = decode_all(&body).0;
    let events: Vec<_> =
        frames.iter().filter_map(FramedEvent::from_frame).map(|framed| framed.event).collect();
    fold(&events).content
}

fn text(answer: &Answer) -> String {
    content(answer).iter().filter_map(|block| block["text"].as_str()).collect()
}

fn answer(sessions: &Sessions, call: &Call) -> Answer {
    sessions.answer(&Arc::from("nobody"), call, Duration::ZERO)
}

fn library() -> Vec<Scenario> {
    load::path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("library")).0
}

/// The ids that the replies before `turn` asked results for.
fn asked(scenario: &Scenario, turn: usize) -> Vec<String> {
    let before =
        turn.checked_sub(1).and_then(|at| scenario.file.replies[at].message.as_deref()).unwrap_or_default();
    before.iter().filter_map(|block| Some(block.get("toolUse")?["toolUseId"].as_str()?.to_owned())).collect()
}

/// Whether a block's input is played as written: because it says so, or because its fragments are no JSON object.
fn stays(block: &Map<String, Value>) -> bool {
    let joined =
        |pieces: &Value| pieces.as_array().unwrap().iter().filter_map(Value::as_str).collect::<String>();
    let broken = |pieces| serde_json::from_str::<Map<String, Value>>(&joined(pieces)).is_err();
    block.contains_key("toolUse")
        && (block.contains_key("literal") || block.get("fragments").is_some_and(broken))
}

#[test]
fn every_call_of_the_library_is_one_that_the_agent_offers_with_legal_input() {
    let tools = tools();
    let mut checked = 0;
    for scenario in library() {
        let (name, replies) = (scenario.name.clone(), scenario.file.replies.len());
        let ids: Vec<Vec<String>> = (0..replies).map(|turn| asked(&scenario, turn)).collect();
        let blocks = scenario.file.replies.iter().flat_map(|reply| reply.message.iter().flatten());
        let kept = blocks.filter(|block| stays(block));
        let kept: Vec<Value> = kept.map(|block| block["toolUse"]["toolUseId"].clone()).collect();
        let written = sessions(Scenario::new(
            &name,
            faultline_scenarios::file::ScenarioFile { faults: Vec::new(), ..scenario.file },
        ));
        for (turn, ids) in ids.iter().enumerate() {
            for operation in [Operation::ConverseStream, Operation::Converse] {
                let answer = answer(&written, &call(operation, &conversation(turn, ids)));
                if answer.plan.head().is_none_or(|head| head.status != 200) {
                    continue;
                }
                for tool in content(&answer).iter().filter_map(|block| block.get("toolUse")) {
                    if kept.contains(&tool["toolUseId"]) || tool.get("name").is_none() {
                        continue;
                    }
                    let schema =
                        tools.get(tool["name"].as_str().unwrap()).unwrap_or_else(|| panic!("{name}: {tool}"));
                    assert!(jsonschema::is_valid(schema, &tool["input"]), "{name}: {tool}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 20, "{checked} calls were checked");
}

const LOOP: &str = "replies:
  - message:
      - text: Let me see.
      - toolUse: { toolUseId: t1, name: get_weather, input: { city: Paris } }
        fragments: ['', '{\"city\": ', '\"Paris\"}']
  - when: { turn: 2, text: only the script says this, json: { '$.system': x } }
    message: [{ text: It rains. }]
faults: [{ do: cut, at: contentBlockDelta 1 nth 2, call: 1 }]";

#[test]
fn a_loop_is_played_to_its_end_and_beyond_and_the_sentinel_comes_once() {
    let sessions = sessions(one(LOOP));
    let ask = |messages: &[Value]| answer(&sessions, &call(Operation::ConverseStream, messages));
    let (first, ids) = (conversation(0, &[]), ["t1".to_owned()]);
    let cut = ask(&first);
    assert_eq!(cut.decision.faults.len(), 1, "the fault finds the fragment that it aims at");
    let whole = ask(&first);
    let tool = content(&whole)[1]["toolUse"].clone();
    assert_eq!((tool["name"].as_str(), tool["toolUseId"].as_str()), (Some("write_file"), Some("t1")));
    assert!(jsonschema::is_valid(&tools()["write_file"], &tool["input"]), "{tool}");
    assert!(!text(&whole).contains(SENTINEL));
    let last = ask(&conversation(1, &ids));
    assert_eq!(text(&last), format!("It rains. {SENTINEL}"));
    assert_eq!(last.decision.verdict, Verdict::Scripted { scenario: "s".into(), reply: 2 });
    let beyond = ask(&conversation(2, &[]));
    assert_eq!(beyond.decision.verdict, Verdict::Improvised);
    assert!(text(&beyond).ends_with(&format!(" {SENTINEL}")), "{}", text(&beyond));
}

#[test]
fn a_retry_sees_the_same_bytes_and_another_session_may_not() {
    let sessions = sessions(one(LOOP));
    let ask = |session: &str| {
        let call = call(Operation::ConverseStream, &conversation(0, &[]));
        (0..4)
            .map(|_| sessions.answer(&session.into(), &call, Duration::ZERO).plan.body())
            .collect::<Vec<_>>()
    };
    let bodies = ask("a");
    assert!(bodies[1] == bodies[2] && bodies[2] == bodies[3]);
    let others: Vec<_> = ["b", "c", "d", "e", "f"].iter().map(|session| ask(session)[1].clone()).collect();
    assert!(others.iter().any(|other| *other != bodies[1]));
}

#[test]
fn tool_results_that_the_script_waits_for_still_count() {
    let text = "replies: [{message: [{toolUse: {toolUseId: a, name: x}}]}, {when: {toolResults: [a]}, message: [{text: hi}]}]";
    let sessions = sessions(one(text));
    let ask = |ids: &[String]| {
        answer(&sessions, &call(Operation::Converse, &conversation(1, ids))).decision.verdict
    };
    assert_eq!(ask(&["a".to_owned()]), Verdict::Scripted { scenario: "s".into(), reply: 2 });
    assert!(matches!(ask(&["b".to_owned()]), Verdict::Unmatched { .. }));
}

#[test]
fn the_only_scenario_answers_whatever_it_says_of_its_requests() {
    let sessions = sessions(one("when: {text: a prompt of its own}\nreplies: [{message: [{text: hi}]}]"));
    let answer = answer(&sessions, &call(Operation::Converse, &conversation(0, &[])));
    assert_eq!(text(&answer), format!("hi {SENTINEL}"));
}

#[test]
fn an_improvised_last_reply_ends_with_the_sentinel() {
    let sessions = sessions(one("replies: [{improvise: {}}, {improvise: {}}]"));
    let ask =
        |turns, ids: &[String]| answer(&sessions, &call(Operation::Converse, &conversation(turns, ids)));
    assert!(content(&ask(0, &[]))[0].get("toolUse").is_some());
    assert!(text(&ask(1, &["x".to_owned()])).ends_with(SENTINEL));
}

#[test]
fn recorded_frames_and_errors_are_played_as_they_are() {
    let text = "replies: [{frames: [{event: messageStart, payload: {role: assistant}}, {event: messageStop, payload: {stopReason: end_turn}}]}, {error: {type: ThrottlingException}}]";
    let (cast, plain) = (sessions(one(text)), Sessions::new(Book::new(vec![one(text)])));
    for turn in 0..2 {
        let call = call(Operation::ConverseStream, &conversation(turn, &[]));
        assert_eq!(answer(&cast, &call).plan, answer(&plain, &call).plan);
    }
}

#[test]
fn literal_is_no_member_of_an_answer() {
    let text = "replies: [{message: [{toolUse: {toolUseId: a, name: x, input: {q: 1}}, literal: true}]}]";
    let plain = Sessions::new(Book::new(vec![one(text)]));
    for sessions in [plain, sessions(one(text))] {
        for operation in [Operation::Converse, Operation::ConverseStream] {
            let answer = answer(&sessions, &call(operation, &conversation(0, &[])));
            assert!(!String::from_utf8_lossy(&answer.plan.body()).contains("literal"));
            assert_eq!(
                content(&answer),
                [json!({"toolUse": {"toolUseId": "a", "name": "x", "input": {"q": 1}}})]
            );
        }
    }
}

#[test]
fn literal_belongs_to_tools_and_is_true_or_input() {
    let refused = |block: &str| {
        let text = format!("faultline: 1\nreplies: [{{message: [{block}]}}]\n");
        load::scenario("s", "s", &text).map_or_else(|bad| bad.to_text(), |_| String::new())
    };
    let tool = |literal: &str| format!("{{toolUse: {{toolUseId: a, name: x}}, literal: {literal}}}");
    assert!(refused("{text: a, literal: true}").contains("only a toolUse block is literal"));
    assert!(refused(&tool("maybe")).contains("wanted true or input"));
    assert_eq!([refused(&tool("true")), refused(&tool("input"))], [String::new(), String::new()]);
}
