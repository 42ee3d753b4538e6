//! The tools of a request, and which part of a script each of them plays.

use crate::arguments::arguments;
use crate::schema_fits::fits;
use crate::seed::Seed;
use faultline_wire::message::tool_specs;
use serde_json::{Map, Value, json};

/// The tools of a request, and the parts that they play.
pub(crate) struct Stage<'a> {
    offered: Vec<&'a Map<String, Value>>,
    forced: Option<&'a str>,
    parts: &'a [&'a str],
}

/// A tool of the request in a part of the script.
pub(crate) struct Actor<'a> {
    /// The tool's name.
    pub(crate) name: &'a str,
    schema: &'a Value,
    /// Whether the part was written for a tool of this name.
    same: bool,
}

impl<'a> Stage<'a> {
    /// The stage of a request; `None` where it offers no tools.
    pub(crate) fn of(body: &'a Value, parts: &'a [&'a str]) -> Option<Self> {
        let offered = tool_specs(body);
        let forced = body.pointer("/toolConfig/toolChoice/tool/name").and_then(Value::as_str);
        (!offered.is_empty()).then_some(Self { offered, forced, parts })
    }

    /// The tool that plays `part`: the forced one, else that of the same name, else the one at the place of the part. An
    /// `idle` call comes without arguments: where the tool at the place needs some, it goes to one that needs none.
    pub(crate) fn actor(&self, part: &str, idle: bool) -> Actor<'a> {
        let named = |name: &str| self.offered.iter().find(|tool| name_of(tool) == name);
        let place = self.parts.iter().position(|known| *known == part).unwrap_or(0) % self.offered.len();
        let idles = |tool: &&&Map<String, Value>| !idle || fits(schema_of(tool), schema_of(tool), &json!({}));
        let (before, after) = self.offered.split_at(place);
        let free = after.iter().chain(before).find(idles).unwrap_or(&self.offered[place]);
        let tool = self.forced.and_then(named).or_else(|| named(part)).unwrap_or(free);
        Actor { name: name_of(tool), schema: schema_of(tool), same: name_of(tool) == part }
    }
}

fn schema_of(tool: &Map<String, Value>) -> &Value {
    tool.get("inputSchema").and_then(|schema| schema.get("json")).unwrap_or(&Value::Null)
}

fn name_of(tool: &Map<String, Value>) -> &str {
    tool.get("name").and_then(Value::as_str).unwrap_or_default()
}

impl Actor<'_> {
    /// What the tool is called with instead of `written`: the same where it plays its own part and its schema allows it.
    /// Calls that are written alike stay alike, wherever they stand: a script may be about just that.
    pub(crate) fn input(&self, written: &Value, seed: &Seed) -> Value {
        let kept = self.same && fits(self.schema, self.schema, written);
        if kept { written.clone() } else { arguments(self.schema, &mut seed.of(&*written.to_string())) }
    }
}

/// The object that fragments join to. None of JSON, and none at all: a call without arguments stays one.
pub(crate) fn joined(pieces: &[&str]) -> Option<Value> {
    serde_json::from_str(&pieces.concat()).ok().filter(Value::is_object)
}

/// Whether fragments hold nothing: a call without arguments.
pub(crate) fn is_blank(pieces: &[&str]) -> bool {
    pieces.iter().all(|piece| piece.trim().is_empty())
}

/// The pieces that are texts.
pub(crate) fn texts(pieces: &[Value]) -> Vec<&str> {
    pieces.iter().filter_map(Value::as_str).collect()
}
