//! One loaded scenario: which requests are its own, which reply answers one, and the plans that its replies compile to.

use crate::compile::{CompileError, Setting, compile};
use crate::file::{Order, Reply, ScenarioFile, When};
use crate::matcher;
use crate::near::distance;
use crate::pace::Speed;
use crate::plan::Plan;
use crate::seed::Seed;
use faultline_wire::{Call, Family, Operation};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
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
        let place = self.place(call, nth);
        let all_choose = self.file.replies.iter().all(|reply| reply.when.is_some());
        match self.file.replies.get(place) {
            Some(reply) if reply.when.is_none() => Ok(place),
            None if !all_choose => Err(self.too_short(place + 1)),
            _ => Err(nearest_reply(self.file.replies.iter().map(|reply| reply.when.as_ref()), call)),
        }
    }

    /// As [`Self::choose`], for a reply that is cast: conditions on text and JSON do not count, since they name what an
    /// agent with the script's own prompts and tools would have sent. Text still tells several prompts apart, where it
    /// fits. `None` is a request beyond the last reply.
    ///
    /// # Errors
    /// Why none does.
    pub(crate) fn choose_cast(&self, call: &Call, nth: u64) -> Result<Option<usize>, String> {
        if let Some(number) = self.of_its_prompt(call) {
            return Ok(Some(number));
        }
        let replies = self.file.replies.iter();
        let whens: Vec<Option<When>> = replies.map(|reply| reply.when.as_ref().and_then(relaxed)).collect();
        let fits = |when: &Option<When>| when.as_ref().is_some_and(|when| matcher::fits(when, call).is_ok());
        if let Some(number) = whens.iter().position(fits) {
            return Ok(Some(number));
        }
        let place = self.place(call, nth);
        match whens.get(place) {
            None => Ok(None),
            Some(None) => Ok(Some(place)),
            Some(Some(_)) => Err(nearest_reply(whens.iter().map(Option::as_ref), call)),
        }
    }

    /// The reply that says, by its text, which of several prompts it answers. A turn that failed leaves no trace in a
    /// conversation, so its place there would not tell.
    fn of_its_prompt(&self, call: &Call) -> Option<usize> {
        let several = self.file.prompt.as_ref().is_some_and(|prompt| prompt.all().len() > 1);
        let fits = |when: &When| {
            let when = When { json: BTreeMap::new(), ..when.clone() };
            when.text.is_some() && matcher::fits(&when, call).is_ok()
        };
        let mut whens = self.file.replies.iter().map(|reply| reply.when.as_ref());
        several.then(|| whens.position(|when| when.is_some_and(fits))).flatten()
    }

    /// The place of the reply that answers where no reply chooses its requests.
    fn place(&self, call: &Call, nth: u64) -> usize {
        match self.file.order {
            Order::Conversation => call.assistant_turns(),
            Order::Call => usize::try_from(nth.saturating_sub(1)).unwrap_or(usize::MAX),
            Order::Takes => {
                let last = self.file.replies.len().saturating_sub(1);
                usize::try_from(nth.saturating_sub(1)).unwrap_or(last).min(last)
            }
        }
    }

    fn too_short(&self, turn: usize) -> String {
        let count = self.file.replies.len();
        let replies = if count == 1 { "reply" } else { "replies" };
        format!("it has {count} {replies}, the request asks for turn {turn}")
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
        let recorded =
            |reply: &Reply| reply.body.is_some() || (reply.frames.is_some() && operation.streams());
        let plays = |reply: &Reply| operation.is_converse() || reply.error.is_some() || recorded(reply);
        self.file.replies.iter().any(plays)
    }

    /// Whether every request is its own.
    pub(crate) fn takes_anything(&self) -> bool {
        self.file.prompt.is_none() && self.file.when.is_none()
    }
}

/// Without its conditions on text and JSON; `None` where nothing is left.
fn relaxed(when: &When) -> Option<When> {
    let When { operation, model, turn, tool_results, headers, .. } = when.clone();
    let empty = operation.is_none() && model.is_none() && turn.is_none() && tool_results.is_none();
    let when = When { operation, model, turn, text: None, tool_results, json: BTreeMap::new(), headers };
    (!empty || !when.headers.is_empty()).then_some(when)
}

/// Of the replies that say which requests they answer, the first of those that most fields fitted.
fn nearest_reply<'a>(whens: impl Iterator<Item = Option<&'a When>>, call: &Call) -> String {
    let misses = whens.enumerate().filter_map(|(at, when)| {
        let miss = matcher::fits(when?, call).err()?;
        Some((miss.fitted, format!("reply {}: {}: {}", at + 1, miss.field, miss.why)))
    });
    let first_of_best = misses.reduce(|best, next| if next.0 > best.0 { next } else { best });
    first_of_best.map(|(_, why)| why).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn conversation(replies: &str, turns: usize) -> (Scenario, Call) {
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
        (scenario, call)
    }

    fn check(replies: &str, turns: usize, expected: Result<usize, &str>) {
        let (scenario, call) = conversation(replies, turns);
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

    fn check_cast(replies: &str, turns: usize, expected: Result<Option<usize>, &str>) {
        let (scenario, call) = conversation(replies, turns);
        assert_eq!(
            scenario.choose_cast(&call, 1),
            expected.map_err(str::to_owned),
            "{replies} after {turns}"
        );
    }

    #[test]
    fn a_cast_reply_is_chosen_without_regard_to_text_and_json() {
        let picky = "{when: {text: no, json: {$.a: 1}}, message: [{text: a}]}";
        check_cast(&format!("[{picky}, {picky}]"), 0, Ok(Some(0)));
        check_cast(&format!("[{picky}, {picky}]"), 1, Ok(Some(1)));
        check_cast(&format!("[{picky}, {picky}]"), 2, Ok(None));
        let turn = "{when: {turn: 3, text: no}, message: [{text: b}]}";
        check_cast(&format!("[{picky}, {turn}]"), 2, Ok(Some(1)));
        check_cast(&format!("[{turn}, {picky}]"), 1, Ok(Some(1)));
        check_cast(&format!("[{turn}]"), 0, Err("reply 1: turn: wanted 3, the request has 1"));
        let headers = "{when: {headers: {x-a: b}, text: no}, message: [{text: c}]}";
        let why = "reply 1: headers x-a: wanted a text that contains \"b\", the request has (none)";
        check_cast(&format!("[{headers}]"), 0, Err(why));
    }

    #[test]
    fn a_cast_reply_is_chosen_by_the_prompt_among_several() {
        let replies = "[{when: {turn: 1, text: go}, message: [{text: a}]}, {when: {text: more, json: {$.a: 1}}, message: [{text: b}]}]";
        let check = |prompts: &str, turns: usize, expected: usize| {
            let text = format!("faultline: 1\nprompt: {prompts}\nreplies: {replies}\n");
            let scenario =
                crate::load::scenario("s", "s", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
            let (_, mut call) = conversation(replies, turns);
            if turns == 0 && expected == 1 {
                call.body["messages"][0]["content"][0]["text"] = json!("more, please");
            }
            assert_eq!(scenario.choose_cast(&call, 1), Ok(Some(expected)), "{prompts} after {turns}");
        };
        check("[go, more]", 0, 0);
        check("[go, more]", 0, 1);
        check("[go, more]", 2, 1);
        check("go", 1, 1);
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
