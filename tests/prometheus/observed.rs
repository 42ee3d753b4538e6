//! What was observed: the same again every fifteen seconds, so that every rate is known whatever time it looks back over.

use crate::served::post;
use serde_json::{Value, json};

/// How often it was observed: ten minutes.
pub(crate) const STEPS: u64 = 40;
/// Seconds between.
pub(crate) const EVERY: f64 = 15.0;
/// 2026-01-01, in seconds since 1970.
const BEGIN: u64 = 1_767_225_600;

/// When a step was, in seconds since 1970.
pub(crate) fn at(step: u64) -> u64 {
    BEGIN + step * 15
}

/// What a series gets in each step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Each {
    Samples { bounds: &'static [f64], unit: &'static str, samples: &'static [f64] },
    More(u64),
    Is(u64),
}

/// A series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed {
    pub(crate) metric: &'static str,
    pub(crate) labels: &'static [(&'static str, &'static str)],
    pub(crate) each: Each,
}

const SECONDS: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const FIRST: &[f64] =
    &[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const TOKENS: &[f64] = &[1.0, 4.0, 16.0, 64.0, 256.0, 1024.0];

const fn of(
    metric: &'static str,
    labels: &'static [(&'static str, &'static str)],
    bounds: &'static [f64],
    unit: &'static str,
    samples: &'static [f64],
) -> Observed {
    Observed { metric, labels, each: Each::Samples { bounds, unit, samples } }
}

const NOVA: &[(&str, &str)] = &[("gen_ai.request.model", "nova")];
const CLAUDE: &[(&str, &str)] = &[("gen_ai.request.model", "claude")];
const THROTTLED: &[(&str, &str)] =
    &[("gen_ai.request.model", "claude"), ("error.type", "ThrottlingException")];

/// All of it: `nova` and `search` do well, `claude` and `book` do not.
pub(crate) const ALL: &[Observed] = &[
    of("gen_ai.client.operation.duration", NOVA, SECONDS, "s", &[0.3, 0.5, 0.7, 1.5]),
    of("gen_ai.client.operation.duration", CLAUDE, SECONDS, "s", &[3.0, 6.0, 8.0]),
    of("gen_ai.client.operation.duration", THROTTLED, SECONDS, "s", &[0.05]),
    of("gen_ai.client.operation.time_to_first_chunk", NOVA, SECONDS, "s", &[0.1, 0.2, 0.3]),
    of("gen_ai.client.operation.time_to_first_chunk", CLAUDE, SECONDS, "s", &[4.0, 6.0, 9.0]),
    of("gen_ai.client.operation.time_per_output_chunk", NOVA, SECONDS, "s", &[0.015, 0.016, 0.017, 0.03]),
    of("gen_ai.client.operation.time_per_output_chunk", CLAUDE, SECONDS, "s", &[0.1, 0.11, 0.12, 0.5]),
    of(
        "gen_ai.client.token.usage",
        &[("gen_ai.request.model", "nova"), ("gen_ai.token.type", "input")],
        TOKENS,
        "{token}",
        &[100.0, 120.0, 80.0],
    ),
    of(
        "gen_ai.client.token.usage",
        &[("gen_ai.request.model", "nova"), ("gen_ai.token.type", "output")],
        TOKENS,
        "{token}",
        &[10.0, 20.0, 3.0],
    ),
    of(
        "gen_ai.client.token.usage",
        &[("gen_ai.request.model", "claude"), ("gen_ai.token.type", "input")],
        TOKENS,
        "{token}",
        &[500.0, 700.0],
    ),
    of(
        "gen_ai.client.token.usage",
        &[("gen_ai.request.model", "claude"), ("gen_ai.token.type", "output")],
        TOKENS,
        "{token}",
        &[50.0, 77.0],
    ),
    of("gen_ai.execute_tool.duration", &[("gen_ai.tool.name", "search")], SECONDS, "s", &[0.015, 0.05, 0.3]),
    of("gen_ai.execute_tool.duration", &[("gen_ai.tool.name", "book")], SECONDS, "s", &[6.0, 7.0]),
    of(
        "gen_ai.execute_tool.duration",
        &[("gen_ai.tool.name", "book"), ("error.type", "tool_error")],
        SECONDS,
        "s",
        &[0.1],
    ),
    of("gen_ai.invoke_agent.duration", &[("gen_ai.agent.name", "planner")], SECONDS, "s", &[2.0, 5.0, 20.0]),
    of(
        "gen_ai.invoke_agent.duration",
        &[("gen_ai.agent.name", "planner"), ("error.type", "turns")],
        SECONDS,
        "s",
        &[1.0],
    ),
    of("gen_ai.server.request.duration", NOVA, SECONDS, "s", &[0.2, 0.4, 0.6]),
    of("gen_ai.server.request.duration", CLAUDE, SECONDS, "s", &[2.0, 5.5]),
    of("gen_ai.server.request.duration", THROTTLED, SECONDS, "s", &[0.015]),
    of("gen_ai.server.time_to_first_token", NOVA, FIRST, "s", &[0.07, 0.09, 0.2]),
    of("gen_ai.server.time_to_first_token", CLAUDE, FIRST, "s", &[3.0, 6.0]),
    Observed { metric: "faultline.retries", labels: CLAUDE, each: Each::More(2) },
    Observed {
        metric: "faultline.throttles",
        labels: &[("error.type", "ThrottlingException")],
        each: Each::More(3),
    },
    Observed { metric: "faultline.faults", labels: CLAUDE, each: Each::More(2) },
    Observed { metric: "faultline.breaker.open", labels: NOVA, each: Each::Is(0) },
    Observed { metric: "faultline.breaker.open", labels: CLAUDE, each: Each::Is(1) },
];

/// Which bucket of so many bounds a sample is in.
pub(crate) fn bucket(bounds: &[f64], sample: f64) -> usize {
    bounds.iter().position(|bound| sample <= *bound).unwrap_or(bounds.len())
}

/// Tells a collector everything up to that step.
pub(crate) fn tell(address: &str, step: u64) {
    let metrics: Vec<Value> = ALL.iter().map(|observed| metric(observed, step)).collect();
    let service = json!({"key": "service.name", "value": {"stringValue": "fixture"}});
    let body = json!({"resourceMetrics": [{"resource": {"attributes": [service]},
        "scopeMetrics": [{"scope": {"name": "fixture"}, "metrics": metrics}]}]});
    let answer =
        post(address, "/v1/metrics", "content-type: application/json\r\n", &body.to_string()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn metric(Observed { metric, labels, each }: &Observed, step: u64) -> Value {
    let attributes: Vec<Value> =
        labels.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect();
    let nanos = |seconds: u64| format!("{seconds}000000000");
    let mut point =
        json!({"attributes": attributes, "startTimeUnixNano": nanos(BEGIN), "timeUnixNano": nanos(at(step))});
    match each {
        Each::Samples { bounds, unit, samples } => {
            let mut counts = vec![0; bounds.len() + 1];
            samples.iter().for_each(|sample| counts[bucket(bounds, *sample)] += step);
            point["count"] = json!((samples.len() as u64 * step).to_string());
            point["sum"] = json!(samples.iter().sum::<f64>() * step as f64);
            point["explicitBounds"] = json!(bounds);
            point["bucketCounts"] = counts.iter().map(u64::to_string).collect();
            json!({"name": metric, "unit": unit, "histogram": {"aggregationTemporality": 2, "dataPoints": [point]}})
        }
        Each::More(more) => {
            point["asInt"] = json!((more * step).to_string());
            let sum = json!({"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point]});
            json!({"name": metric, "sum": sum})
        }
        Each::Is(value) => {
            point["asInt"] = json!(value.to_string());
            json!({"name": metric, "gauge": {"dataPoints": [point]}})
        }
    }
}
