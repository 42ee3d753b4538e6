//! Cassettes as takes again, and takes as the files of other tools: the way back. Pure.
//!
//! What a format has no place for is left out and said: times between frames, ends that are no regular ones.

mod har;
mod vcrpy;

pub use har::har;
pub use vcrpy::vcrpy;

use crate::take::Take;
use faultline_scenarios::file::{Provenance, Reply, When};
use faultline_scenarios::text_match::{NamedMatch, TextMatch};
use faultline_scenarios::{Scenario, Speed};
use faultline_wire::{Call, Operation};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// What AWS SDKs leave as it is in a part of a path.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where a recording comes from that does not say it.
const REGION: &str = "us-east-1";

/// The takes of a cassette, or why one of its replies is none.
pub fn takes(scenario: &Scenario) -> Vec<Result<Take, String>> {
    let replies = scenario.file.replies.iter().enumerate();
    replies.map(|(number, reply)| take(scenario, number, reply)).collect()
}

fn take(scenario: &Scenario, number: usize, reply: &Reply) -> Result<Take, String> {
    let call = asked(scenario, reply).map_err(|why| format!("reply {}: {why}", number + 1))?;
    let family = scenario.family(&call.model_id);
    let plan = scenario.plan(number, call.operation, family, Speed::Written);
    let plan = plan.map_err(|why| format!("reply {}: {why}", number + 1))?;
    let take = Take::of_plan(call, &plan).ok_or_else(|| format!("reply {}: it has no head", number + 1))?;
    Ok(Take { from: scenario.file.recorded.clone().unwrap_or_default(), ..take })
}

/// The request that a reply was recorded for.
fn asked(scenario: &Scenario, reply: &Reply) -> Result<Call, &'static str> {
    let whens = [reply.when.as_ref(), scenario.file.when.as_ref()];
    let of = |pick: fn(&When) -> Option<String>| whens.iter().flatten().find_map(|when| pick(when));
    let operation = of(|when| when.operation.as_ref().map(|operation| operation.first().to_owned()));
    let operation = operation.as_deref().and_then(Operation::parse).ok_or("its `when` names no operation")?;
    let model_id = of(|when| text(when.model.as_ref()?)).unwrap_or_default();
    let asked = reply.asked.clone().ok_or("what was asked was not kept: an exchange needs its request")?;
    let body = asked.body.unwrap_or_default();
    Ok(Call { operation, model_id, base: String::new(), headers: headers(&asked.headers), body })
}

fn text(wanted: &TextMatch) -> Option<String> {
    match wanted {
        TextMatch::Bare(text) | TextMatch::Named(NamedMatch::Like(text) | NamedMatch::Equals(text)) => {
            Some(text.clone())
        }
        TextMatch::Named(_) => None,
    }
}

fn headers(members: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Method and URL of a call, as AWS SDKs write them.
///
/// # Errors
/// When the path of the operation holds more than a recording keeps.
pub fn request_line(call: &Call, from: &Provenance) -> Result<(&'static str, String), String> {
    let last = match call.operation {
        Operation::Converse => "converse",
        Operation::ConverseStream => "converse-stream",
        Operation::InvokeModel => "invoke",
        Operation::InvokeModelWithResponseStream => "invoke-with-response-stream",
        Operation::CountTokens => "count-tokens",
        other => return Err(format!("{} has no form there", other.name())),
    };
    if call.model_id.is_empty() {
        return Err("its `when` names no model".to_owned());
    }
    let model = utf8_percent_encode(&call.model_id, &PLAIN);
    Ok(("POST", format!("{}/model/{model}/{last}", origin(from))))
}

fn origin(from: &Provenance) -> String {
    match &from.upstream {
        Some(upstream) if upstream.contains("://") => upstream.trim_end_matches('/').to_owned(),
        Some(upstream) => format!("https://{upstream}"),
        None => {
            let region = from.region.as_deref().unwrap_or(REGION);
            format!("https://bedrock-runtime.{region}.amazonaws.com")
        }
    }
}

/// The words of an HTTP status.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        413 => "Payload Too Large",
        424 => "Failed Dependency",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}
