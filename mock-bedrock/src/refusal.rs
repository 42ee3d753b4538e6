//! Answers that need no brain: requests that are no Bedrock operation, or whose body cannot be read.

use bytes::Bytes;
use faultline_scenarios::exchange::{Answer, Decision, Verdict};
use faultline_scenarios::plan::{Act, Action, Ending, Head, Label, Plan, PlanError};
use faultline_wire::canon;
use serde_json::{Map, json};
use std::sync::Arc;
use std::time::Duration;

/// Why a request's body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not JSON.
    Json,
    /// Longer than so many bytes.
    TooLong(usize),
}

impl Unreadable {
    /// Error name, status and message.
    ///
    /// A 400 `SerializationException` with a capital `Message` in the `coral.service` namespace is what
    /// Bedrock was seen to answer to a body of the wrong shape (karthink/gptel#1388). That it words broken
    /// JSON this way is not confirmed. The 413 follows API Gateway's name and is not confirmed at all.
    fn facts(self) -> (&'static str, u16, String) {
        match self {
            Self::Json => ("SerializationException", 400, "The request body is not valid JSON.".to_owned()),
            Self::TooLong(limit) => (
                "RequestEntityTooLargeException",
                413,
                format!("The request body is longer than {limit} bytes."),
            ),
        }
    }

    /// The answer.
    pub(crate) fn answer(self) -> Result<Answer, PlanError> {
        let (name, status, message) = self.facts();
        let mut head = Head::new(status, "application/json");
        let kind = format!("{name}:http://internal.amazon.com/coral/com.amazon.coral.service/");
        head.headers.push(("x-amzn-errortype".to_owned(), kind));
        let body = canon::object_to_vec(&Map::from_iter([("Message".to_owned(), json!(message))]));
        let label = Label { event: Arc::from("body"), index: None, gist: Arc::from("") };
        let plan = Plan::new(vec![
            Action::new(Duration::ZERO, Act::Head(head)),
            Action::data(Duration::ZERO, label, Bytes::from(body)),
            Action::new(Duration::ZERO, Act::End(Ending::Complete)),
        ])?;
        let verdict = Verdict::Refused { error: name.to_owned(), message };
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
    fn an_unreadable_body_gets_an_error_of_the_front_door() {
        check(Unreadable::Json, 400, r#"{"Message":"The request body is not valid JSON."}"#);
        check(Unreadable::TooLong(8), 413, r#"{"Message":"The request body is longer than 8 bytes."}"#);
    }
}
