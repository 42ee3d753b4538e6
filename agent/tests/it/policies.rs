//! What a policy does to a tool's calls, seen from the model's side and in the events.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use faultline_agent::tools::{
    FileLedger, Job, Ledger, MemoryLedger, PollFuture, Polled, RateLimit, TicketFuture, ToolFuture,
    ToolPolicy, TypedTool,
};
use faultline_agent::{
    AgentEvent, BreakerSettings, Conversation, Mode, Tool, ToolContext, ToolError, ToolOutput, ToolStatus,
    Toolbox,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::folder::Folder;
use crate::script::*;

/// What a scripted tool does when it is asked.
#[derive(Clone)]
enum Act {
    Say(&'static str),
    Refuse(&'static str),
    Break(&'static str),
    Panic,
    /// Sends chunks and then hangs.
    Hang(&'static [&'static str]),
    Wait(u64),
}

/// A tool that does what its script says, one act for each attempt; at the end of the script the last one again. It
/// keeps the idempotency key of each attempt.
#[derive(Clone)]
struct Scripted {
    name: &'static str,
    acts: Arc<Mutex<VecDeque<Act>>>,
    keys: Arc<Mutex<Vec<String>>>,
}

fn scripted(name: &'static str, acts: impl IntoIterator<Item = Act>) -> Scripted {
    Scripted { name, acts: Arc::new(Mutex::new(acts.into_iter().collect())), keys: Arc::default() }
}

impl Scripted {
    fn runs(&self) -> usize {
        self.keys.lock().unwrap().len()
    }

    fn next(&self) -> Act {
        let mut acts = self.acts.lock().unwrap();
        if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
    }
}

impl Tool for Scripted {
    fn name(&self) -> &str {
        self.name
    }
    fn description(&self) -> &str {
        "Scripted."
    }
    fn input_schema(&self) -> Value {
        json!({"type": "object", "properties": {"n": {"type": "integer"}}})
    }
    fn run<'a>(&'a self, _: &'a Map<String, Value>, context: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            self.keys.lock().unwrap().push(context.idempotency_key().to_owned());
            match self.next() {
                Act::Say(text) => Ok(ToolOutput::Text(text.to_owned())),
                Act::Refuse(text) => Err(ToolError::new(text)),
                Act::Break(text) => Err(ToolError::transient(text)),
                Act::Panic => panic!("on purpose"),
                Act::Hang(chunks) => {
                    chunks.iter().for_each(|chunk| context.send(*chunk));
                    std::future::pending().await
                }
                Act::Wait(ms) => {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    Ok(ToolOutput::Text("waited".to_owned()))
                }
            }
        })
    }
}

/// A message that calls tools: `(id, name, input)`.
fn asks(calls: &[(&str, &str, &str)]) -> Reply {
    let mut body = vec![ms()];
    for (at, (id, name, input)) in calls.iter().enumerate() {
        let block = i32::try_from(at).unwrap();
        body.extend([tool(block, id, name), frag(block, input), close(block)]);
    }
    body.extend([stop("tool_use"), meta(1, 1)]);
    stream(body)
}

/// Lets the model make calls, message by message, and then end.
async fn run(toolbox: &Toolbox, messages: &[&[(&str, &str, &str)]]) -> Outcome {
    let server = Server::new(messages.iter().map(|calls| asks(calls)).chain([says("done")]));
    ask_on(&server, config(Mode::Streaming), toolbox.clone(), &mut Conversation::new()).await
}

/// What the model was told in the nth request: whether it was an error, and the text.
fn told(outcome: &Outcome, request: usize) -> Vec<(bool, String)> {
    let results = outcome.last_message(request);
    let told = results.as_array().unwrap().iter().map(|result| {
        let result = &result["toolResult"];
        (result["status"] == "error", result["content"][0]["text"].as_str().unwrap_or_default().to_owned())
    });
    told.collect()
}

fn ok(text: &str) -> (bool, String) {
    (false, text.to_owned())
}

fn error(text: &str) -> (bool, String) {
    (true, text.to_owned())
}

/// The events of tools, in short.
fn events(outcome: &Outcome) -> Vec<String> {
    let short = outcome.events.iter().filter_map(|event| match event {
        AgentEvent::ToolStarted { name, .. } => Some(format!("started {name}")),
        AgentEvent::ToolFinished { name, ok, .. } => Some(format!("finished {name} {ok}")),
        AgentEvent::ToolResultChunk { text, .. } => Some(format!("chunk {text}")),
        AgentEvent::ToolRetry { attempt, after, error, .. } => {
            Some(format!("retry {attempt} {after:?} {error}"))
        }
        AgentEvent::ToolFallback { fallback, error, .. } => Some(format!("fallback {fallback} {error}")),
        AgentEvent::ToolPending { ticket, .. } => Some(format!("pending {ticket}")),
        AgentEvent::ToolResultReused { name, .. } => Some(format!("reused {name}")),
        _ => None,
    });
    short.collect()
}

fn boxed(tools: impl IntoIterator<Item = (Scripted, ToolPolicy)>) -> Toolbox {
    tools
        .into_iter()
        .fold(Toolbox::new(), |toolbox, (tool, policy)| toolbox.with_policy(tool, policy).unwrap())
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn an_input_that_does_not_fit_the_schema_is_answered_and_not_run() {
    let probe = scripted("probe", [Act::Say("ran")]);
    let toolbox = boxed([(probe.clone(), ToolPolicy::default())]);
    let outcome = run(&toolbox, &[&[("a", "probe", r#"{"n": "x"}"#), ("b", "probe", r#"{"n": 1}"#)]]).await;
    let text =
        "The tool was not run. Its input does not fit its schema: at /n: \"x\" is not of type \"integer\".";
    assert_eq!(told(&outcome, 1), [error(text), ok("ran")]);
    assert_eq!((probe.runs(), outcome.started()), (1, vec!["probe"]));
    assert_eq!(outcome.result.unwrap().stats.tool_calls[0].status, ToolStatus::Refused);
}

#[derive(Deserialize, JsonSchema)]
struct Sum {
    a: i32,
    b: i32,
}

#[tokio::test]
async fn a_typed_tool_takes_its_type_and_its_schema_is_enforced() {
    let sum = |sum: Sum, _| async move { Ok(ToolOutput::Json(json!({"sum": sum.a + sum.b}))) };
    let toolbox = Toolbox::new().with(TypedTool::new("sum", "Adds.", sum)).unwrap();
    let outcome = run(&toolbox, &[&[("a", "sum", r#"{"a": 1, "b": 2}"#), ("b", "sum", r#"{"a": 1}"#)]]).await;
    let results = outcome.last_message(1);
    assert_eq!(results[0]["toolResult"]["content"], json!([{"json": {"sum": 3}}]));
    assert_eq!(results[1]["toolResult"]["status"], "error");
    let schema = &outcome.server.requests()[0]["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"];
    assert_eq!(schema["required"], json!(["a", "b"]));
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_tool_is_tried_again_after_growing_waits_and_no_other() {
    let acts = [Act::Break("gone"), Act::Panic, Act::Say("at last")];
    let (read, write) = (scripted("read", acts.clone()), scripted("write", acts));
    let retries = ToolPolicy { retries: 2, ..ToolPolicy::read() };
    let toolbox = boxed([(read.clone(), retries), (write.clone(), ToolPolicy::default())]);
    let outcome = run(&toolbox, &[&[("a", "read", "{}")], &[("b", "write", "{}")]]).await;
    assert_eq!((told(&outcome, 1), told(&outcome, 2)), (vec![ok("at last")], vec![error("gone")]));
    let expected = [
        "started read",
        "retry 2 200ms gone",
        "retry 3 400ms The tool failed: it panicked.",
        "finished read true",
        "started write",
        "finished write false",
    ];
    assert_eq!(events(&outcome), expected);
    let keys = read.keys.lock().unwrap();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "one call, one key: {keys:?}");
    assert_eq!(write.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_callers_is_not_tried_again_and_retries_end() {
    let (read, sick) =
        (scripted("read", [Act::Refuse("no such order")]), scripted("sick", [Act::Break("gone")]));
    let retries = ToolPolicy { retries: 3, fallback: None, ..ToolPolicy::read() };
    let toolbox = boxed([(read.clone(), retries.clone()), (sick.clone(), retries)]);
    let outcome = run(&toolbox, &[&[("a", "read", "{}"), ("b", "sick", "{}")]]).await;
    assert_eq!(told(&outcome, 1), [error("no such order"), error("gone")]);
    assert_eq!((read.runs(), sick.runs()), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn a_soft_timeout_gives_the_model_what_came_and_marks_it() {
    let probe = scripted("probe", [Act::Hang(&["one ", "two"])]);
    let policy = ToolPolicy { soft_timeout: Some(s(2)), ..ToolPolicy::read() };
    let outcome = run(&boxed([(probe, policy)]), &[&[("a", "probe", "{}")]]).await;
    let text = "one two\n[This result is partial: the tool was stopped after 2s.]";
    assert_eq!(told(&outcome, 1), [ok(text)]);
    assert_eq!(events(&outcome), ["started probe", "chunk one ", "chunk two", "finished probe true"]);
    assert_eq!(outcome.result.unwrap().stats.tool_calls[0].status, ToolStatus::Partial);
}

#[tokio::test(start_paused = true)]
async fn a_tools_own_hard_timeout_comes_before_the_agents() {
    let probe = scripted("probe", [Act::Hang(&["lost"])]);
    let policy = ToolPolicy { hard_timeout: Some(s(3)), ..ToolPolicy::default() };
    let outcome = run(&boxed([(probe, policy)]), &[&[("a", "probe", "{}")]]).await;
    assert_eq!(told(&outcome, 1), [error("The tool gave no result within 3s and was stopped.")]);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_takes_the_place_of_a_tool_that_is_unwell_but_never_of_a_write_that_has_begun() {
    let cheap = scripted("cheap", [Act::Say("from the fallback")]);
    let falls = |policy| ToolPolicy { fallback: Some("cheap".into()), ..policy };
    let toolbox = boxed([
        (cheap.clone(), ToolPolicy::read()),
        (scripted("read", [Act::Break("gone")]), falls(ToolPolicy::read())),
        (scripted("write", [Act::Break("gone")]), falls(ToolPolicy::default())),
        (scripted("strict", [Act::Refuse("no such order")]), falls(ToolPolicy::read())),
    ]);
    let calls = [("a", "read", "{}"), ("b", "write", "{}"), ("c", "strict", "{}")];
    let outcome = run(&toolbox, &[&calls]).await;
    assert_eq!(told(&outcome, 1), [ok("from the fallback"), error("gone"), error("no such order")]);
    assert!(events(&outcome).contains(&"fallback cheap gone".to_owned()));
    assert_eq!(cheap.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_opens_lets_one_trial_through_and_closes_again() {
    let acts = [Act::Break("gone"), Act::Break("gone"), Act::Say("well again")];
    let (sick, pause) = (scripted("sick", acts), scripted("pause", [Act::Wait(10_000)]));
    let breaker = BreakerSettings { failures: 2, open_for: s(10) };
    let policy = ToolPolicy { breaker: Some(breaker), ..ToolPolicy::default() };
    let toolbox = boxed([(sick.clone(), policy), (pause, ToolPolicy::read())]);
    let ask: &[_] = &[("a", "sick", "{}")];
    let outcome = run(&toolbox, &[ask, ask, ask, &[("p", "pause", "{}")], ask, ask]).await;
    let shut = "sick was not run. It failed repeatedly and is not asked for another 10s.";
    let answers: Vec<_> = [1, 2, 3, 5, 6].into_iter().flat_map(|at| told(&outcome, at)).collect();
    assert_eq!(answers, [error("gone"), error("gone"), error(shut), ok("well again"), ok("well again")]);
    assert_eq!(sick.runs(), 4);
    let statuses: Vec<_> = outcome.result.unwrap().stats.tool_calls.iter().map(|call| call.status).collect();
    assert_eq!(statuses[2], ToolStatus::Refused);
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_sends_even_a_write_to_its_fallback() {
    let (write, other) = (scripted("write", [Act::Break("gone")]), scripted("other", [Act::Say("other")]));
    let breaker = BreakerSettings { failures: 1, open_for: s(10) };
    let policy =
        ToolPolicy { breaker: Some(breaker), fallback: Some("other".into()), ..ToolPolicy::default() };
    let toolbox = boxed([(other, ToolPolicy::default()), (write.clone(), policy)]);
    let outcome = run(&toolbox, &[&[("a", "write", "{}")], &[("b", "write", "{}")]]).await;
    assert_eq!((told(&outcome, 1), told(&outcome, 2)), (vec![error("gone")], vec![ok("other")]));
    let expected = "fallback other write was not run. It failed repeatedly and is not asked for another 10s.";
    assert_eq!(events(&outcome)[2..], [expected, "started write", "finished write true"]);
    assert_eq!(write.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_the_rate_wait_and_those_that_would_wait_too_long_are_refused() {
    let probe = scripted("probe", [Act::Say("ran")]);
    let rate = RateLimit { burst: 1, per_second: 1.0, max_wait: s(1) };
    let policy = ToolPolicy { rate: Some(rate), ..ToolPolicy::default() };
    let calls = [("a", "probe", "{}"), ("b", "probe", "{}"), ("c", "probe", "{}")];
    let outcome = run(&boxed([(probe.clone(), policy)]), &[&calls]).await;
    let busy = "probe was not run. It is asked too often; the next call is free in 2s.";
    assert_eq!(told(&outcome, 1), [ok("ran"), ok("ran"), error(busy)]);
    assert_eq!((probe.runs(), outcome.result.unwrap().stats.elapsed), (2, s(1)));
}

#[tokio::test(start_paused = true)]
async fn a_cached_output_answers_the_same_input_until_it_expires() {
    let probe = scripted("probe", [Act::Say("first"), Act::Say("second"), Act::Say("third")]);
    let policy = ToolPolicy { cache: Some(s(10)), ..ToolPolicy::read() };
    let toolbox =
        boxed([(probe.clone(), policy), (scripted("pause", [Act::Wait(10_000)]), ToolPolicy::read())]);
    let ask = |input| [("a", "probe", input)];
    let messages: [&[_]; 5] = [
        &ask(r#"{"n": 1}"#),
        &ask(r#"{ "n":1 }"#),
        &ask(r#"{"n": 2}"#),
        &[("p", "pause", "{}")],
        &ask(r#"{"n": 1}"#),
    ];
    let outcome = run(&toolbox, &messages).await;
    let answers: Vec<_> = [1, 2, 3, 5].into_iter().flat_map(|at| told(&outcome, at)).collect();
    assert_eq!(answers, [ok("first"), ok("first"), ok("second"), ok("third")]);
    assert_eq!(events(&outcome)[2..4], ["reused probe", "finished probe true"]);
    assert_eq!(probe.runs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_tool_runs_after_what_it_needs_or_not_at_all() {
    let login = scripted("login", [Act::Wait(100)]);
    let broken = scripted("broken", [Act::Refuse("no")]);
    let needs = |name: &str| ToolPolicy { needs: vec![name.to_owned()], ..ToolPolicy::default() };
    let toolbox = || {
        let buy = scripted("buy", [Act::Say("bought")]);
        boxed([
            (login.clone(), ToolPolicy::read()),
            (broken.clone(), ToolPolicy::read()),
            (buy, needs("login")),
            (scripted("never", [Act::Say("ran")]), needs("broken")),
        ])
    };
    let text = |name| error(&format!("The tool was not run. It needs a result of {name} first."));
    let alone =
        run(&toolbox(), &[&[("a", "buy", "{}")], &[("b", "login", "{}")], &[("c", "buy", "{}")]]).await;
    assert_eq!((told(&alone, 1), told(&alone, 3)), (vec![text("login")], vec![ok("bought")]));
    let together = run(&toolbox(), &[&[("a", "buy", "{}"), ("b", "login", "{}")]]).await;
    assert_eq!(told(&together, 1), [ok("bought"), ok("waited")]);
    assert_eq!(events(&together)[..3], ["started login", "finished login true", "started buy"]);
    let failed = run(&toolbox(), &[&[("a", "never", "{}"), ("b", "broken", "{}")]]).await;
    assert_eq!(told(&failed, 1), [text("broken"), error("no")]);
}

#[tokio::test]
async fn a_write_is_never_executed_twice_for_one_id() {
    let (write, read) =
        (scripted("write", [Act::Say("1"), Act::Say("2")]), scripted("read", [Act::Say("r")]));
    let ledger: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
    let tools = boxed([(write.clone(), ToolPolicy::default()), (read.clone(), ToolPolicy::read())]);
    let toolbox = tools.clone().with_ledger(ledger.clone(), "one");
    let calls: &[_] = &[("a", "write", "{}"), ("b", "read", "{}")];
    let outcome = run(&toolbox, &[calls, calls, &[("other", "write", "{}")]]).await;
    let answers: Vec<_> = [1, 2, 3].into_iter().map(|at| told(&outcome, at)[0].clone()).collect();
    assert_eq!(answers, [ok("1"), ok("1"), ok("2")]);
    assert_eq!((write.runs(), read.runs()), (2, 2));
    let elsewhere = run(&tools.with_ledger(ledger, "another"), &[calls]).await;
    assert_eq!((told(&elsewhere, 1)[0].clone(), write.runs()), (ok("2"), 3));
}

#[tokio::test]
async fn a_write_that_was_interrupted_is_unknown_after_a_restart_and_never_run_again() {
    let folder = Folder::new("interrupted");
    let open = |tool: &Scripted| {
        let ledger = Arc::new(FileLedger::open(folder.0.join("ledger")).unwrap());
        boxed([(tool.clone(), ToolPolicy::default())]).with_ledger(ledger, "c")
    };
    let hangs = scripted("write", [Act::Hang(&[])]);
    {
        let toolbox = open(&hangs);
        let calls: [&[_]; 1] = [&[("a", "write", "{}")]];
        let interrupted = run(&toolbox, &calls);
        tokio::select! {
            _ = interrupted => panic!("the tool hangs"),
            () = async { while hangs.runs() == 0 { tokio::task::yield_now().await } } => {}
        }
    }
    // What was aborted lets go of the file once the runtime has dropped it.
    tokio::task::yield_now().await;
    let again = scripted("write", [Act::Say("ran")]);
    let outcome = run(&open(&again), &[&[("a", "write", "{}")]]).await;
    assert!(told(&outcome, 1)[0].1.contains("Whether it took effect is unknown"), "{:?}", told(&outcome, 1));
    assert_eq!((told(&outcome, 1)[0].0, again.runs()), (true, 0));
}

#[tokio::test]
async fn a_call_that_cannot_be_kept_is_not_made() {
    struct Full;
    impl Ledger for Full {
        fn begin(&self, _: &str) -> std::io::Result<faultline_agent::tools::Begun> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn finish(&self, _: &str, _: &Result<ToolOutput, String>) -> std::io::Result<()> {
            Ok(())
        }
        fn release(&self, _: &str) -> std::io::Result<()> {
            Ok(())
        }
    }
    let write = scripted("write", [Act::Say("ran")]);
    let toolbox = boxed([(write.clone(), ToolPolicy::default())]).with_ledger(Arc::new(Full), "c");
    let outcome = run(&toolbox, &[&[("a", "write", "{}")]]).await;
    let text = "The tool was not run: its call could not be recorded (no storage space).";
    assert_eq!((told(&outcome, 1), write.runs()), (vec![error(text)], 0));
}

/// A job that is done at the nth poll; every second poll fails.
struct Slow(Mutex<u32>, u32);

impl Job for Slow {
    fn start<'a>(&'a self, _: &'a Map<String, Value>, _: &'a ToolContext) -> TicketFuture<'a> {
        Box::pin(async { Ok("job 1".to_owned()) })
    }
    fn poll<'a>(&'a self, ticket: &'a str) -> PollFuture<'a> {
        Box::pin(async move {
            let mut polls = self.0.lock().unwrap();
            *polls += 1;
            match *polls {
                n if n == self.1 => Ok(Some(ToolOutput::Text(format!("{ticket} after {n}")))),
                n if n % 2 == 0 => Err(ToolError::transient("busy")),
                _ => Ok(None),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_is_pending_and_polled_until_it_is_done_or_its_time_is_up() {
    let schema = json!({"type": "object"});
    let job =
        |name: &str, polls| Polled::new(name, "A job.", schema.clone(), s(5), Slow(Mutex::new(0), polls));
    let toolbox = Toolbox::new().with(job("job", 7)).unwrap().with(job("endless", 0)).unwrap();
    let outcome = run(&toolbox, &[&[("a", "job", "{}")], &[("b", "endless", "{}")]]).await;
    assert_eq!(told(&outcome, 1), [ok("job 1 after 7")]);
    assert_eq!(told(&outcome, 2), [error("The tool gave no result within 60s and was stopped.")]);
    assert_eq!(events(&outcome)[..3], ["started job", "pending job 1", "finished job true"]);
    assert_eq!(outcome.result.unwrap().stats.elapsed, s(30 + 60));
}
