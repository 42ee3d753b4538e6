//! The model layer: cache points in a request for Claude.

use super::model::errors;
use faultline_wire::Call;
use faultline_wire::message::{list, text_member, tools};
use serde_json::Value;

/// The most cache points that a request may have.
const MOST: usize = 4;

/// A cache point, where it stands and how long it lasts.
struct Point<'a> {
    /// The list that holds it, as Anthropic's API calls it.
    place: String,
    /// The index of the block in front of it, cache points not counted: the block that it marks.
    index: usize,
    ttl: &'a str,
}

/// A cache point straight behind reasoning. Converse says this itself.
pub fn after_reasoning(call: &Call) -> Option<String> {
    let behind = |pair: &[Value]| pair[0].get("reasoningContent").is_some() && is_point(&pair[1]);
    let found = list(call.body.get("messages"))
        .iter()
        .any(|message| list(message.get("content")).windows(2).any(behind));
    found.then(|| {
        "Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again."
            .to_owned()
    })
}

/// More cache points than the model takes.
pub fn too_many(call: &Call) -> Option<String> {
    let found = points(call).len();
    (found > MOST).then(|| {
        errors(&format!("A maximum of {MOST} blocks with cache_control may be provided. Found {found}."))
    })
}

/// A cache point of an hour behind one of five minutes, the default.
pub fn longer_behind_shorter(call: &Call) -> Option<String> {
    let points = points(call);
    let short = points.iter().position(|point| point.ttl != "1h")?;
    let long = points[short..].iter().find(|point| point.ttl == "1h")?;
    Some(errors(&format!(
        "{}.{}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
        long.place, long.index
    )))
}

/// All of them, in the order in which they are processed.
fn points(call: &Call) -> Vec<Point<'_>> {
    let mut points = Vec::new();
    collect("tools", tools(&call.body), &mut points);
    collect("system", list(call.body.get("system")), &mut points);
    for (at, message) in list(call.body.get("messages")).iter().enumerate() {
        collect(&format!("messages.{at}.content"), list(message.get("content")), &mut points);
    }
    points
}

fn collect<'a>(place: &str, blocks: &'a [Value], points: &mut Vec<Point<'a>>) {
    let mut before = 0_usize;
    for block in blocks {
        match block.get("cachePoint") {
            Some(point) => points.push(Point {
                place: place.to_owned(),
                index: before.saturating_sub(1),
                ttl: text_member(point, "ttl"),
            }),
            None => before += 1,
        }
    }
}

fn is_point(block: &Value) -> bool {
    block.get("cachePoint").is_some()
}
