//! What a recording keeps of an answer beside its events: head, body, pieces, trailers, end, and what was asked. Pure data.
//!
//! Times are milliseconds from the request, with up to three decimals. What has one time came together.

use crate::plan::Ending;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Status and headers of a recorded answer.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedHead {
    /// When it came.
    #[serde(default, rename = "t_ms")]
    #[schemars(range(min = 0))]
    pub t_ms: f64,
    /// HTTP status; left out: 200.
    #[serde(default = "ok")]
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// Headers in their order, names in lower case, values as texts.
    #[serde(default)]
    pub headers: Map<String, Value>,
}

fn ok() -> u16 {
    200
}

impl Default for RecordedHead {
    fn default() -> Self {
        Self { t_ms: 0.0, status: ok(), headers: Map::new() }
    }
}

/// One frame of a recording.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedFrame {
    /// When it arrived, in milliseconds from the request.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub t_ms: f64,
    /// The event type, with `payload`.
    pub event: Option<String>,
    /// The exception type, with `payload`.
    pub exception: Option<String>,
    /// The payload, without `p`.
    pub payload: Option<Value>,
    /// The length of `p`; left out: no `p`.
    #[schemars(range(max = 62))]
    pub p: Option<u8>,
    /// The bytes in base64, for what will not decode.
    pub raw: Option<String>,
    /// Where it came in several pieces.
    #[serde(default)]
    pub pieces: Vec<Piece>,
}

/// The body of a recorded answer that is no event stream: exactly one of `json`, `text` and `raw`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedBody {
    /// JSON that was written without spaces, its keys in this order.
    pub json: Option<Value>,
    /// Any other text.
    pub text: Option<String>,
    /// The bytes in base64, for what is no text.
    pub raw: Option<String>,
    /// When it came.
    #[serde(default, rename = "t_ms")]
    #[schemars(range(min = 0))]
    pub t_ms: f64,
    /// Where it came in several pieces.
    #[serde(default)]
    pub pieces: Vec<Piece>,
}

/// A place where bytes came apart.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// After so many bytes, from the start of the frame or of the body.
    #[schemars(range(min = 1))]
    pub after: usize,
    /// When the rest came.
    #[schemars(range(min = 0))]
    pub t_ms: f64,
}

/// How a recorded answer ended.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedEnd {
    /// When.
    #[serde(default, rename = "t_ms")]
    #[schemars(range(min = 0))]
    pub t_ms: f64,
    /// How; left out: as HTTP wants it.
    #[serde(default)]
    pub how: HowEnded,
    /// HTTP trailers, values as texts.
    #[serde(default)]
    pub trailers: Map<String, Value>,
}

/// The ways in which an answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HowEnded {
    /// As HTTP wants it.
    #[default]
    Complete,
    /// The connection closed with the body unfinished.
    Cut,
    /// TCP reset.
    Reset,
    /// HTTP/2 RST_STREAM with this code.
    RstStream(u32),
    /// HTTP/2 GOAWAY with this code, and the connection closed.
    Goaway(u32),
    /// The client left first; what would have come is not known, so a replay is silent from here on.
    ClientLeft,
}

impl std::fmt::Display for HowEnded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Cut => f.write_str("cut"),
            Self::Reset => f.write_str("reset"),
            Self::RstStream(code) => write!(f, "RST_STREAM {code}"),
            Self::Goaway(code) => write!(f, "GOAWAY {code}"),
            Self::ClientLeft => f.write_str("the client left"),
        }
    }
}

impl From<HowEnded> for Ending {
    fn from(how: HowEnded) -> Self {
        match how {
            HowEnded::Complete => Self::Complete,
            HowEnded::Cut => Self::Cut,
            HowEnded::Reset => Self::Reset,
            HowEnded::RstStream(code) => Self::RstStream { code },
            HowEnded::Goaway(code) => Self::Goaway { code, covers: true },
            HowEnded::ClientLeft => Self::Stall,
        }
    }
}

/// The request that an answer was recorded for. Nothing is matched against it: `when` is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedRequest {
    /// Its headers, those that say something of the request, values as texts.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// Its body, where it was JSON.
    pub body: Option<Value>,
}
