//! The scenario library, read as users read it: every file loads, its replies can all be reached, and its plans
//! are one snapshot a file. A new file is a new test.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use faultline_scenarios::file::ScenarioFile;
use faultline_scenarios::fold::fold;
use faultline_scenarios::{Book, Scenario, Sessions, Speed, load};
use faultline_wire::decoder::decode_all;
use faultline_wire::{Call, Event, Family, FramedEvent, Operation};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("library")
}

fn library() -> Vec<Scenario> {
    let (scenarios, errors) = load::path(&folder());
    assert!(errors.is_empty(), "{errors:#?}");
    scenarios
}

fn scenario(path: &Path) -> Scenario {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.strip_prefix(folder()).unwrap().with_extension("").display().to_string();
    load::scenario(&name, &name, &text).unwrap_or_else(|problems| panic!("{}", problems.to_text()))
}

fn family(file: &ScenarioFile) -> Family {
    Family::of(file.model.as_deref().unwrap_or_default())
}

/// What the reference agent's order book knows.
const ORDERS: [&str; 3] = ["A-10293", "B-4410", "C-7731"];

/// The request that an honest agent sends for turn `turn` (from 0), given that the turns before went well.
fn request(file: &ScenarioFile, turn: usize, operation: Operation) -> Call {
    let mut prompts = file.prompt.as_ref().unwrap().all().into_iter();
    let text = |prompt: &str| json!({"role": "user", "content": [{"text": prompt}]});
    let mut messages = vec![text(prompts.next().unwrap())];
    for reply in &file.replies[..turn] {
        let blocks: Vec<Value> = reply.message.iter().flatten().map(without_fragments).collect();
        let results: Vec<Value> =
            blocks.iter().filter_map(|block| block.get("toolUse")).map(result).collect();
        messages.push(json!({"role": "assistant", "content": blocks}));
        messages.push(match results.is_empty() {
            true => text(prompts.next().expect("an answer is followed by the next prompt or by nothing")),
            false => json!({"role": "user", "content": results}),
        });
    }
    let model_id = file.model.clone().unwrap();
    let body = json!({ "messages": messages });
    Call { operation, model_id, base: String::new(), headers: Vec::new(), body }
}

fn without_fragments(block: &Map<String, Value>) -> Value {
    block.iter().filter(|(name, _)| *name != "fragments").map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn result(tool: &Value) -> Value {
    let unknown = tool["input"]["order_id"].as_str().is_some_and(|id| !ORDERS.contains(&id));
    let status = if unknown { "error" } else { "success" };
    json!({"toolResult": {"toolUseId": tool["toolUseId"], "status": status, "content": [{"text": "…"}]}})
}

/// Plays the conversation with a client that asks again after every answer that is not whole, and writes down
/// every answer that a fault changed.
fn faulted(scenario: Scenario) -> String {
    let file = scenario.file.clone();
    let sessions = Sessions::new(Book::new(vec![scenario]));
    let (mut out, mut last, mut turn) = (String::new(), String::new(), 0);
    for number in 1..=file.replies.len() + 3 {
        let answer = sessions.answer(&"".into(), &request(&file, turn, Operation::ConverseStream));
        let text = answer.plan.to_text();
        if !answer.decision.faults.is_empty() && text != last {
            let _ = writeln!(out, "# call {number}: {}\n{text}", answer.decision.faults.join(", "));
            last = text;
        }
        turn += usize::from(events(&answer.plan.body()).iter().any(|event| event.name() == "messageStop"));
        if turn == file.replies.len() {
            break;
        }
    }
    out
}

fn events(body: &[u8]) -> Vec<Event> {
    let (frames, _) = decode_all(body);
    frames.iter().filter_map(FramedEvent::from_frame).map(|framed| framed.event).collect()
}

fn plans(scenario: &Scenario) -> String {
    let family = family(&scenario.file);
    let plan = |number| {
        scenario.plan(number, Operation::ConverseStream, family, Speed::Written).map(|plan| plan.to_text())
    };
    let mut out = String::new();
    for number in 0..scenario.file.replies.len() {
        let _ = writeln!(out, "# reply {}, {family:?}\n{}", number + 1, plan(number).unwrap());
    }
    out
}

#[test]
fn every_file_gives_the_plans_of_its_snapshot() {
    insta::glob!("../library", "**/*.yaml", |path| {
        let text = plans(&scenario(path)) + &faulted(scenario(path));
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("library", text);
        });
    });
}

#[test]
fn every_file_says_what_it_is_for() {
    let citation = |text: &str| {
        let (repository, number) = text.split_once('#').unwrap_or_default();
        let parts: Vec<&str> = repository.split('/').collect();
        let issue = parts.len() == 2 && parts.iter().all(|part| !part.is_empty());
        (issue && number.parse::<u32>().is_ok()) || text.starts_with("https://")
    };
    for Scenario { name, file, .. } in library() {
        assert!(file.about.is_some_and(|about| about.len() > 30), "{name} has no `about`");
        assert!(file.prompt.is_some(), "{name} has no `prompt`");
        assert!(file.model.is_some(), "{name} has no `model`");
        assert!(file.expect.is_some(), "{name} has no `expect`");
        assert_eq!(file.seen.iter().find(|seen| !citation(seen)), None, "{name}: no citation");
    }
}

#[test]
fn a_request_finds_its_scenario_by_its_prompt() {
    let book = Book::new(library());
    for scenario in &book.scenarios {
        let call = request(&scenario.file, 0, Operation::Converse);
        let found = book.choose("", &call).unwrap_or_else(|why| panic!("{}: {why:?}", scenario.name));
        assert_eq!(found.name, scenario.name, "two scenarios share a prompt");
    }
}

#[test]
fn an_honest_agent_reaches_every_reply_in_turn() {
    for scenario in library() {
        for turn in 0..scenario.file.replies.len() {
            for operation in [Operation::Converse, Operation::ConverseStream] {
                let call = request(&scenario.file, turn, operation);
                assert_eq!(scenario.choose(&call, 1), Ok(turn), "{} turn {}", scenario.name, turn + 1);
            }
        }
    }
}

#[test]
fn tool_ids_and_usage_look_like_bedrocks() {
    for Scenario { name, file, .. } in library() {
        for reply in &file.replies {
            for tool in reply.message.iter().flatten().filter_map(|block| block.get("toolUse")) {
                let id = tool["toolUseId"].as_str().unwrap();
                let token = id.strip_prefix("tooluse_").unwrap_or_default();
                let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                assert!(token.len() == 22 && token.chars().all(legal), "{name}: {id}");
            }
            let count = |key: &str| reply.usage.as_ref().map(|usage| usage[key].as_u64());
            let sum = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
            let total = count("inputTokens").map(|input| sum(input, count("outputTokens").flatten()));
            assert_eq!(count("totalTokens"), total, "{name}: usage does not add up");
            assert!(reply.error.is_some() || total.is_some(), "{name}: a reply without usage");
        }
    }
}

#[test]
fn every_stream_has_the_shape_that_recordings_have() {
    for scenario in library() {
        let family = family(&scenario.file);
        for (number, reply) in scenario.file.replies.iter().enumerate().filter(|(_, r)| r.error.is_none()) {
            let plan = scenario.plan(number, Operation::ConverseStream, family, Speed::Max).unwrap();
            let events = events(&plan.body());
            let names: Vec<&str> = events.iter().map(Event::name).collect();
            let count = |name: &str| names.iter().filter(|there| **there == name).count();
            let blocks: Vec<_> = reply.message.iter().flatten().collect();
            let tools = blocks.iter().filter(|block| block.contains_key("toolUse")).count();
            assert_eq!(names[0], "messageStart", "{}", scenario.name);
            assert!(names.ends_with(&["messageStop", "metadata"]), "{}: {names:?}", scenario.name);
            assert_eq!(count("contentBlockStart"), tools, "{}: only tools have a start", scenario.name);
            assert_eq!(count("contentBlockStop"), blocks.len(), "{}", scenario.name);
        }
    }
}

#[test]
fn claude_tools_begin_with_an_empty_delta() {
    use faultline_wire::event::Delta;
    for scenario in library().into_iter().filter(|scenario| family(&scenario.file) == Family::Claude) {
        for number in 0..scenario.file.replies.len() {
            let plan = scenario.plan(number, Operation::ConverseStream, Family::Claude, Speed::Max).unwrap();
            let mut started = HashMap::new();
            for event in events(&plan.body()) {
                match event {
                    Event::ContentBlockStart { index, .. } => drop(started.insert(index, ())),
                    Event::ContentBlockDelta { index, delta } if started.remove(&index).is_some() => {
                        assert_eq!(delta, Delta::ToolInput(String::new()), "{}", scenario.name);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Files whose stream is broken on purpose in a way that a unary answer cannot be.
const STREAM_ONLY: [&str; 1] = ["tools/invalid_json"];

#[test]
fn stream_and_unary_answer_say_the_same() {
    for scenario in library().into_iter().filter(|scenario| !STREAM_ONLY.contains(&&*scenario.name)) {
        let family = family(&scenario.file);
        for number in (0..scenario.file.replies.len()).filter(|at| scenario.file.replies[*at].error.is_none())
        {
            let body = |operation| scenario.plan(number, operation, family, Speed::Max).unwrap().body();
            let folded = fold(&events(&body(Operation::ConverseStream)));
            let unary: Value = serde_json::from_slice(&body(Operation::Converse)).unwrap();
            let name = &scenario.name;
            assert_eq!(json!(folded.content), unary["output"]["message"]["content"], "{name}");
            assert_eq!(json!(folded.stop_reason), unary["stopReason"], "{name}");
            assert_eq!(folded.metadata["usage"], unary["usage"], "{name}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let plans = |scenario: &Scenario| -> Vec<Vec<u8>> {
        let family = family(&scenario.file);
        let plan = |at| scenario.plan(at, Operation::ConverseStream, family, Speed::Written).unwrap();
        (0..scenario.file.replies.len()).map(|at| plan(at).body()).collect()
    };
    for (first, second) in library().into_iter().zip(library()) {
        assert_eq!(plans(&first), plans(&second), "{}", first.name);
        if first.file.replies.iter().any(|reply| reply.error.is_none()) {
            let other = ScenarioFile { seed: first.file.seed + 1000, ..first.file.clone() };
            let other = Scenario::new(&first.name, other);
            assert_ne!(plans(&first), plans(&other), "{}: nothing is drawn from the seed", first.name);
        }
    }
}

#[test]
fn faults_repeat_too() {
    let play = || -> Vec<Vec<u8>> {
        let sessions = Sessions::new(Book::new(library()));
        let scenarios = sessions.book().scenarios.clone();
        let answer = |scenario: &Arc<Scenario>| {
            let call = request(&scenario.file, 0, Operation::ConverseStream);
            sessions.answer(&scenario.name, &call).plan.body()
        };
        scenarios.iter().map(answer).collect()
    };
    assert_eq!(play(), play());
}

#[test]
fn paced_scenarios_stay_short_enough_for_a_demo() {
    for scenario in library() {
        let plan = |number| {
            scenario.plan(number, Operation::ConverseStream, family(&scenario.file), Speed::Written).unwrap()
        };
        let total: u128 = (0..scenario.file.replies.len())
            .map(|number| plan(number).actions().last().map_or(0, |end| end.at.as_millis()))
            .sum();
        assert!(total <= 1500, "{} takes {total} ms", scenario.name);
    }
}
