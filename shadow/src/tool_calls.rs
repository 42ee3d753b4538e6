//! Tool calls of two arms: which, in which order, with which arguments and results. Ids are not known here.

use serde_json::Value;

use crate::divergence::{Class, Divergence};
use crate::finding::{json, lists};
use crate::json::canonical;
use crate::rules::ToolOrder;
use crate::transcript::ToolCall;

/// The differences between two sequences of calls. Arguments and results are compared only where both arms called the same
/// tools: else each call would be held against another one.
pub(crate) fn compare(baseline: &[ToolCall], candidate: &[ToolCall], order: ToolOrder) -> Vec<Divergence> {
    let (baseline, candidate) = (ordered(baseline, order), ordered(candidate, order));
    let names = |calls: &[&ToolCall]| calls.iter().map(|call| named(call, order)).collect::<Vec<_>>();
    if let Some(found) = lists(Class::ToolSequence, "toolCalls", &names(&baseline), &names(&candidate)) {
        return vec![found];
    }
    let pairs = baseline.iter().zip(&candidate).enumerate();
    pairs.flat_map(|(place, (left, right))| call(place, left, right)).collect()
}

/// A call's name in the sequence: with its turn where turns part the calls.
fn named(call: &ToolCall, order: ToolOrder) -> String {
    match order {
        ToolOrder::Free => call.name.clone(),
        ToolOrder::Strict | ToolOrder::Turns => format!("{} (turn {})", call.name, call.turn),
    }
}

fn ordered(calls: &[ToolCall], order: ToolOrder) -> Vec<&ToolCall> {
    let mut calls: Vec<&ToolCall> = calls.iter().collect();
    let within = |call: &&ToolCall| (call.name.clone(), canonical(&call.arguments));
    match order {
        ToolOrder::Strict => {}
        ToolOrder::Turns => calls.sort_by_cached_key(|call| (call.turn, within(call))),
        ToolOrder::Free => calls.sort_by_cached_key(within),
    }
    calls
}

fn call(place: usize, left: &ToolCall, right: &ToolCall) -> impl Iterator<Item = Divergence> {
    let (path, shape) = (format!("toolCalls/{place}"), format!("toolCalls/{}", left.name));
    let arguments =
        json(Class::ToolArguments, &[&path, &shape], "arguments", &left.arguments, &right.arguments);
    let result = |call: &ToolCall| call.result.clone().unwrap_or(Value::Null);
    let results = json(Class::ToolResult, &[&path, &shape], "result", &result(left), &result(right));
    arguments.into_iter().chain(results)
}
