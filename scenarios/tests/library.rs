//! The scenario library, read as users read it: every file loads, its replies can all be reached, and its plans
//! are one snapshot a file. A new file is a new test.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use faultline_scenarios::file::{Order, Reply, ScenarioFile};
use faultline_scenarios::fold::fold;
use faultline_scenarios::{Book, Scenario, Sessions, Speed, load};
use faultline_wire::decoder::decode_all;
use faultline_wire::{Call, Event, Family, FramedEvent, Operation};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("library")
}

fn library() -> Vec<Scenario> {
    let (scenarios, errors) = load::path(&folder());
    assert!(errors.is_empty(), "{errors:#?}");
    scenarios
}

/// The scenarios of one file.
fn scenarios(path: &Path) -> Vec<Scenario> {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.strip_prefix(folder()).unwrap().with_extension("").display().to_string();
    load::scenarios(&name, &name, &text).unwrap_or_else(|problems| panic!("{}", problems.to_text()))
}

fn family(file: &ScenarioFile) -> Family {
    Family::of(file.model.as_deref().unwrap_or_default())
}

/// What the reference agent's order book knows.
const ORDERS: [&str; 3] = ["A-10293", "B-4410", "C-7731"];

/// The request that an honest agent sends for turn `turn` (from 0), given that the turns before went well. `None` when
/// they do not lead there: an error ends the turn that it answers.
fn request(file: &ScenarioFile, turn: usize, operation: Operation) -> Option<Call> {
    let mut prompts = file.prompt.as_ref()?.all().into_iter();
    let text = |prompt: &str| json!({"role": "user", "content": [{"text": prompt}]});
    let mut messages = vec![text(prompts.next()?)];
    for reply in played(file, operation).take(turn) {
        let blocks = said(reply)?;
        let results: Vec<Value> =
            blocks.iter().filter_map(|block| block.get("toolUse")).map(result).collect();
        messages.push(json!({"role": "assistant", "content": blocks}));
        messages.push(match results.is_empty() {
            true => text(prompts.next()?),
            false => json!({"role": "user", "content": results}),
        });
    }
    let body = json!({ "messages": messages });
    Some(Call { operation, model_id: file.model.clone()?, base: String::new(), headers: Vec::new(), body })
}

/// The replies that are not for another operation alone.
fn played(file: &ScenarioFile, operation: Operation) -> impl Iterator<Item = &Reply> {
    let fits = move |reply: &&Reply| {
        let named = reply.when.as_ref().and_then(|when| when.operation.as_ref());
        named.is_none_or(|named| named.all().contains(&operation.name()))
    };
    file.replies.iter().filter(fits)
}

/// The content of a reply, as it goes back in the history; `None` for an error.
fn said(reply: &Reply) -> Option<Vec<Value>> {
    if let Some(blocks) = &reply.message {
        return Some(blocks.iter().map(without_fragments).collect());
    }
    let written = reply.events.iter().flatten().flatten();
    let events: Vec<Event> =
        written.map(|(name, payload)| Event::from_payload(name, payload.clone())).collect();
    (!events.is_empty()).then(|| fold(&events).content)
}

fn without_fragments(block: &Map<String, Value>) -> Value {
    block
        .iter()
        .filter(|(name, _)| !["fragments", "literal"].contains(&name.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
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
        let Some(request) = request(&file, turn, Operation::ConverseStream) else { break };
        let answer = sessions.answer(&"".into(), &request, Duration::ZERO);
        let text = answer.plan.to_text();
        if !answer.decision.faults.is_empty() && text != last {
            let _ = writeln!(out, "# call {number}: {}\n{text}", answer.decision.faults.join(", "));
            last = text;
        }
        turn += usize::from(events(&answer.plan.body()).iter().any(|event| event.name() == "messageStop"));
        if turn >= played(&file, Operation::ConverseStream).count() {
            break;
        }
    }
    out
}

/// How many lines of a long run are shown, at its beginning and at its end.
const SHOWN: usize = 40;

/// The same with the middle of a very long run left out: who has seen forty writes of one byte has seen them all.
fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let left_out = lines.len().saturating_sub(2 * SHOWN);
    if left_out < 200 {
        return text.to_owned();
    }
    let (head, tail) = (&lines[..SHOWN], &lines[lines.len() - SHOWN..]);
    format!("{}\n… {left_out} lines …\n{}\n\n", head.join("\n"), tail.join("\n"))
}

/// What happens to connections.
fn admitted(scenario: &Scenario) -> String {
    scenario.file.admission.iter().map(|admission| format!("# admission: {admission:?}\n")).collect()
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
        let (mut text, mut last) = (String::new(), String::new());
        for scenario in scenarios(path) {
            // Parameters mostly change the fault and not the reply: its plan is shown once.
            let plans = plans(&scenario);
            let several = !scenario.file.parameters.is_empty();
            text += &if several { format!("## {}\n\n", scenario.name) } else { String::new() };
            text += &if plans == last { String::new() } else { shortened(&plans) };
            text += &shortened(&(admitted(&scenario) + &faulted(scenario)));
            last = plans;
        }
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
        let call = request(&scenario.file, 0, Operation::Converse).unwrap();
        let found = book.choose("", &call).unwrap_or_else(|why| panic!("{}: {why:?}", scenario.name));
        assert_eq!(found.name, scenario.name, "two scenarios share a prompt");
    }
}

#[test]
fn an_honest_agent_reaches_every_reply_in_turn() {
    let mut reached = 0;
    // What a scripted tool answers is not known here; replies by number, and replies that look for a text, are for
    // agents whose turns did not all go well.
    let by_text = |reply: &Reply| reply.when.as_ref().is_some_and(|when| when.text.is_some());
    let plain = |file: &ScenarioFile| {
        file.order == Order::Conversation && file.tools.is_empty() && !file.replies.iter().any(by_text)
    };
    for scenario in library().iter().filter(|scenario| plain(&scenario.file)) {
        for operation in [Operation::Converse, Operation::ConverseStream] {
            for (turn, reply) in played(&scenario.file, operation).enumerate() {
                let Some(call) = request(&scenario.file, turn, operation) else { break };
                let chosen = scenario.choose(&call, 1).map(|at| &scenario.file.replies[at]);
                let chosen =
                    chosen.unwrap_or_else(|why| panic!("{} turn {}: {why}", scenario.name, turn + 1));
                assert!(std::ptr::eq(chosen, reply), "{} turn {}", scenario.name, turn + 1);
                reached += 1;
            }
        }
    }
    let library = library();
    let played = library.iter().filter(|scenario| plain(&scenario.file));
    let all: usize = played.map(|scenario| 2 * scenario.file.replies.len()).sum();
    assert!(reached * 10 > all * 9, "{reached} of {all} replies were reached");
}

/// Files whose point is an id that Bedrock would not have made.
const ODD_IDS: [&str; 2] = ["history/foreign_ids", "messages/tool_id"];

/// Every token that is counted: what came from the cache and what went there is not within `inputTokens`.
fn counted(usage: &Map<String, Value>) -> u64 {
    let kinds = ["inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"];
    kinds.iter().filter_map(|kind| usage.get(*kind)?.as_u64()).sum()
}

#[test]
fn tool_ids_and_usage_look_like_bedrocks() {
    for Scenario { name, file, .. } in library() {
        for reply in &file.replies {
            for tool in reply.message.iter().flatten().filter_map(|block| block.get("toolUse")) {
                let id = tool["toolUseId"].as_str().unwrap();
                let token = id.strip_prefix("tooluse_").unwrap_or_default();
                let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                let odd = ODD_IDS.iter().any(|odd| name.starts_with(odd));
                assert!(odd || (token.len() == 22 && token.chars().all(legal)), "{name}: {id}");
            }
            let total =
                reply.usage.as_ref().map(|usage| (usage["totalTokens"].as_u64(), Some(counted(usage))));
            assert!(total.is_none_or(|(said, sum)| said == sum), "{name}: usage does not add up: {total:?}");
            assert!(reply.message.is_none() || total.is_some(), "{name}: a reply without usage");
        }
    }
}

#[test]
fn every_stream_has_the_shape_that_recordings_have() {
    for scenario in library() {
        let family = family(&scenario.file);
        for (number, reply) in scenario.file.replies.iter().enumerate().filter(|(_, r)| r.message.is_some()) {
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

/// That is where the end of the answer is looked for. Not everybody shows the text that a citation belongs to.
#[test]
fn the_last_text_of_a_scenario_stands_in_a_plain_block() {
    for scenario in library() {
        let said = scenario.file.replies.iter().rev().find_map(|reply| reply.message.as_ref());
        let mut blocks = said.into_iter().flatten().rev();
        let last =
            blocks.find(|block| ["text", "citationsContent"].iter().any(|name| block.contains_key(*name)));
        assert!(last.is_none_or(|block| block.contains_key("text")), "{}", scenario.name);
    }
}

#[test]
fn claude_tools_begin_with_an_empty_delta() {
    use faultline_wire::event::Delta;
    for scenario in library().into_iter().filter(|scenario| family(&scenario.file) == Family::Claude) {
        let made = |number: &usize| scenario.file.replies[*number].message.is_some();
        for number in (0..scenario.file.replies.len()).filter(made) {
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

/// Whether the fragments of every block join to its content. Those that do not are broken on purpose, in a way that a
/// unary answer cannot be.
fn joins(reply: &Reply) -> bool {
    reply.message.iter().flatten().all(|block| {
        let (Some(tool), Some(pieces)) = (block.get("toolUse"), block.get("fragments")) else { return true };
        let joined: String = pieces.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let text = if joined.trim().is_empty() { "{}" } else { &joined };
        serde_json::from_str::<Value>(text).is_ok_and(|input| Some(&input) == tool.get("input"))
    })
}

#[test]
fn stream_and_unary_answer_say_the_same() {
    for scenario in library() {
        let family = family(&scenario.file);
        let same = |number: &usize| {
            let reply = &scenario.file.replies[*number];
            reply.message.is_some() && joins(reply)
        };
        for number in (0..scenario.file.replies.len()).filter(same) {
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
        if first.file.replies.iter().any(|reply| reply.message.is_some()) {
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
            let call = request(&scenario.file, 0, Operation::ConverseStream).unwrap();
            sessions.answer(&scenario.name, &call, Duration::ZERO).plan.body()
        };
        scenarios.iter().map(answer).collect()
    };
    assert_eq!(play(), play());
}

/// The demo plays no scenario that waits in real time, and none in which somebody stops the agent.
fn in_the_demo(scenario: &Scenario) -> bool {
    !scenario.file.real_time && scenario.file.interrupt.is_none()
}

#[test]
fn paced_scenarios_stay_short_enough_for_a_demo() {
    for scenario in library().into_iter().filter(in_the_demo) {
        let plan = |number| {
            scenario.plan(number, Operation::ConverseStream, family(&scenario.file), Speed::Written).unwrap()
        };
        let total: u128 = (0..scenario.file.replies.len())
            .map(|number| plan(number).actions().last().map_or(0, |end| end.at.as_millis()))
            .sum();
        assert!(total <= 1500, "{} takes {total} ms", scenario.name);
    }
}
