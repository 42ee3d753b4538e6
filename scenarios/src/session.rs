//! What a session remembers, and the answer to one call.
//!
//! Replies follow the conversation, so they need no memory; faults count attempts, so they do.

use crate::book::{Book, Scenario};
use crate::error_answer::error_plan;
use crate::exchange::{Answer, Decision, Verdict};
use crate::file::Fault;
pub use crate::injected::Injected;
use crate::injected::Injections;
use crate::plan::Plan;
use crate::played::{improvised, scripted};
use crate::seed::Seed;
use crate::tally::{Asked, Attempt, Tally};
use faultline_wire::{AwsError, Call};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Sessions over one book.
#[derive(Debug)]
pub struct Sessions {
    book: Book,
    memory: Mutex<HashMap<Arc<str>, Memory>>,
    injected: Injections,
}

/// What one session remembers.
#[derive(Debug, Default)]
struct Memory {
    calls: u64,
    /// The model of the first call.
    model: String,
    scenarios: HashMap<Arc<str>, Tally>,
}

/// A counted call.
struct Counted {
    /// Which request of this session and scenario it is, from 1.
    nth: u64,
    /// Which request of the session it is, from 1.
    call: u64,
    /// What this call draws from.
    seed: Seed,
    /// Whether it is for the model of the session's first request.
    of_first_model: bool,
}

impl Sessions {
    /// Sessions that play `book`.
    pub fn new(book: Book) -> Self {
        Self { book, memory: Mutex::default(), injected: Injections::default() }
    }

    /// The book.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Forgets `session`, or all of them, with the faults that were injected for it.
    pub fn reset(&self, session: Option<&str>) {
        self.injected.reset(session);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match session {
            Some(session) => drop(memory.remove(session)),
            None => memory.clear(),
        }
    }

    /// Adds a fault at run time, to one session or to all; it counts from now on, each session apart, after the
    /// scenario's own. It strikes improvised answers too, but none that says that a request was unmatched.
    pub fn inject(&self, session: Option<&str>, fault: Fault) {
        self.injected.add(session, fault);
    }

    /// The injected faults, in their order.
    pub fn injected(&self) -> Vec<Injected> {
        self.injected.all()
    }

    /// Forgets the faults that were injected for `session`, not those for all sessions; `None`: all of them.
    pub fn forget(&self, session: Option<&str>) {
        self.injected.forget(session);
    }

    /// Answers a `call` that came at `now`, counted from the start of the server, and remembers that it came.
    pub fn answer(&self, session: &Arc<str>, call: &Call, now: Duration) -> Answer {
        match self.book.choose(session, call) {
            Ok(scenario) => self.scripted(session, scenario, call, now),
            Err(_) if self.book.improvise => self.improvised(session, call, now),
            Err(why) => self.count(session, None, call).unmatched(why),
        }
    }

    fn scripted(&self, session: &Arc<str>, scenario: &Arc<Scenario>, call: &Call, now: Duration) -> Answer {
        let counted = self.count(session, Some(scenario), call);
        match scripted(&self.book, scenario, call, counted.nth, session) {
            Ok((plan, verdict)) => {
                let asked = counted.asked(call, now);
                let (plan, mut faults) = self.strike(plan, session, scenario, &counted, asked);
                let (plan, more) = self.injected.strike(plan, session, &counted.seed, asked);
                faults.extend(more);
                counted.answer(plan, faults, verdict)
            }
            Err(why) => counted.unmatched(format!("nearest is `{}`: {why}", scenario.name)),
        }
    }

    fn improvised(&self, session: &Arc<str>, call: &Call, now: Duration) -> Answer {
        let (plan, verdict) = improvised(&self.book, call, session);
        let counted = self.count(session, None, call);
        let asked = counted.asked(call, now);
        let (plan, faults) = self.injected.strike(plan, session, &counted.seed, asked);
        counted.answer(plan, faults, verdict)
    }

    fn count(&self, session: &Arc<str>, scenario: Option<&Arc<Scenario>>, call: &Call) -> Counted {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = memory.entry(session.clone()).or_default();
        memory.calls += 1;
        if memory.calls == 1 {
            memory.model.clone_from(&call.model_id);
        }
        let (number, of_first_model) = (memory.calls, memory.model == call.model_id);
        let seed = Seed::new(scenario.map_or(0, |scenario| scenario.file.seed));
        let seed = seed.of(&**session).of("call").of(number);
        let counted = Counted { nth: number, call: number, seed, of_first_model };
        let Some(scenario) = scenario else { return counted };
        let tally = memory.scenarios.entry(scenario.name.clone()).or_default();
        tally.calls += 1;
        Counted { nth: tally.calls, ..counted }
    }

    /// The plan with the faults that strike this call, and their names. A fault that finds nothing to strike in this
    /// answer is not spent on it.
    fn strike(
        &self,
        plan: Arc<Plan>,
        session: &Arc<str>,
        scenario: &Scenario,
        counted: &Counted,
        asked: Asked<'_>,
    ) -> (Arc<Plan>, Vec<Arc<str>>) {
        if scenario.file.faults.is_empty() {
            return (plan, Vec::new());
        }
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = memory.entry(session.clone()).or_default();
        let tally = memory.scenarios.entry(scenario.name.clone()).or_default();
        let attempt = Attempt { nth: counted.nth, seed: &counted.seed, asked: Some(asked) };
        tally.strike(plan, &scenario.file.faults, attempt)
    }
}

impl Counted {
    fn asked<'a>(&self, call: &'a Call, now: Duration) -> Asked<'a> {
        Asked { call, now, of_first_model: self.of_first_model }
    }

    fn unmatched(self, why: String) -> Answer {
        self.answer(unmatched_plan(&why), Vec::new(), Verdict::Unmatched { why })
    }

    fn answer(self, plan: Arc<Plan>, faults: Vec<Arc<str>>, verdict: Verdict) -> Answer {
        Answer { plan, decision: Decision { verdict, faults, seed: self.seed.value(), call: self.call } }
    }
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
        let answers: Vec<Answer> =
            (0..3).map(|_| sessions.answer(&session, &call(0, "x"), Duration::ZERO)).collect();
        let endings: Vec<Ending> = answers.iter().map(|answer| answer.plan.ending()).collect();
        assert_eq!(endings, [Ending::Reset, Ending::Reset, Ending::Complete]);
        assert!(
            answers
                .iter()
                .all(|a| a.decision.verdict == Verdict::Scripted { scenario: "two".into(), reply: 1 })
        );
        assert_eq!(
            sessions.answer(&session, &call(1, "x"), Duration::ZERO).decision.verdict,
            Verdict::Scripted { scenario: "two".into(), reply: 2 }
        );
        assert_eq!(
            sessions.answer(&"b".into(), &call(0, "x"), Duration::ZERO).plan.ending(),
            Ending::Reset,
            "sessions are apart"
        );
        sessions.reset(Some("a"));
        assert_eq!(
            sessions.answer(&session, &call(0, "x"), Duration::ZERO).plan.ending(),
            Ending::Reset,
            "reset forgets"
        );
    }

    #[test]
    fn plans_without_faults_are_shared() {
        let sessions = sessions(&[("one", "faultline: 1\nreplies: [{message: [{text: hi}]}]\n")]);
        let answer = || sessions.answer(&"".into(), &call(0, "x"), Duration::ZERO).plan;
        assert!(Arc::ptr_eq(&answer(), &answer()));
    }

    #[test]
    fn a_request_goes_to_the_scenario_of_its_prompt_or_session() {
        let file = |prompt: &str| {
            format!("faultline: 1\nprompt: {prompt}\nreplies: [{{message: [{{text: hi}}]}}]\n")
        };
        let (a, b) = (file("alpha"), file("beta"));
        let sessions = sessions(&[("g/a", &a), ("g/b", &b)]);
        let chosen = |session: &str, prompt: &str| {
            sessions.answer(&session.into(), &call(0, prompt), Duration::ZERO).decision.verdict
        };
        let scripted = |name: &str| Verdict::Scripted { scenario: name.into(), reply: 1 };
        assert_eq!(chosen("", "beta"), scripted("g/b"));
        assert_eq!(chosen("g/b@test-7", "alpha"), scripted("g/b"));
        let Verdict::Unmatched { why } = chosen("", "gamma") else { panic!("matched") };
        assert_eq!(why, "nearest is `g/a`: prompt: wanted \"alpha\", the first user message is \"gamma\"");
    }

    #[test]
    fn an_unmatched_turn_says_so_in_bedrocks_shape() {
        let sessions = sessions(&[("one", "faultline: 1\nreplies: [{message: [{text: hi}]}]\n")]);
        let answer = sessions.answer(&"".into(), &call(3, "x"), Duration::ZERO);
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
            let answer = sessions.answer(&"s".into(), &call, Duration::ZERO);
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
        let ending = |turns| sessions.answer(&"s".into(), &call(turns, "x"), Duration::ZERO).plan.ending();
        assert_eq!([ending(0), ending(1), ending(1)], [Ending::Complete, Ending::Reset, Ending::Complete]);
    }

    #[test]
    fn every_and_probability_choose_among_the_calls() {
        let text = "faultline: 1\nreplies: [{message: [{text: hi}]}]\nfaults: [{do: throttle, every: 3}, {do: reset, at: end, probability: 0.5}]\n";
        let sessions = sessions(&[("one", text)]);
        let struck = |session: &str| -> Vec<usize> {
            (0..60)
                .map(|_| {
                    sessions.answer(&session.into(), &call(0, "x"), Duration::ZERO).decision.faults.len()
                })
                .collect()
        };
        let first = struck("s");
        let thirds = (0..60).filter(|n| n % 3 == 2).map(|n| first[n]).collect::<Vec<_>>();
        assert!(thirds.iter().all(|count| *count >= 1), "{first:?}");
        let resets: usize = first.iter().sum::<usize>() - 20;
        assert!((15..=45).contains(&resets), "{resets}");
        sessions.reset(None);
        assert_eq!(struck("s"), first, "the same seed strikes the same calls");
    }

    #[test]
    fn takes_answer_one_after_the_other_and_the_last_one_for_ever() {
        let text =
            "faultline: 1\norder: takes\nreplies: [{message: [{text: one}]}, {message: [{text: two}]}]\n";
        let sessions = sessions(&[("t", text)]);
        let number = || match sessions.answer(&"s".into(), &call(0, "x"), Duration::ZERO).decision.verdict {
            Verdict::Scripted { reply, .. } => reply,
            other => panic!("{other:?}"),
        };
        assert_eq!([number(), number(), number()], [1, 2, 2]);
    }

    #[test]
    fn a_quota_is_shared_by_models_and_frees_itself_with_time() {
        let text = "faultline: 1\nreplies: [{message: [{text: hi}]}]\nfaults: [{do: throttle, quota: {requests: 2, per: 1m}}]\n";
        let sessions = sessions(&[("one", text)]);
        let status = |session: &str, model: &str, second: u64| {
            let call = Call { model_id: model.to_owned(), ..call(0, "x") };
            let answer = sessions.answer(&session.into(), &call, Duration::from_secs(second));
            answer.plan.head().unwrap().status
        };
        assert_eq!([status("s", "a", 0), status("s", "b", 1), status("s", "a", 59)], [200, 200, 429]);
        assert_eq!(status("t", "a", 59), 200, "sessions are apart");
        assert_eq!([status("s", "a", 60), status("s", "a", 60), status("s", "b", 61)], [200, 429, 200]);
    }

    #[test]
    fn another_model_is_well_where_the_first_one_is_not() {
        let text =
            "faultline: 1\nreplies: [{message: [{text: hi}]}]\nfaults: [{do: throttle, firstModel: true}]\n";
        let sessions = sessions(&[("one", text)]);
        let status = |model: &str| {
            let call = Call { model_id: model.to_owned(), ..call(0, "x") };
            sessions.answer(&"s".into(), &call, Duration::ZERO).plan.head().unwrap().status
        };
        assert_eq!(["a", "b", "a"].map(status), [429, 200, 429]);
        sessions.reset(Some("s"));
        assert_eq!(["b", "a"].map(status), [429, 200]);
    }

    fn fault(written: Value) -> Fault {
        serde_json::from_value(written).unwrap()
    }

    #[test]
    fn injected_faults_strike_after_the_scenarios_own() {
        let text = "faultline: 1\nreplies: [{message: [{text: hi}]}]\nfaults: [{do: corrupt, at: contentBlockDelta 0}]\n";
        let sessions = sessions(&[("one", text)]);
        sessions.inject(Some("s"), fault(json!({"do": "reset", "at": "messageStop", "call": 2})));
        let answer =
            |session: &str| sessions.answer(&session.into(), &call(0, "x"), Duration::ZERO).decision.faults;
        let (own, both) =
            (["corrupt at contentBlockDelta 0"], ["corrupt at contentBlockDelta 0", "reset at messageStop"]);
        let check = |session, expected: &[&str]| {
            assert!(answer(session).iter().map(|cause| &**cause).eq(expected.iter().copied()));
        };
        check("s", &own);
        check("s", &both);
        check("s", &own);
        check("t", &own);
        assert_eq!(sessions.injected().iter().map(|injected| injected.struck).collect::<Vec<_>>(), [1]);
        sessions.reset(Some("s"));
        assert_eq!(sessions.injected().len(), 0);
    }

    #[test]
    fn injected_faults_strike_improvised_answers_but_no_unmatched_request() {
        for improvise in [true, false] {
            let sessions = Sessions::new(Book { improvise, ..Book::default() });
            sessions.inject(None, fault(json!({"do": "throttle", "times": 1})));
            let answer = || sessions.answer(&"s".into(), &call(0, "x"), Duration::ZERO);
            let statuses = [answer(), answer()].map(|answer| answer.plan.head().unwrap().status);
            assert_eq!(statuses, if improvise { [429, 200] } else { [400, 400] });
            assert_eq!(sessions.injected()[0].struck, u64::from(improvise));
        }
    }
}
