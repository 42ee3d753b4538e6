//! What a session remembers, and the answer to one call.
//!
//! Replies follow the conversation, so they need no memory; faults count attempts, so they do.

use crate::book::{Book, Scenario};
use crate::compile::failure_plan;
use crate::error_answer::error_plan;
use crate::exchange::{Answer, Decision, Verdict};
use crate::faults::{self, Strike};
use crate::file::Fault;
use crate::improvise::improvise;
use crate::plan::{Plan, PlanError};
use crate::seed::Seed;
use faultline_wire::{AwsError, Call};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Sessions over one book.
#[derive(Debug)]
pub struct Sessions {
    book: Book,
    memory: Mutex<HashMap<Arc<str>, Memory>>,
}

/// What one session remembers.
#[derive(Debug, Default)]
struct Memory {
    calls: u64,
    scenarios: HashMap<Arc<str>, Tally>,
}

/// What one session remembers of one scenario.
#[derive(Debug, Default)]
struct Tally {
    calls: u64,
    /// How often each fault could have struck, and did.
    could: Vec<u64>,
    did: Vec<u64>,
}

/// A counted call.
struct Counted {
    /// Which request of this session and scenario it is, from 1.
    nth: u64,
    /// Which request of the session it is, from 1.
    call: u64,
    /// What this call draws from.
    seed: Seed,
}

impl Sessions {
    /// Sessions that play `book`.
    pub fn new(book: Book) -> Self {
        Self { book, memory: Mutex::default() }
    }

    /// The book.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Forgets `session`, or all of them.
    pub fn reset(&self, session: Option<&str>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match session {
            Some(session) => drop(memory.remove(session)),
            None => memory.clear(),
        }
    }

    /// Adds a fault at run time, to one session or to all; it counts from now on, after the scenario's own.
    pub fn inject(&self, session: Option<&str>, fault: Fault) {
        let _ = (session, fault);
    }

    /// Answers `call` and remembers that it came.
    pub fn answer(&self, session: &Arc<str>, call: &Call) -> Answer {
        match self.book.choose(session, call) {
            Ok(scenario) => self.scripted(session, scenario, call),
            Err(_) if self.book.improvise => self.improvised(session, call),
            Err(why) => self.count(session, None).unmatched(why),
        }
    }

    fn scripted(&self, session: &Arc<str>, scenario: &Arc<Scenario>, call: &Call) -> Answer {
        let counted = self.count(session, Some(scenario));
        match scenario.choose(call, counted.nth) {
            Ok(number) => {
                let plan = reply_plan(&self.book, scenario, number, call, session);
                let (plan, faults) = self.strike(plan, session, scenario, &counted);
                let verdict = Verdict::Scripted { scenario: scenario.name.clone(), reply: number + 1 };
                counted.answer(plan, faults, verdict)
            }
            Err(why) => counted.unmatched(format!("nearest is `{}`: {why}", scenario.name)),
        }
    }

    fn improvised(&self, session: &Arc<str>, call: &Call) -> Answer {
        let seed = improvise_seed(0, session, call);
        let plan = improvise(call, &seed, self.book.speed);
        self.count(session, None).answer(plan, Vec::new(), Verdict::Improvised)
    }

    fn count(&self, session: &Arc<str>, scenario: Option<&Arc<Scenario>>) -> Counted {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = memory.entry(session.clone()).or_default();
        memory.calls += 1;
        let call = memory.calls;
        let seed = Seed::new(scenario.map_or(0, |scenario| scenario.file.seed));
        let seed = seed.of(&**session).of("call").of(call);
        let Some(scenario) = scenario else { return Counted { nth: call, call, seed } };
        let tally = memory.scenarios.entry(scenario.name.clone()).or_default();
        tally.calls += 1;
        Counted { nth: tally.calls, call, seed }
    }

    /// The plan with the faults that strike this call, and their names. A fault that finds nothing to strike in this
    /// answer is not spent on it.
    fn strike(
        &self,
        plan: Arc<Plan>,
        session: &Arc<str>,
        scenario: &Scenario,
        counted: &Counted,
    ) -> (Arc<Plan>, Vec<Arc<str>>) {
        if scenario.file.faults.is_empty() {
            return (plan, Vec::new());
        }
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = memory.entry(session.clone()).or_default();
        let tally = memory.scenarios.entry(scenario.name.clone()).or_default();
        tally.strike(plan, &scenario.file.faults, counted)
    }
}

impl Tally {
    fn strike(
        &mut self,
        mut plan: Arc<Plan>,
        faults: &[Fault],
        counted: &Counted,
    ) -> (Arc<Plan>, Vec<Arc<str>>) {
        self.could.resize(faults.len(), 0);
        self.did.resize(faults.len(), 0);
        let mut causes = Vec::new();
        for (at, fault) in faults.iter().enumerate() {
            if counted.nth < fault.call.unwrap_or(1) || self.is_spent(at, fault) {
                continue;
            }
            let strike = Strike { kind: fault.kind.clone(), at: fault.at.clone() };
            let struck =
                faults::apply(&plan, std::slice::from_ref(&strike)).unwrap_or_else(|error| broken(&error));
            if acted(&struck, &strike.cause()) && self.strikes_now(at, fault, &counted.seed) {
                plan = Arc::new(struck);
                causes.push(strike.cause());
            }
        }
        (plan, causes)
    }

    /// Whether a fault has struck as often as it may.
    fn is_spent(&self, at: usize, fault: &Fault) -> bool {
        let most = fault.times.unwrap_or(if fault.call.is_some() { 1 } else { u64::MAX });
        self.did[at] >= most
    }

    /// Whether a fault that could strike does; counts both.
    fn strikes_now(&mut self, at: usize, fault: &Fault, seed: &Seed) -> bool {
        self.could[at] += 1;
        let due = fault.every.is_none_or(|every| self.could[at].is_multiple_of(every));
        let now = due && fault.probability.is_none_or(|share| seed.of("fault").of(at as u64).unit() < share);
        self.did[at] += u64::from(now);
        now
    }
}

impl Counted {
    fn unmatched(self, why: String) -> Answer {
        self.answer(unmatched_plan(&why), Vec::new(), Verdict::Unmatched { why })
    }

    fn answer(self, plan: Arc<Plan>, faults: Vec<Arc<str>>, verdict: Verdict) -> Answer {
        Answer { plan, decision: Decision { verdict, faults, seed: self.seed.value(), call: self.call } }
    }
}

/// Whether a fault left a trace: one that aims at an event finds nothing to strike in a unary answer.
fn acted(plan: &Plan, cause: &Arc<str>) -> bool {
    plan.actions().iter().any(|action| action.faults().any(|fault| *fault == **cause))
}

fn broken(error: &PlanError) -> Plan {
    error_plan(&AwsError::validation(format!("faultline: the faults make no plan: {error}")))
}

fn reply_plan(book: &Book, scenario: &Scenario, number: usize, call: &Call, session: &str) -> Arc<Plan> {
    if scenario.file.replies[number].improvise.is_some() {
        return improvise(call, &improvise_seed(scenario.file.seed, session, call), book.speed);
    }
    let family = scenario.family(&call.model_id);
    let plan = scenario.plan(number, call.operation, family, book.speed);
    plan.unwrap_or_else(|error| Arc::new(failure_plan(&error)))
}

/// The same turn of the same session improvises the same reply: a retry sees what the first attempt saw.
fn improvise_seed(seed: u64, session: &str, call: &Call) -> Seed {
    Seed::new(seed).of("improvise").of(session).of(call.assistant_turns() as u64)
}

/// An unmatched request gets Bedrock's own error shape: every client shows its message.
fn unmatched_plan(why: &str) -> Arc<Plan> {
    Arc::new(error_plan(&AwsError::validation(format!("faultline: no scenario answers this request; {why}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;
    use crate::plan::Ending;
    use faultline_wire::Operation;
    use serde_json::{Value, json};

    fn sessions(files: &[(&str, &str)]) -> Sessions {
        let load = |(name, text): &(&str, &str)| {
            load::scenario(name, name, text).unwrap_or_else(|bad| panic!("{}", bad.to_text()))
        };
        Sessions::new(Book::new(files.iter().map(load).collect()))
    }

    fn call(turns: usize, prompt: &str) -> Call {
        let mut messages = vec![json!({"role": "user", "content": [{"text": prompt}]})];
        for _ in 0..turns {
            messages.push(json!({"role": "assistant", "content": [{"text": "a"}]}));
            messages.push(json!({"role": "user", "content": [{"text": "more"}]}));
        }
        Call {
            operation: Operation::ConverseStream,
            model_id: "anthropic.claude-3-haiku-20240307-v1:0".into(),
            base: String::new(),
            headers: Vec::new(),
            body: json!({ "messages": messages }),
        }
    }

    const TWO_TURNS: &str = "faultline: 1\nreplies:\n  - message: [{text: one}]\n  - message: [{text: two}]\nfaults:\n  - {do: reset, at: contentBlockDelta 0, times: 2}\n";

    #[test]
    fn a_retry_gets_the_same_reply_and_faults_count_attempts() {
        let sessions = sessions(&[("two", TWO_TURNS)]);
        let session: Arc<str> = "a".into();
        let answers: Vec<Answer> = (0..3).map(|_| sessions.answer(&session, &call(0, "x"))).collect();
        let endings: Vec<Ending> = answers.iter().map(|answer| answer.plan.ending()).collect();
        assert_eq!(endings, [Ending::Reset, Ending::Reset, Ending::Complete]);
        assert!(
            answers
                .iter()
                .all(|a| a.decision.verdict == Verdict::Scripted { scenario: "two".into(), reply: 1 })
        );
        assert_eq!(
            sessions.answer(&session, &call(1, "x")).decision.verdict,
            Verdict::Scripted { scenario: "two".into(), reply: 2 }
        );
        assert_eq!(
            sessions.answer(&"b".into(), &call(0, "x")).plan.ending(),
            Ending::Reset,
            "sessions are apart"
        );
        sessions.reset(Some("a"));
        assert_eq!(sessions.answer(&session, &call(0, "x")).plan.ending(), Ending::Reset, "reset forgets");
    }

    #[test]
    fn plans_without_faults_are_shared() {
        let sessions = sessions(&[("one", "faultline: 1\nreplies: [{message: [{text: hi}]}]\n")]);
        let answer = || sessions.answer(&"".into(), &call(0, "x")).plan;
        assert!(Arc::ptr_eq(&answer(), &answer()));
    }

    #[test]
    fn a_request_goes_to_the_scenario_of_its_prompt_or_session() {
        let file = |prompt: &str| {
            format!("faultline: 1\nprompt: {prompt}\nreplies: [{{message: [{{text: hi}}]}}]\n")
        };
        let (a, b) = (file("alpha"), file("beta"));
        let sessions = sessions(&[("g/a", &a), ("g/b", &b)]);
        let chosen =
            |session: &str, prompt: &str| sessions.answer(&session.into(), &call(0, prompt)).decision.verdict;
        let scripted = |name: &str| Verdict::Scripted { scenario: name.into(), reply: 1 };
        assert_eq!(chosen("", "beta"), scripted("g/b"));
        assert_eq!(chosen("g/b@test-7", "alpha"), scripted("g/b"));
        let Verdict::Unmatched { why } = chosen("", "gamma") else { panic!("matched") };
        assert_eq!(why, "nearest is `g/a`: prompt: wanted \"alpha\", the first user message is \"gamma\"");
    }

    #[test]
    fn an_unmatched_turn_says_so_in_bedrocks_shape() {
        let sessions = sessions(&[("one", "faultline: 1\nreplies: [{message: [{text: hi}]}]\n")]);
        let answer = sessions.answer(&"".into(), &call(3, "x"));
        let body: Value = serde_json::from_slice(&answer.plan.body()).unwrap();
        assert_eq!(answer.plan.head().unwrap().status, 400);
        assert_eq!(
            body["message"],
            "faultline: no scenario answers this request; nearest is `one`: it has 1 reply, the request asks for turn 4"
        );
    }

    #[test]
    fn a_decision_names_the_faults_that_changed_the_answer_and_no_other() {
        let text = "faultline: 1\nreplies: [{message: [{text: hi}]}]\nfaults: [{do: corrupt, at: contentBlockDelta 0}, {do: {slice: {bytes: [7]}}, at: contentBlockDelta 0}]\n";
        let sessions = sessions(&[("one", text)]);
        let faults = |operation| {
            let call = Call { operation, ..call(0, "x") };
            let answer = sessions.answer(&"s".into(), &call);
            answer.decision.faults.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let both = ["corrupt at contentBlockDelta 0", "slice at contentBlockDelta 0"];
        assert_eq!(faults(Operation::ConverseStream), both);
        assert_eq!(faults(Operation::Converse), [""; 0], "a unary answer has no such event");
    }

    #[test]
    fn a_fault_is_not_spent_on_an_answer_that_it_cannot_strike() {
        let text = "faultline: 1\nreplies:\n  - message: [{text: hi}]\n  - message: [{toolUse: {toolUseId: a, name: n}}]\nfaults: [{do: reset, at: contentBlockStart 0, times: 1}]\n";
        let sessions = sessions(&[("one", text)]);
        let ending = |turns| sessions.answer(&"s".into(), &call(turns, "x")).plan.ending();
        assert_eq!([ending(0), ending(1), ending(1)], [Ending::Complete, Ending::Reset, Ending::Complete]);
    }

    #[test]
    fn every_and_probability_choose_among_the_calls() {
        let text = "faultline: 1\nreplies: [{message: [{text: hi}]}]\nfaults: [{do: throttle, every: 3}, {do: reset, at: end, probability: 0.5}]\n";
        let sessions = sessions(&[("one", text)]);
        let struck = |session: &str| -> Vec<usize> {
            (0..60).map(|_| sessions.answer(&session.into(), &call(0, "x")).decision.faults.len()).collect()
        };
        let first = struck("s");
        let thirds = (0..60).filter(|n| n % 3 == 2).map(|n| first[n]).collect::<Vec<_>>();
        assert!(thirds.iter().all(|count| *count >= 1), "{first:?}");
        let resets: usize = first.iter().sum::<usize>() - 20;
        assert!((15..=45).contains(&resets), "{resets}");
        sessions.reset(None);
        assert_eq!(struck("s"), first, "the same seed strikes the same calls");
    }
}
