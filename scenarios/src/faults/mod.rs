//! Faults are steps over a plan: one action in, any number out, own state, no clock, no I/O.
//!
//! Each fault is one file. `n` faults are a fold: the output of one is the input of the next. A step does not
//! care whether its actions come from a finished plan or from a live upstream.

mod corrupt;
mod cut;
mod end_at;
mod error;
mod exception;
mod goaway;
mod half_frame;
mod no_stop;
mod reset;
mod rst_stream;
mod slice;
mod stall;
mod step;
mod throttle;
mod trigger;

use crate::aim::Aim;
use crate::plan::{Act, Action, EVENT_STREAM, Plan, PlanError};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::sync::Arc;

pub use corrupt::Corrupt;
pub use cut::Cut;
pub use error::Error;
pub use exception::Exception;
pub use goaway::Goaway;
pub use half_frame::HalfFrame;
pub use no_stop::NoStop;
pub use reset::Reset;
pub use rst_stream::RstStream;
pub use slice::Slice;
pub use stall::Stall;
pub use step::{Facts, Step};
pub use throttle::Throttle;

/// What goes wrong. Most may be written as a bare name (`do: reset`).
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A typed AWS error instead of the answer.
    Error(Error),
    /// An exception frame inside the stream, which ends it. A unary answer becomes the HTTP error of that type.
    Exception(Exception),
    /// ThrottlingException: as HTTP 429, or as a frame when `at` aims into the stream.
    Throttle(Throttle),
    /// The connection closes (FIN) with the body unfinished, or, `clean`, the body just ends.
    Cut(Cut),
    /// TCP reset.
    Reset(Reset),
    /// HTTP/2 RST_STREAM.
    RstStream(RstStream),
    /// HTTP/2 GOAWAY with the stream unfinished, then the connection closes.
    Goaway(Goaway),
    /// A frame is only half sent, then the stream ends.
    HalfFrame(HalfFrame),
    /// A frame is broken in one part.
    Corrupt(Corrupt),
    /// Silence, for a time or for good.
    Stall(Stall),
    /// Frames are sent in small writes.
    Slice(Slice),
    /// messageStop and metadata are missing; the body ends cleanly.
    NoStop(NoStop),
}

/// The faults that may be written as a bare name: all their settings have defaults.
const BARE: [&str; 9] =
    ["throttle", "cut", "reset", "rst_stream", "goaway", "half_frame", "corrupt", "stall", "no_stop"];

impl FaultKind {
    /// The name, as written in a file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Error(_) => "error",
            Self::Exception(_) => "exception",
            Self::Throttle(_) => "throttle",
            Self::Cut(_) => "cut",
            Self::Reset(_) => "reset",
            Self::RstStream(_) => "rst_stream",
            Self::Goaway(_) => "goaway",
            Self::HalfFrame(_) => "half_frame",
            Self::Corrupt(_) => "corrupt",
            Self::Stall(_) => "stall",
            Self::Slice(_) => "slice",
            Self::NoStop(_) => "no_stop",
        }
    }

    /// The fault as a step at `aim`; `cause` is what the plan says of it.
    pub fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        match self {
            Self::Error(fault) => fault.step(cause),
            Self::Exception(fault) => fault.step(aim, facts, cause),
            Self::Throttle(fault) => fault.step(aim, facts, cause),
            Self::Cut(fault) => fault.step(aim, facts, cause),
            Self::Reset(fault) => fault.step(aim, facts, cause),
            Self::RstStream(fault) => fault.step(aim, facts, cause),
            Self::Goaway(fault) => fault.step(aim, facts, cause),
            Self::HalfFrame(fault) => fault.step(aim, facts, cause),
            Self::Corrupt(fault) => fault.step(aim, facts, cause),
            Self::Stall(fault) => fault.step(aim, facts, cause),
            Self::Slice(fault) => fault.step(aim, facts, cause),
            Self::NoStop(fault) => fault.step(cause),
        }
    }

    /// Whether the fault makes no sense without `at`.
    pub fn needs_aim(&self) -> bool {
        matches!(
            self,
            Self::Exception(_)
                | Self::Cut(_)
                | Self::Reset(_)
                | Self::RstStream(_)
                | Self::Goaway(_)
                | Self::HalfFrame(_)
                | Self::Corrupt(_)
                | Self::Stall(_)
        )
    }
}

/// A fault and where it strikes, ready to be folded over a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Strike {
    /// What.
    pub kind: FaultKind,
    /// Where.
    pub at: Option<Aim>,
}

impl Strike {
    /// The fault in a few words: `reset at contentBlockDelta 0`.
    pub fn cause(&self) -> Arc<str> {
        match &self.at {
            Some(aim) => format!("{} at {aim}", self.kind.name()).into(),
            None => self.kind.name().into(),
        }
    }
}

/// Folds `strikes` over `plan`, in their order.
///
/// # Errors
/// Never for the faults here: any of them over a plan is a plan (a property that the tests hold). A fault that
/// broke this would be refused rather than executed.
pub fn apply(plan: &Plan, strikes: &[Strike]) -> Result<Plan, PlanError> {
    let mut actions = plan.actions().to_vec();
    for strike in strikes {
        actions = strike_over(actions, strike);
    }
    Plan::new(actions)
}

fn strike_over(actions: Vec<Action>, strike: &Strike) -> Vec<Action> {
    // A fault before this one may have ended the answer before it began: there is nothing left to strike.
    let Some(facts) = facts(&actions) else { return actions };
    let mut step = strike.kind.step(strike.at.as_ref(), facts, &strike.cause());
    let mut out = Vec::with_capacity(actions.len() + 2);
    for action in actions {
        step.step(action, &mut out);
        if matches!(out.last(), Some(Action { act: Act::End(_), .. })) {
            break;
        }
    }
    out
}

/// What the actions are, as the faults before left them; `None` without a head.
fn facts(actions: &[Action]) -> Option<Facts> {
    let Act::Head(head) = &actions.first()?.act else { return None };
    let body_len = actions.iter().map(|action| action.bytes().len()).sum();
    Some(Facts { body_len, streams: head.header("content-type") == Some(EVENT_STREAM) })
}

/// Reads a fault as written: a bare name, or a name with settings.
pub(crate) fn bare_or_named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FaultKind, D::Error> {
    let named = match Value::deserialize(deserializer)? {
        Value::String(name) => json!({ name: {} }),
        named => named,
    };
    serde_json::from_value(named).map_err(serde::de::Error::custom)
}

/// The schema of [`bare_or_named`].
pub(crate) fn bare_or_named_schema(generator: &mut SchemaGenerator) -> Schema {
    let named = generator.subschema_for::<FaultKind>();
    json_schema!({ "anyOf": [{ "type": "string", "enum": BARE }, named] })
}
