//! An event that no client knows yet, between two that it does.

use super::step::{Facts, Step};
use super::trigger::{Meet, Trigger};
use super::whole::forged;
use crate::aim::Aim;
use crate::plan::Action;
use faultline_wire::{Event, padding};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// An extra event after `at`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnknownEvent {
    /// Its event type.
    #[serde(rename = "type", default = "brand_new")]
    pub kind: String,
    /// Its payload; the shortest `p` that Bedrock sends is added.
    #[serde(default)]
    pub payload: Map<String, Value>,
}

fn brand_new() -> String {
    "brandNewEvent".to_owned()
}

impl UnknownEvent {
    pub(super) fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        // There is no frame before the head.
        let aim = if aim == Some(&Aim::Head) { Some(&Aim::Start) } else { aim };
        let trigger = Trigger::new(aim, facts).between();
        let event = Event::from_payload(&self.kind, Value::Object(self.payload.clone()));
        Box::new(Add { trigger, event, streams: facts.streams, cause: cause.clone() })
    }
}

struct Add {
    trigger: Trigger,
    event: Event,
    /// A unary answer has no events.
    streams: bool,
    cause: Arc<str>,
}

impl Step for Add {
    fn step(&mut self, action: Action, out: &mut Vec<Action>) {
        if !self.streams {
            return out.push(action);
        }
        match self.trigger.meet(action) {
            Meet::Pass(action) => out.push(action),
            Meet::Here { before, at, after } => {
                out.extend(before);
                if let Some(mut extra) = forged(self.event.clone(), Some(padding::MIN), at) {
                    extra.mark(&self.cause);
                    out.push(extra);
                }
                out.extend(after);
            }
        }
    }
}
