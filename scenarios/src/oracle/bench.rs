//! Transcripts for tests: a scenario is really compiled and answered, and its timelines are marked as a server does.
//!
//! Knows no oracle. A bench is an agent by hand: it asks, sends, keeps what it got, and ends.

use super::seen::Seen;
use super::{Breach, Transcript};
use crate::answered::{Delivered, delivered};
use crate::book::{Book, Scenario};
use crate::exchange::{Decision, Exchange, Verdict};
use crate::run_end::{RunEnd, RunExit};
use crate::session::Sessions;
use crate::timeline::{Done, Outcome, Timeline};
use faultline_wire::{AwsError, Call, Operation};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Bench {
    sessions: Sessions,
    operation: Operation,
    model: String,
    body: Value,
    invocation: Option<String>,
    clock: Duration,
    exchanges: Vec<Arc<Exchange>>,
    run: Option<RunEnd>,
    sentinel: Option<(String, usize)>,
    effects: Vec<(String, u64)>,
}

impl Bench {
    /// A session with one scenario, whose file is `text` without its first line.
    pub(super) fn new(text: &str) -> Self {
        let text = format!("faultline: 1\n{text}");
        let scenario =
            crate::load::scenario("one", "one", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
        Self {
            sessions: Sessions::new(Book::new(vec![scenario])),
            operation: Operation::ConverseStream,
            model: "m".to_owned(),
            body: json!({"messages": [], "toolConfig": {"tools": [{"toolSpec": {"name": "look"}}]}}),
            invocation: None,
            clock: Duration::ZERO,
            exchanges: Vec::new(),
            run: None,
            sentinel: None,
            effects: Vec::new(),
        }
    }

    fn messages(&mut self) -> &mut Vec<Value> {
        self.body["messages"].as_array_mut().unwrap()
    }

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read best by value")]
    pub(super) fn message(mut self, role: &str, content: Value) -> Self {
        self.messages().push(json!({"role": role, "content": content}));
        self
    }

    /// The user says something.
    pub(super) fn ask(self, text: &str) -> Self {
        self.message("user", json!([{ "text": text }]))
    }

    /// The history says that the assistant said this.
    pub(super) fn said(self, text: &str) -> Self {
        self.message("assistant", json!([{ "text": text }]))
    }

    /// The last answer goes into the history, as far as it came.
    pub(super) fn keep(self) -> Self {
        let content = delivered(self.exchanges.last().unwrap()).content;
        self.message("assistant", json!(content))
    }

    pub(super) fn result(self, id: &str, text: &str) -> Self {
        self.message("user", json!([{"toolResult": {"toolUseId": id, "content": [{ "text": text }]}}]))
    }

    pub(super) fn replace_result(mut self, id: &str, text: &str) -> Self {
        self.messages().pop();
        self.result(id, text)
    }

    pub(super) fn mark_error(mut self) -> Self {
        self.messages().last_mut().unwrap()["content"][0]["toolResult"]["status"] = json!("error");
        self
    }

    pub(super) fn forget(mut self) -> Self {
        self.messages().clear();
        self
    }

    pub(super) fn member(mut self, name: &str, value: Value) -> Self {
        self.body[name] = value;
        self
    }

    /// From now on the bodies are no JSON.
    pub(super) fn unreadable(mut self) -> Self {
        self.body = Value::Null;
        self
    }

    pub(super) fn without_tools(mut self) -> Self {
        self.body.as_object_mut().unwrap().remove("toolConfig");
        self
    }

    pub(super) fn operation(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// The model of the requests from now on.
    pub(super) fn model(mut self, model: &str) -> Self {
        model.clone_into(&mut self.model);
        self
    }

    /// The amz-sdk-invocation-id of the requests from now on.
    pub(super) fn invocation(mut self, id: &str) -> Self {
        self.invocation = Some(id.to_owned());
        self
    }

    pub(super) fn wait(mut self, millis: u64) -> Self {
        self.clock += Duration::from_millis(millis);
        self
    }

    pub(super) fn back(mut self, millis: u64) -> Self {
        self.clock -= Duration::from_millis(millis);
        self
    }

    /// Sends the history; the answer is played to its end.
    pub(super) fn send(self) -> Self {
        self.send_until(usize::MAX, 0, Outcome::Played)
    }

    /// The client leaves after so many actions.
    pub(super) fn send_and_leave(self, actions: usize) -> Self {
        self.send_until(actions, 0, Outcome::ClientLeft)
    }

    /// The answer is open after so many actions, until the server stops.
    pub(super) fn send_until_stop(self, actions: usize, millis: u64) -> Self {
        self.send_until(actions, millis, Outcome::ServerStopped)
    }

    fn send_until(mut self, actions: usize, millis: u64, outcome: Outcome) -> Self {
        let id = self.invocation.iter().map(|id| ("amz-sdk-invocation-id".to_owned(), id.clone()));
        let call = Call {
            operation: self.operation,
            model_id: self.model.clone(),
            base: String::new(),
            headers: id.collect(),
            body: self.body.clone(),
        };
        let answer = self.sessions.answer(&"".into(), &call, self.clock);
        let count = answer.plan.actions().len().min(actions);
        let done: Done = answer.plan.actions().iter().take(count).map(|action| action.at).collect();
        let last = done.times().last().unwrap_or_default();
        let ended = last.max(Duration::from_millis(millis));
        let timeline = Timeline { plan: answer.plan, done, outcome, ended };
        self.add(call, answer.decision, timeline);
        self
    }

    /// A request that the validator refuses.
    pub(super) fn refused(mut self, message: &str) -> Self {
        let (error, rules) = ("ValidationException".to_owned(), vec!["start-user"]);
        let verdict = Verdict::Refused { error, message: message.to_owned(), rules };
        let decision = Decision { verdict, faults: Vec::new(), seed: 0, call: 0 };
        let plan = Arc::new(crate::error_plan(&AwsError::validation(message)));
        let mut done = Done::default();
        done.push(plan.actions().len(), Duration::ZERO);
        let timeline = Timeline { plan, done, outcome: Outcome::Played, ended: Duration::ZERO };
        let call = Call {
            operation: self.operation,
            model_id: "m".into(),
            base: String::new(),
            headers: Vec::new(),
            body: self.body.clone(),
        };
        self.add(call, decision, timeline);
        self
    }

    fn add(&mut self, call: Call, decision: Decision, timeline: Timeline) {
        let id = self.exchanges.len() as u64 + 1;
        let started = self.clock;
        self.clock += timeline.ended;
        self.exchanges.push(Arc::new(Exchange {
            id,
            session: "".into(),
            request_id: format!("id-{id}"),
            protocol: "HTTP/2.0",
            started,
            call: Arc::new(call),
            decision,
            timeline,
        }));
    }

    fn ends(mut self, exit: RunExit, stdout: &str, stderr: &str) -> Self {
        let (stdout, stderr) = (stdout.to_owned(), stderr.to_owned());
        let (wall, report) = (Duration::from_millis(1), Value::Null);
        self.run = Some(RunEnd { exit, stdout, stderr, wall, report, interrupted: None, left_open: 0 });
        self
    }

    pub(super) fn success(self, stdout: &str) -> Self {
        self.ends(RunExit::Success, stdout, "")
    }

    pub(super) fn failure(self, stderr: &str) -> Self {
        self.ends(RunExit::Failure("exit code 1".to_owned()), "", stderr)
    }

    pub(super) fn timed_out(self) -> Self {
        self.ends(RunExit::TimedOut, "", "")
    }

    pub(super) fn took(mut self, millis: u64) -> Self {
        self.run.as_mut().unwrap().wall = Duration::from_millis(millis);
        self
    }

    pub(super) fn interrupted(mut self, millis: u64) -> Self {
        self.run.as_mut().unwrap().interrupted = Some(Duration::from_millis(millis));
        self
    }

    pub(super) fn left_open(mut self, count: usize) -> Self {
        self.run.as_mut().unwrap().left_open = count;
        self
    }

    pub(super) fn report(mut self, report: Value) -> Self {
        self.run.as_mut().unwrap().report = report;
        self
    }

    pub(super) fn sentinel(mut self, word: &str, times: usize) -> Self {
        self.sentinel = Some((word.to_owned(), times));
        self
    }

    /// The tool server counted so many effects; the last word on an id counts.
    pub(super) fn effect(mut self, id: &str, count: u64) -> Self {
        self.effects.retain(|(other, _)| other != id);
        self.effects.push((id.to_owned(), count));
        self
    }

    fn scenario(&self) -> &Scenario {
        &self.sessions.book().scenarios[0]
    }

    /// Shows the transcript to `look`.
    pub(super) fn transcript<T>(&self, look: impl FnOnce(&Transcript<'_>) -> T) -> T {
        look(&Transcript {
            scenario: self.scenario(),
            exchanges: &self.exchanges,
            run: self.run.as_ref(),
            sentinel: self.sentinel.as_ref().map(|(word, times)| (word.as_str(), *times)),
            effects: &self.effects,
        })
    }

    pub(super) fn seen<T>(&self, look: impl FnOnce(&Seen<'_>) -> T) -> T {
        self.transcript(|transcript| look(&Seen::new(transcript)))
    }

    pub(super) fn given(&self, look: impl FnOnce(&[Delivered])) {
        let given: Vec<Delivered> = self.exchanges.iter().map(|exchange| delivered(exchange)).collect();
        look(&given);
    }

    /// Holds an oracle to what it says: `REQUEST: WHAT`, each. One that ends with `…` may go on.
    pub(super) fn check(&self, oracle: fn(&Seen<'_>) -> Vec<Breach>, expected: &[&str]) {
        let plans =
            || self.exchanges.iter().map(|exchange| exchange.timeline.plan.to_text()).collect::<String>();
        let request = |breach: &Breach| breach.request.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let said: Vec<String> =
            self.seen(oracle).iter().map(|breach| format!("{}: {}", request(breach), breach.what)).collect();
        let is_said = |(said, expected): (&String, &&str)| match expected.strip_suffix('…') {
            Some(start) => said.starts_with(start),
            None => said == expected,
        };
        let all = said.len() == expected.len() && said.iter().zip(expected).all(is_said);
        assert!(all, "said {said:#?}\nexpected {expected:#?}\n{}", plans());
    }
}
