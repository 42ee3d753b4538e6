//! What a whole message asks for: an answer to show, tools to run, or a failure to report.

use crate::bug::Bug;
use crate::failure::{Failure, Remedy};
use crate::message::Message;

/// What to do with a message.
#[derive(Debug)]
pub(crate) enum Next {
    /// Show it.
    Answer,
    /// Run its tools.
    Run,
}

/// Decides by the stop reason and by what the message holds. A closed call counts, also where the reason forgot it.
pub(crate) fn decide(message: &Message, bug: Bug) -> Result<Next, Failure> {
    let calls = !message.calls().is_empty();
    match message.stop.as_str() {
        "tool_use" if !calls && bug.is(Bug::EmptyUserMessage) => Ok(Next::Run),
        "end_turn" | "stop_sequence" if calls && !bug.is(Bug::StopReasonRules) => Ok(Next::Run),
        "tool_use" if calls => Ok(Next::Run),
        "tool_use" | "end_turn" | "stop_sequence" => Ok(Next::Answer),
        "max_tokens" if calls && bug.is(Bug::RunsCutCalls) => Ok(Next::Run),
        "max_tokens" if calls => Err(stopped(message, "ToolCallCut", "in a tool call, which was not run")),
        "max_tokens" if blank(message) => Err(stopped(message, "EmptyAnswer", "before there was any text")),
        "max_tokens" => Ok(Next::Answer),
        "guardrail_intervened" if calls && bug.is(Bug::RunsBlockedCalls) => Ok(Next::Run),
        "guardrail_intervened" if bug.is(Bug::GuardrailIsSuccess) => Ok(Next::Answer),
        "guardrail_intervened" => Err(stopped(message, "Blocked", "the answer was blocked by a guardrail")),
        "content_filtered"
        | "malformed_tool_use"
        | "malformed_model_output"
        | "model_context_window_exceeded" => Err(stopped(message, "Stopped", "that is no answer")),
        _ if bug.is(Bug::UnknownStopIsSuccess) => Ok(Next::Answer),
        _ => Err(stopped(message, "UnknownStopReason", "that may not be an answer")),
    }
}

/// A message that ended well and holds nothing to show or to run. It may be better the next time.
pub(crate) fn not_empty(message: Message, bug: Bug) -> Result<Message, Failure> {
    let ended = ["end_turn", "tool_use", "stop_sequence"].contains(&message.stop.as_str());
    if !ended || !blank(&message) || !message.calls().is_empty() || bug.is(Bug::EmptyIsSuccess) {
        return Ok(message);
    }
    if message.stop == "tool_use" && bug.is(Bug::EmptyUserMessage) {
        return Ok(message);
    }
    Err(stopped(&message, "EmptyAnswer", "the message holds no text").with(Remedy::AgainOnce))
}

fn blank(message: &Message) -> bool {
    message.text().trim().is_empty()
}

fn stopped(message: &Message, kind: &str, what: &str) -> Failure {
    let text = message.text();
    let shown = if text.trim().is_empty() { String::new() } else { format!("; the text so far: {text}") };
    Failure::own(kind, format!("the model stopped with {}, {what}{shown}", message.stop))
        .of(message.request_id.as_deref())
}
