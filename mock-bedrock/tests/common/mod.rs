//! What the tests of the server share: a responder that plays fixed plans, and clients that hide nothing.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of this module")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

pub mod h1;
pub mod h2raw;
pub mod tls;

use bytes::Bytes;
use faultline_mock_bedrock::{Arrival, Coming, Live, MockBedrock, Options, Part, Reply, Responder};
use faultline_scenarios::exchange::{Answer, Decision, Exchange, Verdict};
use faultline_scenarios::plan::{Act, Action, EVENT_STREAM, Ending, Head, Label, Plan};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Plays the plan that the model id names.
pub struct Fixed {
    plans: HashMap<String, Arc<Plan>>,
    /// Whether the answers come bit by bit, as from an upstream.
    live: bool,
    /// Rings when an answer was decided.
    pub asked: tokio::sync::Notify,
}

impl Fixed {
    pub fn one(plan: Plan) -> Arc<Self> {
        Self::many([("m", plan)])
    }

    pub fn many<const N: usize>(plans: [(&str, Plan); N]) -> Arc<Self> {
        let plans = plans.into_iter().map(|(name, plan)| (name.to_owned(), Arc::new(plan))).collect();
        Arc::new(Self { plans, live: false, asked: tokio::sync::Notify::new() })
    }

    /// The same plan as an answer that comes bit by bit.
    pub fn live(plan: Plan) -> Arc<Self> {
        let plans = HashMap::from([("m".to_owned(), Arc::new(plan))]);
        Arc::new(Self { plans, live: true, asked: tokio::sync::Notify::new() })
    }
}

impl Responder for Fixed {
    fn respond(&self, Arrival { call, .. }: Arrival) -> Reply {
        let plan = Arc::clone(&self.plans[&call.model_id]);
        self.asked.notify_one();
        let verdict = Verdict::Scripted { scenario: "fixed".into(), reply: 1 };
        let decision = Decision { verdict, faults: vec![], seed: 1, call: 1 };
        if self.live {
            return Reply::Live(Live { decision, coming: coming(plan), bare: false });
        }
        Answer { plan, decision }.into()
    }

    fn reset(&self, _: Option<&str>) {}

    fn scenarios(&self) -> Value {
        json!([{ "name": "fixed" }])
    }

    fn verify(&self, exchanges: &[Arc<Exchange>]) -> Value {
        let bad = |exchange: &&Arc<Exchange>| matches!(exchange.decision.verdict, Verdict::Refused { .. });
        let problems: Vec<String> = exchanges
            .iter()
            .filter(bad)
            .map(|exchange| format!("exchange {} was refused", exchange.id))
            .collect();
        json!({ "passed": problems.is_empty(), "problems": problems })
    }
}

/// The plan's actions at their times; data of one time together, unless it must leave apart.
fn coming(plan: Arc<Plan>) -> mpsc::Receiver<Coming> {
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        let began = tokio::time::Instant::now();
        let mut together: Vec<Part> = Vec::new();
        for (index, action) in plan.actions().iter().enumerate() {
            tokio::time::sleep_until(began + action.at).await;
            let sent = match &action.act {
                Act::Head(head) => sender.send(Coming::Head(action.at, head.clone())).await,
                Act::Data { label, bytes, apart } => {
                    together.push(Part { label: label.clone(), bytes: bytes.clone() });
                    let next = plan.actions().get(index + 1);
                    let joins = |next: &Action| {
                        !apart && next.at == action.at && matches!(next.act, Act::Data { apart: false, .. })
                    };
                    if next.is_some_and(joins) {
                        continue;
                    }
                    sender.send(Coming::Data(action.at, std::mem::take(&mut together))).await
                }
                Act::End(ending) => sender.send(Coming::End(action.at, *ending, Vec::new())).await,
            };
            if sent.is_err() {
                return;
            }
        }
    });
    receiver
}

/// A piece of a plan: when, what, whether apart.
pub type Step = (u64, Vec<u8>, bool);

/// An event stream of these steps, ending so at that time.
pub fn stream(steps: &[Step], end: u64, ending: Ending) -> Plan {
    plan(Head::new(200, EVENT_STREAM), 0, steps, end, ending)
}

pub fn plan(head: Head, head_at: u64, steps: &[Step], end: u64, ending: Ending) -> Plan {
    let at = Duration::from_millis;
    let streams = head.header("content-type") == Some(EVENT_STREAM);
    let mut actions = vec![Action::new(at(head_at), Act::Head(head))];
    for (index, (ms, bytes, apart)) in steps.iter().enumerate() {
        let event = if streams { format!("step{index}").into() } else { "body".into() };
        let label = Label { event, index: None, gist: "".into() };
        let act = Act::Data { label, bytes: Bytes::copy_from_slice(bytes), apart: *apart };
        actions.push(Action::new(at(*ms), act));
    }
    actions.push(Action::new(at(end), Act::End(ending)));
    Plan::new(actions).unwrap()
}

/// `count` different bytes.
pub fn bytes(count: usize, salt: usize) -> Vec<u8> {
    (0..count).map(|n| u8::try_from((n * 31 + salt * 17 + n / 251) % 256).unwrap()).collect()
}

pub async fn start(responder: Arc<Fixed>) -> MockBedrock {
    MockBedrock::start(Options::default(), responder).await.unwrap()
}

/// Fails instead of hanging.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap_or_else(|_| panic!("too slow: {what}"))
}
