//! One request as the server understood it: operation, model, headers, JSON body.

use crate::message::{self, Message};
use crate::operation::{Operation, Route};
use serde_json::Value;

/// A header as it arrived: name in lower case, and value.
pub type Header = (String, String);

/// A decoded request.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is asked for.
    pub operation: Operation,
    /// The decoded model id, or the operation's other target.
    pub model_id: String,
    /// The base path of the endpoint, without slashes at its ends.
    pub base: String,
    /// Headers, names in lower case, in the order of arrival.
    pub headers: Vec<Header>,
    /// The JSON body; `Null` when the request had none.
    pub body: Value,
}

impl Call {
    /// A call from its route, headers and body.
    pub fn new(route: Route, headers: Vec<Header>, body: Value) -> Self {
        Self { operation: route.operation, model_id: route.target, base: route.base, headers, body }
    }

    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The Converse messages of the body. Empty when there are none.
    pub fn messages(&self) -> Vec<Message<'_>> {
        message::messages(&self.body)
    }

    /// How many assistant turns the request holds: it tells which turn of a conversation is asked for.
    pub fn assistant_turns(&self) -> usize {
        self.messages().iter().filter(|message| message.role() == "assistant").count()
    }

    /// The retry number that the SDK states in `amz-sdk-request: attempt=N; max=M`, if it does.
    pub fn stated_attempt(&self) -> Option<u32> {
        let stated = self.header("amz-sdk-request")?;
        let (_, rest) = stated.split_once("attempt=")?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn attempt_is_read_from_the_sdk_header() {
        for (text, attempt) in [("attempt=2; max=3", Some(2)), ("ttl=1; attempt=1", Some(1)), ("max=3", None)]
        {
            let call = Call {
                operation: Operation::Converse,
                model_id: "m".into(),
                base: String::new(),
                headers: vec![("amz-sdk-request".into(), text.into())],
                body: json!({}),
            };
            assert_eq!(call.stated_attempt(), attempt, "{text}");
        }
    }
}
