//! Transcripts to compare, and chance from a seed that is not the crate's own.

use faultline_shadow::{Campaign, Pair, Times, ToolCall, Transcript};
use serde_json::json;

/// An answer after one tool call, with nothing wrong.
pub(crate) fn answer() -> Transcript {
    let call = |turn, order: &str| ToolCall {
        turn,
        name: "get_order_status".to_owned(),
        arguments: json!({"order_id": order, "verbose": true}),
        result: Some(json!({"status": "shipped"})),
    };
    Transcript {
        text: "Both ship today.".to_owned(),
        stop_reason: Some("end_turn".to_owned()),
        tool_calls: vec![call(0, "A-10293"), call(0, "B-4410")],
        turns: 2,
        reasoning: vec!["Two orders.".to_owned()],
        citations: vec![json!({"title": "Shipping"})],
        guardrail: Some(json!({"action": "NONE"})),
        usage: vec![
            json!({"inputTokens": 98, "outputTokens": 20}),
            json!({"inputTokens": 130, "outputTokens": 9}),
        ],
        times: Times { total: Some(900.0), first_text: Some(400.0), ..Times::default() },
        ..Transcript::default()
    }
}

/// So many pairs that agree, timed by `latency` (baseline, candidate).
pub(crate) fn pairs(n: usize, mut latency: impl FnMut() -> (f64, f64)) -> Vec<Pair> {
    let timed = |total| Transcript { times: Times { total: Some(total), ..Times::default() }, ..answer() };
    let pair = |place: usize| {
        let (baseline, candidate) = latency();
        Pair { prompt: format!("prompt {place}"), baseline: timed(baseline), candidate: timed(candidate) }
    };
    (0..n).map(pair).collect()
}

/// A campaign of pairs whose arms are the same but for chance.
pub(crate) fn equal(n: usize, seed: u64) -> Campaign {
    let mut chance = Chance(seed);
    Campaign { pairs: pairs(n, || chance.latencies(0.2, 1.0)), noise: vec![] }
}

/// xorshift64*: another generator than the crate's, so the two cannot be in step.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A standard normal draw, after Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.unit(), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    /// One prompt in two arms: each arm's time is log-normal with `sigma`, about a middle that belongs to the prompt.
    pub(crate) fn latencies(&mut self, sigma: f64, slower: f64) -> (f64, f64) {
        let middle = 800.0 * (0.5 * self.normal()).exp();
        let arm = |draw: f64| middle * (sigma * draw).exp();
        (arm(self.normal()), arm(self.normal()) * slower)
    }
}

/// Prints why a test did not run; a failure where everything must run.
pub(crate) fn skip(why: &str) {
    use std::io::Write as _;
    let required = std::env::var_os("FAULTLINE_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "{why}, and FAULTLINE_REQUIRE_ALL=1 asks for it");
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
