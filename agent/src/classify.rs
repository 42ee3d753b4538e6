//! What follows from a failed attempt: the same again, a changed request, or nothing. Pure; it neither waits nor counts.
//!
//! Types decide, not messages, wherever there is a type for it: wordings drift. Where Bedrock has one type for many things
//! (`ValidationException`, `AccessDeniedException`) only its wording tells, and each wording here was seen in public.

use std::time::Duration;

use aws_sdk_bedrockruntime::types::StopReason;

use crate::cause::{Cause, ServiceFault};

/// What may be done about a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The same request may succeed later.
    Retryable {
        /// How long the service asked to wait.
        after: Option<Duration>,
        /// How many retries make sense at most, beyond the caller's own bound.
        at_most: Option<u32>,
    },
    /// The same request will fail again. Another model may do where `other_model` is set.
    Permanent {
        /// Whether the failure is the model's and not the request's or the caller's.
        other_model: bool,
    },
    /// The request may succeed in another form.
    ChangeRequest(Change),
}

/// What to change in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Ask over Converse: streaming, or tools while streaming, are refused.
    Unary,
    /// Make the history shorter: it is too long for the model.
    Shorten,
    /// Leave out the cache points.
    NoCachePoints,
    /// Leave out `toolResult.status`.
    NoToolStatus,
    /// Leave out text beside tool calls.
    NoTextBesideCalls,
    /// Leave out the stop sequences.
    NoStopSequences,
    /// Ask for no more than so many tokens.
    MaxTokens(u32),
}

const RETRY: Verdict = Verdict::Retryable { after: None, at_most: None };
const FATAL: Verdict = Verdict::Permanent { other_model: false };
const OTHER_MODEL: Verdict = Verdict::Permanent { other_model: true };

fn retry_at_most(times: u32) -> Verdict {
    Verdict::Retryable { after: None, at_most: Some(times) }
}

/// What follows from `cause`; `retry_after` is what the response's headers asked for.
#[must_use]
pub fn classify(cause: &Cause, retry_after: Option<Duration>) -> Verdict {
    let verdict = match cause {
        Cause::Service(fault) => service(fault),
        // Each attempt that ran out of time was long, and paid for.
        Cause::Transport { timeout: true, .. } => retry_at_most(1),
        Cause::Transport { detail, .. } => transport(detail),
        Cause::Incomplete => RETRY,
        Cause::Protocol(_) => retry_at_most(1),
        Cause::EmptyReply { stop_reason: StopReason::EndTurn | StopReason::ToolUse } => retry_at_most(1),
        Cause::Stopped { stop_reason: StopReason::MalformedModelOutput | StopReason::MalformedToolUse } => {
            retry_at_most(1)
        }
        Cause::CircuitOpen(_) | Cause::OverBudget { .. } => OTHER_MODEL,
        _ => FATAL,
    };
    match verdict {
        Verdict::Retryable { after, at_most } => Verdict::Retryable { after: retry_after.or(after), at_most },
        other => other,
    }
}

fn service(fault: &ServiceFault) -> Verdict {
    let message = fault.message.to_lowercase();
    match fault.exception().as_str() {
        "ValidationException" => validation(&message),
        "AccessDeniedException" => access_denied(&message),
        "ResourceNotFoundException" => OTHER_MODEL,
        // The quota of the day comes back tomorrow.
        "ThrottlingException" if message.contains("per day") => OTHER_MODEL,
        "ThrottlingException" | "ServiceUnavailableException" | "ModelNotReadyException" => RETRY,
        // Some of these are permanent in disguise.
        "InternalServerException" => retry_at_most(3),
        "ModelErrorException" | "ModelStreamErrorException" => retry_at_most(2),
        "ModelTimeoutException" => retry_at_most(1),
        other => unmodelled(other, fault.status),
    }
}

/// A type that Bedrock's model does not have: a gateway's, or a new one. The status tells, or else the name.
fn unmodelled(kind: &str, status: Option<u16>) -> Verdict {
    let kind = kind.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    match status {
        Some(408) => retry_at_most(1),
        Some(425 | 429 | 503) => RETRY,
        Some(500 | 502 | 504 | 529) => retry_at_most(3),
        Some(_) => FATAL,
        None if says(&["throttl", "toomany", "unavailable", "slowdown"]) => RETRY,
        None if says(&["internal", "timeout"]) => retry_at_most(2),
        None => FATAL,
    }
}

/// The message is in lower case, here and below.
fn validation(message: &str) -> Verdict {
    const OVERFLOW: [&str; 5] = [
        "input is too long",
        "prompt is too long",
        "maximum context length",
        "input tokens exceeded",
        "number of input tokens exceeds",
    ];
    const ABOUT_THE_MODEL: [&str; 4] = [
        "model identifier is invalid",
        "on-demand throughput",
        "this model doesn't support",
        "end of its life",
    ];
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&OVERFLOW) {
        return Verdict::ChangeRequest(Change::Shorten);
    }
    match changed_form(message) {
        Some(change) => Verdict::ChangeRequest(change),
        None => Verdict::Permanent { other_model: says(&ABOUT_THE_MODEL) },
    }
}

fn changed_form(message: &str) -> Option<Change> {
    let says = |words: &str| message.contains(words);
    if says("tool use in streaming mode") || says("unsupported for streaming") {
        return Some(Change::Unary);
    }
    if says("cache point") || says("cachepoint") || says("cache_control") || says("prompt caching") {
        return Some(Change::NoCachePoints);
    }
    if says("blocks cannot be provided in the same turn") {
        return Some(Change::NoTextBesideCalls);
    }
    if says("doesn't support the status field") {
        return Some(Change::NoToolStatus);
    }
    if says("doesn't support the stopsequences field") {
        return Some(Change::NoStopSequences);
    }
    let (_, limit) = message.split_once("maximum tokens you requested exceeds the model limit of ")?;
    first_number(limit).map(Change::MaxTokens)
}

fn access_denied(message: &str) -> Verdict {
    if message.contains("invokemodelwithresponsestream") {
        return Verdict::ChangeRequest(Change::Unary);
    }
    if message.contains("prompt caching") {
        return Verdict::ChangeRequest(Change::NoCachePoints);
    }
    // A subscription that is not through yet: "… try again after 2 minutes."
    if let Some((_, after)) = message.split_once("try again after ")
        && let Some(minutes) = first_number(after).filter(|_| after.contains("minute"))
    {
        return Verdict::Retryable {
            after: Some(Duration::from_secs(60 * u64::from(minutes))),
            at_most: Some(2),
        };
    }
    Verdict::Permanent { other_model: message.contains("model") }
}

fn first_number(text: &str) -> Option<u32> {
    let digits = text.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok().filter(|number| *number > 0)
}

/// A connection that cannot come about however often it is tried; the SDK gives words and no types for it.
fn transport(detail: &str) -> Verdict {
    const NEVER: [&str; 5] =
        ["certificate", "dns error", "failed to lookup address", "invalid URL", "but an event stream ("];
    if NEVER.iter().any(|words| detail.contains(words)) { FATAL } else { RETRY }
}

#[cfg(test)]
mod tests;
