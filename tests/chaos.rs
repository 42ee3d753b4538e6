//! A thousand seeded runs of the reference agent, each against a scenario of the library with faults that nobody chose for
//! it. Whatever happens, what every agent is held to holds.
//!
//! A run that breaks a rule is told by its seed; `FAULTLINE_CHAOS_SEED=N` runs that one again and prints what happened.
//! `FAULTLINE_CHAOS_RUNS=N` runs more of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it did"
)]

use faultline_agent::client::{ClientSettings, client};
use faultline_agent::tools::{Calculator, CurrentTime, GetOrderStatus};
use faultline_agent::{
    Agent, AgentConfig, AgentError, AgentEvent, Answer, AttemptRecord, CallPolicy, Cause, Chance,
    Conversation, Mode, Toolbox,
};
use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::file::{Fault, OneOrMany};
use faultline_scenarios::oracle::{self, Oracle, Transcript};
use faultline_scenarios::run_end::{RunEnd, RunExit};
use faultline_scenarios::seed::Seed;
use faultline_scenarios::{Book, Scenario, Speed, load};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many runs, and how many of them at once: most of a run is waiting before it asks again.
const RUNS: u64 = 1000;
const AT_ONCE: usize = 40;

/// So long nothing comes before an answer is given up.
const SILENCE: Duration = Duration::from_millis(1500);

/// What goes wrong. What changes the meaning of an answer without a trace on the wire (an event that comes twice, or never)
/// is not here: no agent can know of it.
const FAULTS: [&str; 24] = [
    r#"{"do": "throttle"}"#,
    r#"{"do": "throttle", "at": "@"}"#,
    r#"{"do": {"exception": {"type": "internalServerException"}}, "at": "@"}"#,
    r#"{"do": {"exception": {"type": "modelStreamErrorException"}}, "at": "@"}"#,
    r#"{"do": {"exception": {"type": "serviceUnavailableException"}}, "at": "@"}"#,
    r#"{"do": {"exception": {"type": "validationException"}}, "at": "@"}"#,
    r#"{"do": {"error": {"type": "ServiceUnavailableException"}}}"#,
    r#"{"do": {"error": {"type": "InternalServerException"}}}"#,
    r#"{"do": {"error": {"type": "AccessDeniedException"}}}"#,
    r#"{"do": "cut", "at": "@"}"#,
    r#"{"do": {"cut": {"clean": true}}, "at": "@"}"#,
    r#"{"do": "reset", "at": "@"}"#,
    r#"{"do": "half_frame", "at": "@"}"#,
    r#"{"do": {"corrupt": {"part": "prelude"}}, "at": "@"}"#,
    r#"{"do": {"corrupt": {"part": "message"}}, "at": "@"}"#,
    r#"{"do": "stall", "at": "@"}"#,
    r#"{"do": {"stall": {"for": "50ms"}}, "at": "@"}"#,
    r#"{"do": {"slice": {"bytes": [7]}}}"#,
    r#"{"do": "coalesce"}"#,
    r#"{"do": "unknown_event", "at": "@"}"#,
    r#"{"do": "no_metadata"}"#,
    r#"{"do": "no_stop"}"#,
    r#"{"do": "content_type"}"#,
    r#"{"do": "sse"}"#,
];

/// Where.
const PLACES: [&str; 9] = [
    "start",
    "messageStart",
    "contentBlockDelta 0 nth 1",
    "contentBlockDelta 0 nth 2",
    "contentBlockStop 0",
    "messageStop",
    "bytes 40",
    "50%",
    "90%",
];

fn library() -> Vec<Scenario> {
    let (mut scenarios, errors) =
        load::path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/library"));
    assert!(errors.is_empty(), "{errors:?}");
    let plain = |file: &faultline_scenarios::file::ScenarioFile| {
        file.admission.is_empty()
            && file.tools.is_empty()
            && file.interrupt.is_none()
            && !file.real_time
            && file.prompt.is_some()
    };
    scenarios.retain(|scenario| plain(&scenario.file));
    scenarios
}

/// What one seed plays.
struct Play {
    scenario: Scenario,
    faults: Vec<String>,
    mode: Mode,
}

/// One fault or two, each for some requests, onto a scenario.
fn play(seed: u64, scenarios: &[Scenario]) -> Play {
    let mut chance = Seed::new(seed);
    let chosen = &scenarios[chance.below(scenarios.len())];
    let mut scenario = Scenario::new(&chosen.name, chosen.file.clone());
    let mut faults = Vec::new();
    for _ in 0..=chance.below(2) {
        let place = PLACES[chance.below(PLACES.len())];
        let mut written: Value =
            serde_json::from_str(&FAULTS[chance.below(FAULTS.len())].replace('@', place)).unwrap();
        written["call"] = json!(1 + chance.below(3));
        written["times"] = json!(1 + chance.below(2));
        faults.push(written.to_string());
        scenario.file.faults.push(serde_json::from_value::<Fault>(written).unwrap());
    }
    scenario.file.expect = None;
    let mode = if chance.below(5) == 0 { Mode::Unary } else { Mode::Streaming };
    Play { scenario, faults, mode }
}

/// Chance for the agent's pauses that is the same again for the same seed.
#[derive(Debug)]
struct SeededChance(Mutex<Seed>);

impl Chance for SeededChance {
    fn draw(&self) -> f64 {
        self.0.lock().unwrap().unit()
    }
}

/// The agent: as patient as in the field, but for silence and pauses.
fn agent(server: &MockBedrock, model: &str, mode: Mode, seed: u64) -> Agent {
    let settings =
        ClientSettings { endpoint_url: Some(server.url()), max_attempts: 1, ..ClientSettings::default() };
    let calls = CallPolicy { deadline: Some(Duration::from_secs(20)), ..CallPolicy::patient() };
    let config = AgentConfig {
        mode,
        calls,
        event_timeout: Some(SILENCE),
        first_event_timeout: Some(SILENCE),
        ..AgentConfig::new(model)
    };
    let tools = Toolbox::new()
        .with(Calculator)
        .and_then(|tools| tools.with(GetOrderStatus::default()))
        .and_then(|tools| tools.with(CurrentTime::new(std::time::SystemTime::now)));
    let chance = SeededChance(Mutex::new(Seed::new(seed).of("pauses")));
    Agent::new(client(&settings).unwrap(), config, tools.unwrap()).with_chance(Arc::new(chance))
}

/// What a person sees of a run.
#[derive(Default)]
struct Seen {
    stdout: String,
    stderr: String,
}

impl Seen {
    fn event(&mut self, event: &AgentEvent) {
        match event {
            AgentEvent::TextDelta { text, .. } => self.stdout.push_str(text),
            AgentEvent::Stopped { .. } => self.stdout.push('\n'),
            AgentEvent::TextReplaced { .. } => self.stdout.push('\n'),
            _ => {}
        }
    }

    fn error(&mut self, error: &AgentError) {
        let _ = match &error.cause {
            Cause::Service(fault) => {
                let id = fault.request_id.as_ref().or(error.partial.request_id.as_ref());
                writeln!(self.stderr, "{}: {} {id:?}", fault.exception(), fault.message)
            }
            _ => writeln!(self.stderr, "{error}"),
        };
    }
}

/// Every prompt of a scenario in one conversation; whether the last one was answered decides.
async fn asked(agent: &Agent, scenario: &Scenario) -> RunEnd {
    let (mut seen, mut exit, mut usage) = (Seen::default(), RunExit::Success, Vec::new());
    let (mut conversation, began) = (Conversation::new(), Instant::now());
    for prompt in scenario.file.prompt.as_ref().map(OneOrMany::all).unwrap_or_default() {
        let answer = agent.run(&mut conversation, prompt, &mut |event| seen.event(&event)).await;
        usage.extend(attempts(&answer).iter().map(cost));
        exit = match answer {
            Ok(_) => RunExit::Success,
            Err(error) => {
                seen.error(&error);
                RunExit::Failure("exit code 1".to_owned())
            }
        };
    }
    let Seen { stdout, stderr } = seen;
    let report = json!({ "usage": usage });
    RunEnd { exit, stdout, stderr, wall: began.elapsed(), report, interrupted: None, left_open: 0 }
}

fn attempts(answer: &Result<Answer, AgentError>) -> &[AttemptRecord] {
    match answer {
        Ok(answer) => &answer.stats.attempts,
        Err(error) => &error.partial.stats.attempts,
    }
}

fn cost(attempt: &AttemptRecord) -> Value {
    let usage = &attempt.usage;
    match usage.unreported_calls {
        0 => json!({
            "inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens,
            "cacheReadInputTokens": usage.cache_read_tokens, "cacheWriteInputTokens": usage.cache_write_tokens,
        }),
        _ => Value::Null,
    }
}

/// One run: what was broken, and what there is to tell of it.
async fn run(seed: u64, library: &[Scenario]) -> (Vec<String>, String) {
    let Play { scenario, faults, mode } = play(seed, library);
    let book =
        Book { speed: Speed::Max, ..Book::new(vec![Scenario::new(&scenario.name, scenario.file.clone())]) };
    // Those too that end while the server stops.
    let finished: Arc<Mutex<Vec<Arc<Exchange>>>> = Arc::default();
    let kept = finished.clone();
    let options = Options {
        listeners: vec![Arc::new(move |exchange| kept.lock().unwrap().push(exchange.clone()))],
        ..Options::default()
    };
    let server = MockBedrock::start(options, Arc::new(Scripted::new(book))).await.unwrap().unverified();
    let model =
        scenario.file.model.clone().unwrap_or_else(|| "anthropic.claude-sonnet-4-5-20250929-v1:0".to_owned());
    let agent = agent(&server, &model, mode, seed);
    let end = asked(&agent, &scenario).await;
    server.stop().await;
    let mut exchanges = finished.lock().unwrap().clone();
    exchanges.sort_by_key(|exchange| exchange.id);
    let transcript = Transcript {
        scenario: &scenario,
        exchanges: &exchanges,
        run: Some(&end),
        sentinel: None,
        effects: &[],
    };
    let breaches =
        oracle::judge(&transcript).into_iter().filter(|breach| breach.oracle != Oracle::Expectation);
    let broken = breaches
        .map(|breach| format!("{} {} (request {:?})", breach.oracle.id(), breach.what, breach.request))
        .collect();
    let told =
        format!("seed {seed}: {} over {mode:?} with {}\n{end:#?}", scenario.name, faults.join(" and "));
    (broken, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_every_rule_holds() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let library = Arc::new(library());
    if let Some(seed) = number("FAULTLINE_CHAOS_SEED") {
        let (broken, told) = run(seed, &library).await;
        println!("{told}");
        assert!(broken.is_empty(), "{}", broken.join("\n"));
        return;
    }
    let (began, runs, next) =
        (Instant::now(), number("FAULTLINE_CHAOS_RUNS").unwrap_or(RUNS), Arc::new(AtomicU64::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (next, library) = (next.clone(), library.clone());
        workers.spawn(async move {
            let mut failed = BTreeMap::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= runs {
                    return failed;
                }
                let (broken, told) = run(seed, &library).await;
                if !broken.is_empty() {
                    failed.insert(seed, format!("{told}\n{}", broken.join("\n")));
                }
            }
        });
    }
    let failed: BTreeMap<u64, String> = workers.join_all().await.into_iter().flatten().collect();
    println!("{runs} runs in {:.1?}, {} broke a rule", began.elapsed(), failed.len());
    let first: Vec<&str> = failed.values().take(3).map(String::as_str).collect();
    assert!(
        failed.is_empty(),
        "seeds {:?}; again: FAULTLINE_CHAOS_SEED=N cargo test --test chaos\n{}",
        failed.keys(),
        first.join("\n\n")
    );
}
