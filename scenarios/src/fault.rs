//! One fault of a list: what, where, and which requests it strikes.

use crate::aim::Aim;
use crate::faults::FaultKind;
use crate::quota::Quota;
use schemars::JsonSchema;
use serde::Deserialize;

/// One thing that goes wrong.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    #[serde(rename = "do", deserialize_with = "crate::faults::bare_or_named")]
    #[schemars(schema_with = "crate::faults::bare_or_named_schema")]
    pub kind: FaultKind,
    /// Where in the reply.
    pub at: Option<Aim>,
    /// From which request of the session on it strikes, from 1. Requests count attempts. Left out: from the first.
    #[schemars(range(min = 1))]
    pub call: Option<u64>,
    /// How often it strikes; left out: once when `call` is given, else always. An answer that has nothing to strike (a
    /// unary answer for an aim at an event) does not count.
    #[schemars(range(min = 1))]
    pub times: Option<u64>,
    /// Strikes only every nth request that it could strike.
    #[schemars(range(min = 1))]
    pub every: Option<u64>,
    /// The share of requests that it strikes, drawn from the seed: 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub probability: Option<f64>,
    /// Strikes only requests beyond this quota of the session.
    pub quota: Option<Quota>,
    /// Strikes only requests for the model that the session asked for first: another one is well.
    #[serde(default)]
    pub first_model: bool,
}
