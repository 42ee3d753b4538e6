//! A typed AWS error as actions of a plan, in both forms.

use crate::error_reply::ErrorReply;
use crate::label::gist;
use crate::plan::{Act, Action, Ending, Head, Label, Plan};
use faultline_wire::{AwsError, Frame};
use std::sync::Arc;
use std::time::Duration;

/// The HTTP answer of an error, all of it at `at`.
pub(crate) fn error_actions(reply: &ErrorReply, at: Duration) -> Vec<Action> {
    let mut actions = answer(&reply.aws_error(), at);
    if let (Some(after), Act::Head(head)) = (reply.retry_after, &mut actions[0].act) {
        head.headers.push(("retry-after".to_owned(), after.0.as_secs().to_string()));
        head.headers.push(("x-amz-retry-after".to_owned(), after.0.as_millis().to_string()));
    }
    actions
}

/// The plan of an error answer.
pub fn error_plan(error: &AwsError) -> Plan {
    whole(answer(error, Duration::ZERO))
}

/// The plan of a unary answer with this JSON body.
pub fn body_plan(status: u16, content_type: &str, body: Vec<u8>, at: Duration) -> Plan {
    whole(body_actions(Head::new(status, content_type), body, at))
}

fn answer(error: &AwsError, at: Duration) -> Vec<Action> {
    let mut head = Head::new(error.status, "application/json");
    head.headers.push(("x-amzn-errortype".to_owned(), error.header()));
    body_actions(head, error.body(), at)
}

fn body_actions(head: Head, body: Vec<u8>, at: Duration) -> Vec<Action> {
    let label = Label { event: "body".into(), index: None, gist: "".into() };
    vec![
        Action::new(at, Act::Head(head)),
        Action::data(at, label, body.into()),
        Action::new(at, Act::End(Ending::Complete)),
    ]
}

/// Head, body, end at one moment are a plan whatever they hold; an empty one stands for the impossible.
fn whole(actions: Vec<Action>) -> Plan {
    Plan::new(actions).unwrap_or_else(|_| Plan::empty())
}

/// An exception frame inside a stream.
pub(crate) fn exception_action(error: &AwsError, name: &str, at: Duration, cause: &Arc<str>) -> Action {
    let frame = Frame::exception(name, error.body());
    let label = Label { event: name.into(), index: None, gist: gist(&error.message) };
    // A message that a scenario file can hold fits a frame; should it not, the frame is left out.
    let bytes = frame.encode().unwrap_or_default();
    Action { fault: Some(cause.clone()), ..Action::data(at, label, bytes) }
}
