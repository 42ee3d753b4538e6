//! One loaded scenario: which requests are its own, which reply answers one, and the plans that its replies compile to.

use crate::compile::{CompileError, Setting, compile};
use crate::file::{Order, Reply, ScenarioFile};
use crate::matcher;
use crate::near::distance;
use crate::pace::Speed;
use crate::plan::Plan;
use crate::seed::Seed;
use faultline_wire::{Call, Family, Operation};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How near a request came: fields that fitted, then how little its prompt differs.
pub(crate) type Nearness = (usize, Reverse<usize>);

/// A loaded scenario with the plans that were compiled from it.
#[derive(Debug)]
pub struct Scenario {
    /// Its name: the path of its file below the loaded folder, without extension.
    pub name: Arc<str>,
    /// What its author wrote.
    pub file: ScenarioFile,
    plans: Mutex<HashMap<(usize, Operation, Family), Arc<Plan>>>,
}

impl Scenario {
    /// A scenario of this name.
    pub fn new(name: &str, file: ScenarioFile) -> Self {
        Self { name: name.into(), file, plans: Mutex::default() }
    }

    /// The family whose style the replies have for a request for `model_id`.
    pub fn family(&self, model_id: &str) -> Family {
        Family::of(self.file.model.as_deref().unwrap_or(model_id))
    }

    /// The compiled plan of reply `number` (from 0), made once for each operation and family.
    ///
    /// # Errors
    /// When the reply has no form for the operation.
    pub fn plan(
        &self,
        number: usize,
        operation: Operation,
        family: Family,
        speed: Speed,
    ) -> Result<Arc<Plan>, CompileError> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&(number, operation, family)) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(self.compile(&self.file.replies[number], number, operation, family, speed)?);
        plans.insert((number, operation, family), plan.clone());
        Ok(plan)
    }

    /// Compiles `reply` as if it were reply `number`.
    ///
    /// # Errors
    /// When the reply has no form for the operation.
    pub fn compile(
        &self,
        reply: &Reply,
        number: usize,
        operation: Operation,
        family: Family,
        speed: Speed,
    ) -> Result<Plan, CompileError> {
        let seed = Seed::new(self.file.seed).of("reply").of(number as u64);
        let prompt = self.file.prompt.as_ref().map_or("", |prompt| prompt.first());
        let setting = Setting {
            operation,
            family,
            pace: self.file.pace,
            speed,
            seed: &seed,
            prompt_chars: prompt.chars().count(),
        };
        compile(reply, &setting)
    }

    /// Which reply answers `call`, the `nth` of its session (from 1).
    ///
    /// # Errors
    /// Why none does.
    pub fn choose(&self, call: &Call, nth: u64) -> Result<usize, String> {
        let fits = |reply: &Reply| reply.when.as_ref().is_some_and(|when| matcher::fits(when, call).is_ok());
        if let Some(number) = self.file.replies.iter().position(fits) {
            return Ok(number);
        }
        let place = match self.file.order {
            Order::Conversation => call.assistant_turns(),
            Order::Call => usize::try_from(nth.saturating_sub(1)).unwrap_or(usize::MAX),
        };
        let all_choose = self.file.replies.iter().all(|reply| reply.when.is_some());
        match self.file.replies.get(place) {
            Some(reply) if reply.when.is_none() => Ok(place),
            None if !all_choose => Err(self.too_short(place + 1)),
            _ => Err(self.nearest_reply(call)),
        }
    }

    fn too_short(&self, turn: usize) -> String {
        let count = self.file.replies.len();
        let replies = if count == 1 { "reply" } else { "replies" };
        format!("it has {count} {replies}, the request asks for turn {turn}")
    }

    /// Of the replies that say which requests they answer, the first of those that most fields fitted.
    fn nearest_reply(&self, call: &Call) -> String {
        let misses = self.file.replies.iter().enumerate().filter_map(|(at, reply)| {
            let miss = matcher::fits(reply.when.as_ref()?, call).err()?;
            Some((miss.fitted, format!("reply {}: {}: {}", at + 1, miss.field, miss.why)))
        });
        let first_of_best = misses.reduce(|best, next| if next.0 > best.0 { next } else { best });
        first_of_best.map(|(_, why)| why).unwrap_or_default()
    }

    /// Whether `call`, whose first user message is `first`, belongs here.
    pub(crate) fn wants(&self, call: &Call, first: &str) -> bool {
        let prompt = self.file.prompt.as_ref();
        !self.takes_anything()
            && prompt.is_none_or(|prompt| prompt.first().trim() == first.trim())
            && self.file.when.as_ref().is_none_or(|when| matcher::fits(when, call).is_ok())
    }

    /// How near `call` comes to belonging here. Compares texts: not for requests that found their scenario.
    pub(crate) fn nearness(&self, call: &Call, first: &str) -> Nearness {
        let prompt = self.file.prompt.as_ref().map(|prompt| prompt.first().trim());
        let far = prompt.map_or(usize::MAX, |prompt| distance(prompt, first.trim()));
        let miss = self.file.when.as_ref().and_then(|when| matcher::fits(when, call).err());
        let same = usize::from(prompt == Some(first.trim()));
        (same + miss.map_or(0, |miss| miss.fitted), Reverse(far))
    }

    /// Why `call` does not belong here.
    pub(crate) fn why_not(&self, call: &Call, first: &str) -> String {
        if let Some(miss) = self.file.when.as_ref().and_then(|when| matcher::fits(when, call).err()) {
            return format!("{}: {}", miss.field, miss.why);
        }
        let prompt = self.file.prompt.as_ref().map_or("", |prompt| prompt.first());
        format!("prompt: wanted {prompt:?}, the first user message is {first:?}")
    }

    /// Whether any reply has a form for `operation`: recordings have one for streams, errors for everything.
    pub(crate) fn plays(&self, operation: Operation) -> bool {
        let recorded = |reply: &Reply| reply.frames.is_some() && operation.streams();
        let plays = |reply: &Reply| operation.is_converse() || reply.error.is_some() || recorded(reply);
        self.file.replies.iter().any(plays)
    }

    /// Whether every request is its own.
    pub(crate) fn takes_anything(&self) -> bool {
        self.file.prompt.is_none() && self.file.when.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(replies: &str, turns: usize, expected: Result<usize, &str>) {
        let text = format!("faultline: 1\nreplies: {replies}\n");
        let scenario =
            crate::load::scenario("s", "s", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
        let mut messages = vec![json!({"role": "user", "content": [{"text": "go"}]})];
        for _ in 0..turns {
            messages.push(json!({"role": "assistant", "content": [{"text": "a"}]}));
            messages.push(json!({"role": "user", "content": [{"text": "more"}]}));
        }
        let call = Call {
            operation: Operation::Converse,
            model_id: "amazon.nova-pro-v1:0".into(),
            base: String::new(),
            headers: Vec::new(),
            body: json!({ "messages": messages }),
        };
        assert_eq!(scenario.choose(&call, 1), expected.map_err(str::to_owned), "{replies} after {turns}");
    }

    #[test]
    fn a_request_beyond_the_replies_is_told_how_many_there_are() {
        let said = "{message: [{text: a}]}";
        check(&format!("[{said}]"), 0, Ok(0));
        check(&format!("[{said}]"), 1, Err("it has 1 reply, the request asks for turn 2"));
        check(&format!("[{said}, {said}]"), 2, Err("it has 2 replies, the request asks for turn 3"));
    }

    #[test]
    fn replies_that_all_choose_their_requests_say_which_field_failed_on_any_turn() {
        let replies = "[{when: {model: nova, text: stop}, message: [{text: a}]}, {when: {model: claude}, message: [{text: b}]}]";
        let why = |text: &str| {
            format!("reply 1: text: wanted a text that contains \"stop\", the request has \"{text}\"")
        };
        check(replies, 0, Err(&why("go")));
        check(replies, 1, Err(&why("more")));
        check(replies, 5, Err(&why("more")));
    }

    #[test]
    fn usage_is_estimated_from_the_characters_of_the_prompt() {
        let text =
            format!("faultline: 1\nprompt: {}\nreplies: [{{message: [{{text: a}}]}}]\n", "é".repeat(40));
        let scenario =
            crate::load::scenario("s", "s", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
        let plan = scenario.plan(0, Operation::Converse, Family::Nova, Speed::Max).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&plan.body()).unwrap();
        assert_eq!(body["usage"]["inputTokens"], 18, "as an improvised reply to the same prompt has");
    }
}
