//! The message says that it stopped for another reason than it did: `end_turn` over a tool call.

use super::step::Step;
use super::whole::{event_of, with_event};
use crate::plan::{Act, Action};
use faultline_wire::{Event, FramedEvent, canon};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A stop reason that is not true, in messageStop and in a unary answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopReason {
    /// What it says: `end_turn`, `tool_use`, `max_tokens`, or anything else.
    pub is: String,
}

impl StopReason {
    pub(super) fn step(&self, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Lie { is: self.is.clone(), cause: cause.clone() })
    }
}

struct Lie {
    is: String,
    cause: Arc<str>,
}

impl Lie {
    fn of(&self, action: &Action) -> Option<Action> {
        if let Some(framed) = event_of(action) {
            let Event::MessageStop { stop_reason, extra } = framed.event else { return None };
            let event = Event::MessageStop { stop_reason: self.is.clone(), extra };
            let lie = FramedEvent { event, padding: framed.padding };
            return (stop_reason != self.is).then(|| with_event(action.clone(), &lie));
        }
        let mut answer: Value = serde_json::from_slice(action.bytes()).ok()?;
        let said = answer.get_mut("stopReason").filter(|said| **said != json!(self.is))?;
        *said = json!(self.is);
        let mut action = action.clone();
        if let Act::Data { bytes, .. } = &mut action.act {
            *bytes = canon::to_vec(&answer).into();
        }
        Some(action)
    }
}

impl Step for Lie {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        match self.of(&action) {
            Some(mut lie) => {
                lie.mark(&self.cause);
                out.push(lie);
            }
            None => out.push(action),
        }
    }
}
