//! Scripted tools at work: what a call returns, what it has caused, and the plan of its answer.
//!
//! It decides; the tool server acts. It knows neither HTTP nor MCP: the caller renders what is returned.

use crate::error_answer::body_plan;
use crate::latency;
use crate::pace::Speed;
use crate::plan::Plan;
use crate::seed::Seed;
use crate::tally::{Attempt, Tally};
use crate::tool_script::{Returned, ToolScript};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The tools of a scenario and what has been done with them.
#[derive(Debug)]
pub struct ToolStub {
    tools: BTreeMap<String, ToolScript>,
    seed: Seed,
    speed: Speed,
    memory: Mutex<BTreeMap<String, Memory>>,
    met: AtomicBool,
}

/// What is remembered of one tool.
#[derive(Debug, Default)]
struct Memory {
    tally: Tally,
    /// What was returned to each key first.
    returned: BTreeMap<String, Returned>,
    /// How often each key has had an effect.
    effects: BTreeMap<String, u64>,
}

/// What one call did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The tool.
    pub tool: String,
    /// What the caller names the call by: an idempotency key, a toolUseId, or else [`tool_key`](crate::tool_key::tool_key).
    pub key: String,
    /// How often it has had its effect.
    pub count: u64,
}

/// A body and its form, as some protocol wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: String,
    /// The bytes.
    pub body: Vec<u8>,
}

impl ToolStub {
    /// Tools that draw from `seed` and wait at `speed`.
    pub fn new(tools: BTreeMap<String, ToolScript>, seed: &Seed, speed: Speed) -> Self {
        Self { tools, seed: seed.of("tools"), speed, memory: Mutex::default(), met: AtomicBool::new(false) }
    }

    /// The tools by name.
    pub fn tools(&self) -> &BTreeMap<String, ToolScript> {
        &self.tools
    }

    /// The tools, as somebody asks for their list.
    pub fn list(&self) -> &BTreeMap<String, ToolScript> {
        self.met.store(true, Ordering::Relaxed);
        &self.tools
    }

    /// Whether anybody has asked for the list of the tools, or called one: an agent that does neither does not know of them.
    pub fn was_met(&self) -> bool {
        self.met.load(Ordering::Relaxed)
    }

    /// The plan of the answer to a call that its caller names `key`; `None` when there is no such tool.
    pub fn call(
        &self,
        tool: &str,
        key: &str,
        render: impl FnOnce(&Returned) -> Rendered,
    ) -> Option<Arc<Plan>> {
        let script = self.tools.get(tool)?;
        self.met.store(true, Ordering::Relaxed);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = memory.entry(tool.to_owned()).or_default();
        memory.tally.calls += 1;
        let nth = memory.tally.calls;
        let returned = memory.act(script, key, nth);
        let seed = self.seed.of(tool).of(nth);
        let at =
            script.latency.map_or(Duration::ZERO, |profile| latency::draw(profile, &mut seed.of("latency")));
        let rendered = render(&returned);
        let plan = body_plan(rendered.status, &rendered.content_type, rendered.body, self.speed.scale(at));
        let attempt = Attempt { nth, seed: &seed, asked: None };
        Some(memory.tally.strike(Arc::new(plan), &script.faults, attempt).0)
    }

    /// Everything that the calls have caused.
    pub fn effects(&self) -> Vec<Effect> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tool = |(tool, memory): (&String, &Memory)| {
            let effect = |(key, count): (&String, &u64)| Effect {
                tool: tool.clone(),
                key: key.clone(),
                count: *count,
            };
            memory.effects.iter().map(effect).collect::<Vec<_>>()
        };
        memory.iter().flat_map(of_tool).collect()
    }

    /// Forgets every call.
    pub fn reset(&self) {
        self.met.store(false, Ordering::Relaxed);
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Memory {
    /// The effect of the `nth` call, and what it returns.
    fn act(&mut self, script: &ToolScript, key: &str, nth: u64) -> Returned {
        if let Some(first) = self.returned.get(key).filter(|_| script.idempotent) {
            return first.clone();
        }
        let place = usize::try_from(nth - 1).unwrap_or(usize::MAX);
        let returned = script.returns.get(place).or_else(|| script.returns.last()).cloned();
        let returned = returned.unwrap_or_else(|| Returned::Text("done".to_owned()));
        if !matches!(returned, Returned::Error(_)) {
            *self.effects.entry(key.to_owned()).or_default() += 1;
            self.returned.insert(key.to_owned(), returned.clone());
        }
        returned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Ending;

    fn stub(tool: &str) -> ToolStub {
        let text = format!("faultline: 1\nreplies: [{{message: [{{text: a}}]}}]\ntools:\n  pay: {tool}\n");
        let scenario =
            crate::load::scenario("s", "s", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
        ToolStub::new(scenario.file.tools, &Seed::new(1), Speed::default())
    }

    fn plain(returned: &Returned) -> Rendered {
        let status = if matches!(returned, Returned::Error(_)) { 500 } else { 200 };
        Rendered { status, content_type: "text/plain".into(), body: format!("{returned:?}").into_bytes() }
    }

    fn call(stub: &ToolStub, key: &str) -> Arc<Plan> {
        stub.call("pay", key, plain).unwrap()
    }

    fn counts(stub: &ToolStub) -> Vec<(String, u64)> {
        stub.effects().into_iter().map(|effect| (effect.key, effect.count)).collect()
    }

    #[test]
    fn every_call_has_an_effect_and_is_counted_under_its_key() {
        let stub = stub("{ returns: [{ text: paid }] }");
        for key in ["a", "a", "b"] {
            call(&stub, key);
        }
        assert_eq!(counts(&stub), [("a".to_owned(), 2), ("b".to_owned(), 1)]);
        stub.reset();
        assert_eq!(counts(&stub), []);
    }

    #[test]
    fn an_idempotent_tool_acts_once_for_a_key_and_answers_the_same_again() {
        let stub = stub("{ idempotent: true, returns: [{ text: first }, { text: second }] }");
        let (one, two) = (call(&stub, "a"), call(&stub, "a"));
        assert_eq!(one.body(), two.body());
        assert_eq!(counts(&stub), [("a".to_owned(), 1)]);
    }

    #[test]
    fn a_tool_that_fails_has_had_no_effect() {
        let stub = stub("{ returns: [{ error: '' }, { text: paid }] }");
        assert_eq!(call(&stub, "a").head().unwrap().status, 500);
        assert_eq!(counts(&stub), []);
        assert_eq!(call(&stub, "a").head().unwrap().status, 200);
        assert_eq!(counts(&stub), [("a".to_owned(), 1)]);
    }

    #[test]
    fn a_result_can_be_lost_after_the_effect() {
        let stub = stub("{ returns: [{ text: paid }], faults: [{ do: reset, at: head, call: 1 }] }");
        assert_eq!([call(&stub, "a").ending(), call(&stub, "a").ending()], [Ending::Reset, Ending::Complete]);
        assert_eq!(counts(&stub), [("a".to_owned(), 2)], "whoever retries blindly pays twice");
    }

    #[test]
    fn latency_is_drawn_from_the_seed() {
        let text = "{ latency: { median: 100ms, p99: 900ms } }";
        let times =
            |stub: &ToolStub| -> Vec<Duration> { (0..5).map(|_| call(stub, "a").actions()[0].at).collect() };
        let (one, two) = (times(&stub(text)), times(&stub(text)));
        assert_eq!(one, two);
        assert!(one.windows(2).all(|pair| pair[0] != pair[1]), "{one:?}");
    }

    #[test]
    fn an_unknown_tool_is_none() {
        assert!(stub("{}").call("other", "a", plain).is_none());
    }

    #[test]
    fn whoever_asks_for_the_list_or_calls_knows_of_the_tools() {
        let stub = stub("{}");
        assert!(!stub.was_met());
        stub.list();
        assert!(stub.was_met());
        stub.reset();
        assert!(!stub.was_met());
        call(&stub, "a");
        assert!(stub.was_met());
    }
}
