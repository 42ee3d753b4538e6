//! What goes wrong before a request exists: on the listener and on connections.
//!
//! Pure data and decisions; the server's listener acts. It knows nothing of scenarios' replies.

use crate::span::Span;
use schemars::JsonSchema;
use serde::Deserialize;

/// One thing that goes wrong with connections.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Admission {
    /// What happens.
    #[serde(rename = "do")]
    pub kind: AdmissionKind,
    /// From which connection of the server on it strikes, from 1. Left out: from the first.
    #[schemars(range(min = 1))]
    pub connection: Option<u64>,
    /// How many connections it strikes; left out: one when `connection` is given, else all.
    #[schemars(range(min = 1))]
    pub times: Option<u64>,
}

/// What goes wrong with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionKind {
    /// The connection is reset as soon as it is there.
    Refuse,
    /// Nothing is read or written for so long, then all is well.
    SlowAccept(Span),
}
