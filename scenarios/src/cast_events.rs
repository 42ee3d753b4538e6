//! Casting of replies that are written as events.

use crate::recut::recut_input;
use crate::seed::Seed;
use crate::stage::{Stage, is_blank, joined, texts};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

type Named = Map<String, Value>;

/// The name that an event begins a call of a tool with.
pub(crate) fn called(event: &Named) -> Option<&str> {
    event.get("contentBlockStart")?.get("start")?.get("toolUse")?.get("name")?.as_str()
}

fn fragment(event: &mut Named) -> Option<&mut Value> {
    let delta = event.get_mut("contentBlockDelta")?.get_mut("delta")?;
    delta.get_mut("toolUse")?.get_mut("input").filter(|input| input.is_string())
}

/// One call of a tool among events: where it begins, and where its fragments are.
struct Called {
    start: usize,
    fragments: Vec<usize>,
}

/// The calls in the order of their starts. Fragments belong to the last start of their contentBlockIndex.
fn calls(events: &mut [Named]) -> Vec<Called> {
    let mut calls: Vec<Called> = Vec::new();
    let mut open = BTreeMap::new();
    for (at, event) in events.iter_mut().enumerate() {
        let index = event.values().next().and_then(|payload| payload.get("contentBlockIndex")?.as_u64());
        if called(event).is_some() {
            open.insert(index, calls.len());
            calls.push(Called { start: at, fragments: Vec::new() });
        } else if let (Some(call), true) = (open.get(&index), fragment(event).is_some()) {
            calls[*call].fragments.push(at);
        }
    }
    calls
}

/// `events` with other names and inputs of tools. There are as many events as before, but for input that arrives letter by
/// letter.
pub(crate) fn cast_events(mut events: Vec<Named>, stage: &Stage<'_>, seed: &Seed) -> Vec<Named> {
    let mut recut = BTreeMap::new();
    for call in calls(&mut events) {
        let part = called(&events[call.start]).unwrap_or_default().to_owned();
        let written = call.fragments.iter().filter_map(|at| fragment(&mut events[*at]).cloned());
        let written: Vec<Value> = written.collect();
        let pieces = texts(&written);
        let actor = stage.actor(&part, is_blank(&pieces));
        if let Some(start) = events[call.start].get_mut("contentBlockStart") {
            start["start"]["toolUse"]["name"] = json!(actor.name);
        }
        let Some(written) = joined(&pieces) else { continue };
        let input = actor.input(&written, seed);
        if input != written {
            recut.extend(placed(&call.fragments, recut_input(&pieces, &input)));
        }
    }
    let numbered = events.into_iter().enumerate();
    numbered.flat_map(|(at, event)| with_fragments(event, recut.remove(&at))).collect()
}

/// Each piece at its fragment's place; what is left over at the last one.
fn placed(places: &[usize], pieces: Vec<String>) -> BTreeMap<usize, Vec<String>> {
    let mut placed: BTreeMap<usize, Vec<String>> = places.iter().map(|place| (*place, Vec::new())).collect();
    let last = places.last().into_iter().cycle();
    for (place, piece) in places.iter().chain(last).zip(pieces) {
        placed.entry(*place).or_default().push(piece);
    }
    placed
}

/// `event` once for each of the pieces; as it is where there is nothing to say.
fn with_fragments(event: Named, pieces: Option<Vec<String>>) -> Vec<Named> {
    let Some(pieces) = pieces else { return vec![event] };
    let with = |piece| {
        let mut event = event.clone();
        if let Some(input) = fragment(&mut event) {
            *input = json!(piece);
        }
        event
    };
    pieces.into_iter().map(with).collect()
}
