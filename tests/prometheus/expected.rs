//! What every query must come to, worked out of the observations and of nothing else.

use crate::observed::{ALL, EVERY, Each, Observed, bucket};
use crate::prometheus::Vector;
use std::collections::BTreeMap;

const MODEL: &str = "gen_ai.request.model";
const TOOL: &str = "gen_ai.tool.name";
const AGENT: &str = "gen_ai.agent.name";
const ERROR: &str = "error.type";
const JOB: &str = "job";

const CALL: &str = "gen_ai.client.operation.duration";
const FIRST: &str = "gen_ai.client.operation.time_to_first_chunk";
const CHUNK: &str = "gen_ai.client.operation.time_per_output_chunk";
const TOOL_CALL: &str = "gen_ai.execute_tool.duration";
const RUN: &str = "gen_ai.invoke_agent.duration";
const SERVED: &str = "gen_ai.server.request.duration";
const FIRST_TOKEN: &str = "gen_ai.server.time_to_first_token";
const TOKENS: &str = "gen_ai.client.token.usage";

fn label<'a>(observed: &'a Observed, name: &str) -> Option<&'a str> {
    if name == JOB {
        return Some("fixture");
    }
    observed.labels.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// Series of a metric by labels, as Prometheus writes those.
fn groups(
    metric: &str,
    only: impl Fn(&Observed) -> bool,
    by: &[&str],
) -> BTreeMap<BTreeMap<String, String>, Vec<Observed>> {
    let mut groups: BTreeMap<_, Vec<Observed>> = BTreeMap::new();
    for observed in ALL.iter().filter(|observed| observed.metric == metric && only(observed)) {
        let labels =
            by.iter().filter_map(|name| Some((name.replace('.', "_"), label(observed, name)?.to_owned())));
        groups.entry(labels.collect()).or_default().push(*observed);
    }
    groups
}

/// What each group gets a second, where `of` says what a series gets in a step.
fn rate(metric: &str, only: impl Fn(&Observed) -> bool, by: &[&str], of: impl Fn(&Each) -> f64) -> Vector {
    let sum = |group: Vec<Observed>| group.iter().map(|observed| of(&observed.each)).sum::<f64>();
    groups(metric, only, by).into_iter().map(|(labels, group)| (labels, sum(group) / EVERY)).collect()
}

fn all(_: &Observed) -> bool {
    true
}

fn failed(observed: &Observed) -> bool {
    label(observed, ERROR).is_some()
}

fn kind(kind: &str) -> impl Fn(&Observed) -> bool {
    move |observed| label(observed, "gen_ai.token.type") == Some(kind)
}

/// How many.
fn count(each: &Each) -> f64 {
    match each {
        Each::Samples { samples, .. } => samples.len() as f64,
        Each::More(count) | Each::Is(count) => *count as f64,
    }
}

/// How much.
fn sum(each: &Each) -> f64 {
    match each {
        Each::Samples { samples, .. } => samples.iter().sum(),
        other => count(other),
    }
}

/// A quantile as buckets know it: on the straight line through its bucket.
fn quantile(share: f64, metric: &str, by: &str) -> Vector {
    let of = |group: Vec<Observed>| {
        let Each::Samples { bounds, .. } = group[0].each else { panic!("{metric} has no samples") };
        let mut counts = vec![0.0; bounds.len() + 1];
        for observed in &group {
            let Each::Samples { samples, .. } = observed.each else { panic!("{metric} has no samples") };
            samples.iter().for_each(|sample| counts[bucket(bounds, *sample)] += 1.0);
        }
        let rank = share * counts.iter().sum::<f64>();
        let mut below = 0.0;
        let inside = counts.iter().position(|count| {
            below += count;
            below >= rank
        });
        let inside = inside.unwrap();
        let lower = if inside == 0 { 0.0 } else { bounds[inside - 1] };
        let part = (rank - (below - counts[inside])) / counts[inside];
        lower + (bounds[inside] - lower) * part
    };
    groups(metric, all, &[by]).into_iter().map(|(labels, group)| (labels, of(group))).collect()
}

/// `some` of `all`; what is missing is none.
fn share(some: &Vector, all: &Vector) -> Vector {
    let of = |labels| some.get(labels).copied().unwrap_or(0.0);
    all.iter().map(|(labels, value)| (labels.clone(), of(labels) / value)).collect()
}

fn failed_share(metric: &str, by: &str) -> Vector {
    share(&rate(metric, failed, &[by], count), &rate(metric, all, &[by], count))
}

/// Those above: some must be, and some not.
fn above(limit: f64, vector: Vector) -> Vector {
    let (above, below): (Vector, Vector) = vector.into_iter().partition(|(_, value)| *value > limit);
    assert!(!above.is_empty() && !below.is_empty(), "{above:?} and {below:?}");
    above
}

/// By the query's place.
fn all_of_dashboards() -> Vec<(String, Vector)> {
    let mut expected = Vec::new();
    let mut percentiles = |place: &str, metric: &str, by: &str| {
        for (share, name) in [(0.5, "A"), (0.95, "B"), (0.99, "C")] {
            expected.push((format!("{place}: {name}"), quantile(share, metric, by)));
        }
    };
    percentiles("latency.json: Model calls: duration", CALL, MODEL);
    percentiles("latency.json: Streams: time to first chunk", FIRST, MODEL);
    percentiles("latency.json: Streams: time per chunk", CHUNK, MODEL);
    percentiles("tools.json: Tool calls: duration", TOOL_CALL, TOOL);
    percentiles("agent.json: Agent runs: duration", RUN, AGENT);
    percentiles("faults.json: Served requests: duration", SERVED, MODEL);
    percentiles("faults.json: Served requests: time to first token", FIRST_TOKEN, MODEL);
    let tokens = |kind_of: &str, of: fn(&Each) -> f64| rate(TOKENS, kind(kind_of), &[MODEL], of);
    let faults = rate("faultline.faults", all, &[MODEL], count);
    // In five minutes, of which each has four steps.
    let calls =
        rate(TOOL_CALL, all, &[TOOL], count).into_iter().map(|(tool, rate)| (tool, rate * 300.0)).collect();
    let breaker = groups("faultline.breaker.open", all, &[MODEL]).into_iter();
    let breaker = breaker.map(|(labels, group)| (labels, count(&group[0].each))).collect();
    let more = [
        ("latency.json: Model calls: A", rate(CALL, all, &[MODEL], count)),
        ("tools.json: Failed tool calls: A", rate(TOOL_CALL, failed, &[TOOL, ERROR], count)),
        ("tools.json: Share of tool calls that failed: A", failed_share(TOOL_CALL, TOOL)),
        ("tools.json: Most called tools: A", calls),
        ("agent.json: Tokens: A", tokens("input", sum)),
        ("agent.json: Tokens: B", tokens("output", sum)),
        ("agent.json: Tokens of a model call: A", share(&tokens("input", sum), &tokens("input", count))),
        ("agent.json: Tokens of a model call: B", share(&tokens("output", sum), &tokens("output", count))),
        ("agent.json: Retries: A", rate("faultline.retries", all, &[MODEL], count)),
        ("agent.json: Throttles: A", rate("faultline.throttles", all, &[ERROR], count)),
        ("agent.json: Circuit breaker: A", breaker),
        ("agent.json: Failed model calls: A", rate(CALL, failed, &[MODEL, ERROR], count)),
        ("agent.json: Failed agent runs: A", rate(RUN, failed, &[AGENT, ERROR], count)),
        ("faults.json: Faults per request: A", share(&faults, &rate(SERVED, all, &[MODEL], count))),
        ("faults.json: Faults: A", faults),
        ("faults.json: Errors served: A", rate(SERVED, failed, &[MODEL, ERROR], count)),
    ];
    expected.extend(more.map(|(place, vector)| (place.to_owned(), vector)));
    expected
}

fn all_of_rules() -> Vec<(String, Vector)> {
    let mut expected = Vec::new();
    for (metric, by) in [(CALL, MODEL), (FIRST, MODEL), (CHUNK, MODEL), (TOOL_CALL, TOOL)] {
        let name = format!("recording.yml: {}:{}_seconds", by.replace('.', "_"), metric.replace('.', "_"));
        expected.push((format!("{name}:p50_5m"), quantile(0.5, metric, by)));
        expected.push((format!("{name}:p95_5m"), quantile(0.95, metric, by)));
        if metric == CALL || metric == TOOL_CALL {
            expected.push((format!("{name}:failed_share_5m"), failed_share(metric, by)));
        }
    }
    let throttled = rate("faultline.throttles", all, &[JOB], count);
    let throttled = share(&throttled, &rate(CALL, all, &[JOB], count));
    let open = groups("faultline.breaker.open", all, &[JOB, MODEL]).into_iter();
    let open = open.map(|(labels, group)| (labels, count(&group[0].each))).collect();
    let alerts = [
        ("FaultlineFirstChunkSlow", above(5.0, quantile(0.95, FIRST, MODEL))),
        ("FaultlineToolSlow", above(5.0, quantile(0.95, TOOL_CALL, TOOL))),
        ("FaultlineThrottled", throttled),
        ("FaultlineBreakerOpen", above(0.0, open)),
        ("FaultlineModelCallsFail", above(0.1, failed_share(CALL, MODEL))),
        ("FaultlineToolFails", above(0.1, failed_share(TOOL_CALL, TOOL))),
    ];
    expected.extend(alerts.map(|(name, vector)| (format!("alerts.yml: {name}"), vector)));
    expected
}

/// What each query must come to, by its place.
pub(crate) fn all_expected() -> BTreeMap<String, Vector> {
    all_of_dashboards().into_iter().chain(all_of_rules()).collect()
}
