//! Every fault by its name, as a file writes it.

use super::body::Body;
use super::coalesce::Coalesce;
use super::content_type::ContentType;
use super::corrupt::Corrupt;
use super::cut::Cut;
use super::drip::Drip;
use super::drop_event::DropEvent;
use super::duplicate::Duplicate;
use super::error::Error;
use super::exception::Exception;
use super::goaway::Goaway;
use super::half_frame::HalfFrame;
use super::no_metadata::NoMetadata;
use super::no_stop::NoStop;
use super::reorder::Reorder;
use super::reset::Reset;
use super::rst_stream::RstStream;
use super::slice::Slice;
use super::sse::Sse;
use super::stall::Stall;
use super::step::{Facts, Step};
use super::stop_reason::StopReason;
use super::throttle::Throttle;
use super::union::Union;
use super::unknown_event::UnknownEvent;
use crate::aim::Aim;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::sync::Arc;

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
    /// Some other body instead of the answer: an HTML page, JSON where frames are due.
    Body(Body),
    /// The head names another content type; the body stays.
    ContentType(ContentType),
    /// The frames are re-encoded as `text/event-stream`.
    Sse(Sse),
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
    /// Bytes leave a few at a time, with a pause between.
    Drip(Drip),
    /// Frames are sent in small writes.
    Slice(Slice),
    /// Frames are held back and leave together.
    Coalesce(Coalesce),
    /// An event arrives twice.
    Duplicate(Duplicate),
    /// An event changes places with the next one.
    Reorder(Reorder),
    /// An event is missing, or every event that `at` fits.
    DropEvent(DropEvent),
    /// An extra event that no client knows, after `at`.
    UnknownEvent(UnknownEvent),
    /// A delta or start that does not hold exactly one member.
    Union(Union),
    /// messageStop, and a unary answer, give another stop reason.
    StopReason(StopReason),
    /// messageStop and metadata are missing; the body ends cleanly.
    NoStop(NoStop),
    /// metadata is missing.
    NoMetadata(NoMetadata),
}

/// The faults that may be written as a bare name: all their settings have defaults.
const BARE: [&str; 19] = [
    "throttle",
    "cut",
    "reset",
    "rst_stream",
    "goaway",
    "half_frame",
    "corrupt",
    "stall",
    "drip",
    "slice",
    "coalesce",
    "duplicate",
    "reorder",
    "drop_event",
    "unknown_event",
    "content_type",
    "sse",
    "no_stop",
    "no_metadata",
];

impl FaultKind {
    /// The name, as written in a file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Error(_) => "error",
            Self::Exception(_) => "exception",
            Self::Throttle(_) => "throttle",
            Self::Body(_) => "body",
            Self::ContentType(_) => "content_type",
            Self::Sse(_) => "sse",
            Self::Cut(_) => "cut",
            Self::Reset(_) => "reset",
            Self::RstStream(_) => "rst_stream",
            Self::Goaway(_) => "goaway",
            Self::HalfFrame(_) => "half_frame",
            Self::Corrupt(_) => "corrupt",
            Self::Stall(_) => "stall",
            Self::Drip(_) => "drip",
            Self::Slice(_) => "slice",
            Self::Coalesce(_) => "coalesce",
            Self::Duplicate(_) => "duplicate",
            Self::Reorder(_) => "reorder",
            Self::DropEvent(_) => "drop_event",
            Self::UnknownEvent(_) => "unknown_event",
            Self::Union(_) => "union",
            Self::StopReason(_) => "stop_reason",
            Self::NoStop(_) => "no_stop",
            Self::NoMetadata(_) => "no_metadata",
        }
    }

    /// The fault as a step at `aim`; `cause` is what the plan says of it.
    pub fn step(&self, aim: Option<&Aim>, facts: Facts, cause: &Arc<str>) -> Box<dyn Step> {
        match self {
            Self::Error(fault) => fault.step(cause),
            Self::Exception(fault) => fault.step(aim, facts, cause),
            Self::Throttle(fault) => fault.step(aim, facts, cause),
            Self::Body(fault) => fault.step(cause),
            Self::ContentType(fault) => fault.step(cause),
            Self::Sse(fault) => fault.step(facts, cause),
            Self::Cut(fault) => fault.step(aim, facts, cause),
            Self::Reset(fault) => fault.step(aim, facts, cause),
            Self::RstStream(fault) => fault.step(aim, facts, cause),
            Self::Goaway(fault) => fault.step(aim, facts, cause),
            Self::HalfFrame(fault) => fault.step(aim, facts, cause),
            Self::Corrupt(fault) => fault.step(aim, facts, cause),
            Self::Stall(fault) => fault.step(aim, facts, cause),
            Self::Drip(fault) => fault.step(aim, facts, cause),
            Self::Slice(fault) => fault.step(aim, facts, cause),
            Self::Coalesce(fault) => fault.step(facts, cause),
            Self::Duplicate(fault) => fault.step(aim, facts, cause),
            Self::Reorder(fault) => fault.step(aim, facts, cause),
            Self::DropEvent(fault) => fault.step(aim, facts, cause),
            Self::UnknownEvent(fault) => fault.step(aim, facts, cause),
            Self::Union(fault) => fault.step(aim, facts, cause),
            Self::StopReason(fault) => fault.step(cause),
            Self::NoStop(fault) => fault.step(cause),
            Self::NoMetadata(fault) => fault.step(facts, cause),
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
                | Self::UnknownEvent(_)
        ) || self.needs_event()
    }

    /// Whether only an aim at an event makes sense.
    pub fn needs_event(&self) -> bool {
        matches!(self, Self::Duplicate(_) | Self::Reorder(_) | Self::DropEvent(_) | Self::Union(_))
    }
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
