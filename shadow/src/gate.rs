//! What a gate says, and with which numbers; and the verdict that follows from all of them. Knows not how a gate decides.

use serde::{Deserialize, Serialize};

/// Passed, failed, or not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The candidate is shown to hold what it is held to.
    Pass,
    /// It is shown not to.
    Fail,
    /// Neither is shown.
    Inconclusive,
}

/// One gate's word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GateResult {
    /// Its name: `divergence`, `divergence finalText over noise`, `ratio total`.
    pub gate: String,
    /// What it says.
    pub verdict: Verdict,
    /// How many pairs it looked at.
    pub n: usize,
    /// What was measured, in the limit's unit; `None` where there were too few samples.
    pub measured: Option<f64>,
    /// The lower bound, where the gate has one.
    pub low: Option<f64>,
    /// The upper bound, where the gate has one.
    pub high: Option<f64>,
    /// The limit.
    pub limit: f64,
    /// The error that this gate may spend at this look, on each side.
    pub alpha: f64,
    /// One sentence for people.
    pub because: String,
}

/// The verdict on a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The gate that decided: the first that failed, else the first that is not conclusive. `None` for a pass, where all did.
    pub decided_by: Option<String>,
    /// Each gate, in the policy's order.
    pub gates: Vec<GateResult>,
}

impl Judgement {
    /// One failure is a failure; without one, one open question leaves it open. No gate at all shows nothing.
    pub fn of(gates: Vec<GateResult>) -> Self {
        let first = |verdict| gates.iter().find(|gate| gate.verdict == verdict);
        let decisive = first(Verdict::Fail).or_else(|| first(Verdict::Inconclusive));
        let empty = if gates.is_empty() { Verdict::Inconclusive } else { Verdict::Pass };
        let verdict = decisive.map_or(empty, |gate| gate.verdict);
        Self { verdict, decided_by: decisive.map(|gate| gate.gate.clone()), gates }
    }
}
