//! Verification from both sides: exchanges that meet an expectation, and exchanges that break it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use faultline_scenarios::exchange::{Decision, Exchange, Verdict};
use faultline_scenarios::timeline::{Done, Outcome, Timeline};
use faultline_scenarios::verify::verify;
use faultline_scenarios::{Book, Sessions, load};
use faultline_wire::{Call, Operation};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A server of one scenario, without its sockets.
struct Bench {
    sessions: Sessions,
    exchanges: Vec<Arc<Exchange>>,
}

impl Bench {
    fn new(rest: &str) -> Self {
        let text = format!(
            "faultline: 1\nreplies:\n  - message: [{{toolUse: {{toolUseId: a, name: look}}}}]\n  - message: [{{text: Both ship today.}}]\n{rest}"
        );
        let scenario = load::scenario("one", "one", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
        Self { sessions: Sessions::new(Book::new(vec![scenario])), exchanges: Vec::new() }
    }

    /// One request of the nth turn, answered to its end.
    fn turn(mut self, operation: Operation, turn: usize) -> Self {
        let mut messages = vec![json!({"role": "user", "content": [{"text": "go"}]})];
        if turn > 1 {
            messages.push(json!({"role": "assistant", "content": [{"toolUse": {"toolUseId": "a", "name": "look", "input": {}}}]}));
            messages.push(json!({"role": "user", "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "x"}]}}]}));
        }
        let body = json!({"messages": messages, "toolConfig": {"tools": [{"toolSpec": {"name": "look"}}]}});
        let call = call(operation, body);
        let answer = self.sessions.answer(&"".into(), &call, Duration::ZERO);
        let mut done = Done::default();
        done.push(answer.plan.actions().len(), Duration::ZERO);
        let timeline = Timeline { plan: answer.plan, done, outcome: Outcome::Played, ended: Duration::ZERO };
        self.add(call, answer.decision, timeline);
        self
    }

    fn refused(mut self) -> Self {
        let rules = vec!["role"];
        let verdict = Verdict::Refused { error: "ValidationException".into(), message: "no".into(), rules };
        let decision = Decision { verdict, faults: Vec::new(), seed: 0, call: 0 };
        let plan = Arc::new(faultline_scenarios::Plan::empty());
        let timeline =
            Timeline { plan, done: Done::default(), outcome: Outcome::Played, ended: Duration::ZERO };
        self.add(call(Operation::Converse, json!({})), decision, timeline);
        self
    }

    fn add(&mut self, call: Call, decision: Decision, timeline: Timeline) {
        let id = self.exchanges.len() as u64 + 1;
        self.exchanges.push(Arc::new(Exchange {
            id,
            session: "".into(),
            request_id: String::new(),
            protocol: "HTTP/1.1",
            started: Duration::ZERO,
            call: Arc::new(call),
            decision,
            timeline,
        }));
    }

    fn says(self, expected: &[&str]) {
        let unmet = verify(self.sessions.book(), &self.exchanges);
        let said: Vec<&str> = unmet.iter().map(|unmet| unmet.what.as_str()).collect();
        assert_eq!(said, expected);
    }
}

fn call(operation: Operation, body: Value) -> Call {
    Call { operation, model_id: "m".into(), base: String::new(), headers: Vec::new(), body }
}

use Operation::{Converse, ConverseStream};

#[test]
fn a_conversation_to_its_end_meets_its_expectation_in_both_arms() {
    for operation in [Converse, ConverseStream] {
        let expect = "expect: {text: [ship today], tools: [look], calls: 2}\n";
        Bench::new(expect).turn(operation, 1).turn(operation, 2).says(&[]);
    }
}

#[test]
fn a_conversation_that_stops_early_lacks_its_text_and_its_tools() {
    Bench::new("expect: {text: [ship today], tools: [look], calls: 2}\n").turn(ConverseStream, 1).says(&[
        "1 requests arrived, 2 were expected",
        r#"the last answer lacks "ship today": """#,
        r#"results came back from the tools [], expected were ["look"]"#,
    ]);
}

#[test]
fn an_answer_that_was_cut_and_not_asked_for_again_is_none() {
    let cut = "faults: [{do: {cut: {clean: true}}, at: contentBlockDelta 0, times: 1}]\n";
    let lost = "the last answer (request 1) was not delivered whole, and nothing followed it";
    Bench::new(&format!("{cut}expect: {{outcome: succeeds}}\n")).turn(ConverseStream, 2).says(&[lost]);
    let recovers = format!("{cut}expect: {{outcome: recovers}}\n");
    Bench::new(&recovers).turn(ConverseStream, 2).turn(ConverseStream, 2).says(&[]);
    Bench::new(&recovers).turn(Converse, 2).says(&["nothing went wrong, so nothing was recovered from"]);
    Bench::new(&format!("{cut}expect: {{outcome: survives, text: [ship]}}\n"))
        .turn(ConverseStream, 2)
        .says(&[]);
}

#[test]
fn a_refused_request_is_said_with_bedrocks_words() {
    Bench::new("").refused().says(&[
        "request 1 (Converse m) was refused, as Bedrock refuses it: ValidationException: no (rule role)",
    ]);
}

#[test]
fn an_unmatched_request_is_said_with_what_came_nearest() {
    let bench = Bench::new("order: call\n").turn(Converse, 1).turn(Converse, 1).turn(Converse, 1);
    let unmet = verify(bench.sessions.book(), &bench.exchanges);
    assert_eq!(unmet.len(), 1);
    assert!(
        unmet[0].what.starts_with("request 3 (Converse m) was unmatched: nearest is `one`: "),
        "{}",
        unmet[0].what
    );
}
