//! A delta or start that breaks the rule of unions: exactly one member is set (Smithy 2.0, "union").

use super::step::{Facts, Step};
use super::trigger::Trigger;
use super::whole::{event_of, with_event};
use crate::aim::Aim;
use crate::plan::Action;
use faultline_wire::{Event, FramedEvent};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A broken union in the contentBlockDelta or contentBlockStart at `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Union {
    /// What it holds.
    pub holds: Holds,
}

/// What a broken union holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// No member.
    None,
    /// Its own member and another one.
    Two,
    /// One member that no client knows.
    Unknown,
}

impl Union {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Break { holds: self.holds, trigger: Trigger::new(aim, facts), cause: cause.clone() })
    }
}

struct Break {
    holds: Holds,
    trigger: Trigger,
    cause: Arc<str>,
}

impl Break {
    fn of(&self, action: &Action) -> Option<Action> {
        let FramedEvent { event, padding } = event_of(action)?;
        let mut payload = event.payload();
        let name = ["delta", "start"].into_iter().find(|name| payload.get(name).is_some())?;
        let members = payload.get_mut(name)?.as_object_mut()?;
        match self.holds {
            Holds::None => members.clear(),
            Holds::Two => add_second(members, name),
            Holds::Unknown => *members = Map::from_iter([("brandNewMember".to_owned(), json!({}))]),
        }
        let event = Event::from_payload(event.name(), payload);
        Some(with_event(action.clone(), &FramedEvent { event, padding }))
    }
}

/// A second member that is legal by itself.
fn add_second(members: &mut Map<String, Value>, union: &str) {
    let (name, value) = match union {
        "start" if members.contains_key("toolUse") => {
            ("toolResult", json!({ "toolUseId": "tooluse_second" }))
        }
        "start" => ("toolUse", json!({ "name": "second", "toolUseId": "tooluse_second" })),
        _ if members.contains_key("text") => ("toolUse", json!({ "input": "" })),
        _ => ("text", json!("")),
    };
    members.insert(name.to_owned(), value);
}

impl Step for Break {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        if self.trigger.picks(&action)
            && let Some(broken) = self.of(&action)
        {
            action = broken;
            action.mark(&self.cause);
        }
        out.push(action);
    }
}
