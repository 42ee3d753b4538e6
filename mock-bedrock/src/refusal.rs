//! Answers that need no brain: requests that are no Bedrock operation, whose body cannot be read, or that are refused.

use crate::auth::Denied;
use crate::validate::surrogate::Lone;
use bytes::Bytes;
use faultline_scenarios::error_plan;
use faultline_scenarios::exchange::{Answer, Decision, Verdict};
use faultline_scenarios::plan::{Act, Action, Ending, Head, Label, Plan, PlanError};
use faultline_wire::{AwsError, canon};
use serde_json::{Map, json};
use std::sync::Arc;
use std::time::Duration;

/// A refusal is an ordinary plan. It strikes no fault and counts as no call of a scenario.
pub(crate) fn refused(error: &AwsError, rules: Vec<&'static str>) -> Answer {
    let plan = Arc::new(error_plan(error));
    let verdict = Verdict::Refused { error: error.name.clone(), message: error.message.clone(), rules };
    Answer { plan, decision: Decision { verdict, faults: Vec::new(), seed: 0, call: 0 } }
}

/// The refusal of who may not ask.
pub(crate) fn denied(why: &Denied) -> Answer {
    let (error, key) = (why.error(), why.key());
    let body = canon::object_to_vec(&Map::from_iter([(key.to_owned(), json!(error.message))]));
    let mut answer = refused(&error, vec!["signature"]);
    if let Ok(plan) = error_body(error.status, error.header(), body) {
        answer.plan = Arc::new(plan);
    }
    answer
}

/// An error answer with this body.
fn error_body(status: u16, kind: String, body: Vec<u8>) -> Result<Plan, PlanError> {
    let mut head = Head::new(status, "application/json");
    head.headers.push(("x-amzn-errortype".to_owned(), kind));
    let label = Label { event: Arc::from("body"), index: None, gist: Arc::from("") };
    Plan::new(vec![
        Action::new(Duration::ZERO, Act::Head(head)),
        Action::data(Duration::ZERO, label, Bytes::from(body)),
        Action::new(Duration::ZERO, Act::End(Ending::Complete)),
    ])
}

/// Why a request's body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not JSON.
    Json,
    /// Not JSON, because of half a character.
    Surrogate(Lone),
    /// Longer than so many bytes.
    TooLong(usize),
}

impl Unreadable {
    /// Error name, status and message.
    ///
    /// A 400 `SerializationException` with a capital `Message` in the `coral.service` namespace is what
    /// Bedrock was seen to answer to a body of the wrong shape (karthink/gptel#1388). That it words broken
    /// JSON this way is not confirmed. The 413 follows API Gateway's name and is not confirmed at all. A body that
    /// only half a character keeps from being JSON gets as far as the model, which refuses it
    /// (latitude-dev/latitude-llm#4225); under which name was not captured.
    fn facts(self) -> (&'static str, u16, String) {
        match self {
            Self::Json => ("SerializationException", 400, "The request body is not valid JSON.".to_owned()),
            Self::Surrogate(lone) => ("ValidationException", 400, lone.message()),
            Self::TooLong(limit) => (
                "RequestEntityTooLargeException",
                413,
                format!("The request body is longer than {limit} bytes."),
            ),
        }
    }

    /// The key of the message and the namespace of the name: the front door's own, or those of Bedrock.
    fn spelling(self) -> (&'static str, &'static str) {
        match self {
            Self::Surrogate(_) => ("message", "com.amazon.bedrock"),
            Self::Json | Self::TooLong(_) => ("Message", "com.amazon.coral.service"),
        }
    }

    /// The rule that the body breaks, where there is one.
    fn rule(self) -> Option<&'static str> {
        matches!(self, Self::Surrogate(_)).then_some(Lone::RULE)
    }

    /// Whether nobody could read it all.
    pub(crate) fn is_too_long(self) -> bool {
        matches!(self, Self::TooLong(_))
    }

    /// The answer.
    pub(crate) fn answer(self) -> Result<Answer, PlanError> {
        let (name, status, message) = self.facts();
        let (key, space) = self.spelling();
        let kind = format!("{name}:http://internal.amazon.com/coral/{space}/");
        let body = canon::object_to_vec(&Map::from_iter([(key.to_owned(), json!(message))]));
        let plan = error_body(status, kind, body)?;
        let rules = self.rule().into_iter().collect();
        let verdict = Verdict::Refused { error: name.to_owned(), message, rules };
        let decision = Decision { verdict, faults: Vec::new(), seed: 0, call: 0 };
        Ok(Answer { plan: Arc::new(plan), decision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(why: Unreadable, status: u16, body: &str) {
        let plan = why.answer().unwrap().plan;
        assert_eq!(plan.head().map(|head| head.status), Some(status));
        assert_eq!(String::from_utf8(plan.body()).unwrap(), body);
    }

    #[test]
    fn a_key_that_is_none_gets_an_error_with_a_capital_message() {
        let body = denied(&Denied::Bearer).plan.body();
        assert_eq!(body, br#"{"Message":"Authentication failed: Please make sure your API Key is valid."}"#);
    }

    #[test]
    fn an_unreadable_body_gets_an_error_of_the_front_door() {
        check(Unreadable::Json, 400, r#"{"Message":"The request body is not valid JSON."}"#);
        check(Unreadable::TooLong(8), 413, r#"{"Message":"The request body is longer than 8 bytes."}"#);
    }
}
