//! Recording rules and alerts.

use super::promql::{Slice, failed, quantile, rate, share};
use super::series::{Labels, Series};

/// The stretch of time that rules look back over.
const WINDOW: &str = "5m";

/// A query that is kept as a series.
pub(super) struct Recording {
    pub(super) name: String,
    pub(super) expr: String,
}

/// A query that calls somebody while it has an answer.
pub(super) struct Alert {
    pub(super) name: &'static str,
    pub(super) expr: String,
    /// How long it must have had one.
    pub(super) after: &'static str,
    pub(super) severity: &'static str,
    /// With `{{ $labels.x }}` and `{{ $value }}`.
    pub(super) summary: String,
}

/// Percentiles and shares over five minutes: cheap to show over weeks.
pub(super) fn recording(series: &Series) -> Vec<Recording> {
    let Labels { model, tool, .. } = &series.labels;
    let percentiles =
        [(&series.call, model), (&series.first_chunk, model), (&series.chunk, model), (&series.tool, tool)]
            .into_iter()
            .flat_map(|(histogram, by)| {
                [(0.5, "p50"), (0.95, "p95")].map(|(share, name)| Recording {
                    name: format!("{by}:{histogram}:{name}_5m"),
                    expr: quantile(share, histogram, slice("", &[by])),
                })
            });
    let shares = [(&series.call, model), (&series.tool, tool)].map(|(histogram, by)| Recording {
        name: format!("{by}:{histogram}:failed_share_5m"),
        expr: failures(series, histogram, by),
    });
    percentiles.chain(shares).collect()
}

/// What is worth a call.
pub(super) fn alerts(series: &Series) -> Vec<Alert> {
    let Labels { job, model, tool, .. } = &series.labels;
    let p95 = |histogram: &str, by: &str| quantile(0.95, histogram, slice("", &[by]));
    let label = |name: &str| format!("{{{{ $labels.{name} }}}}");
    let alert = |name, expr, after, severity, summary| Alert { name, expr, after, severity, summary };
    let calls = rate(&format!("{}_count", series.call), slice("", &[job]));
    let throttled = share(&rate(&series.throttles, slice("", &[job])), &calls);
    vec![
        alert(
            "FaultlineFirstChunkSlow",
            format!("{} > 5", p95(&series.first_chunk, model)),
            "5m",
            "warning",
            format!("{}: one stream in twenty waits {SECONDS} for its first chunk", label(model)),
        ),
        alert(
            "FaultlineToolSlow",
            format!("{} > 5", p95(&series.tool, tool)),
            "5m",
            "warning",
            format!("tool {}: one call in twenty takes {SECONDS}", label(tool)),
        ),
        alert(
            "FaultlineThrottled",
            format!("{throttled} > 0.05"),
            "5m",
            "warning",
            format!("{}: {SHARE} as many throttled requests as model calls", label(job)),
        ),
        alert(
            "FaultlineBreakerOpen",
            format!("max by ({job}, {model}) ({}) > 0", series.breaker),
            "1m",
            "critical",
            format!("{}: {} is left alone after too many failures", label(job), label(model)),
        ),
        alert(
            "FaultlineModelCallsFail",
            format!("{} > 0.1", failures(series, &series.call, model)),
            "5m",
            "critical",
            format!("{}: {SHARE} of the model calls fail", label(model)),
        ),
        alert(
            "FaultlineToolFails",
            format!("{} > 0.1", failures(series, &series.tool, tool)),
            "5m",
            "warning",
            format!("tool {}: {SHARE} of the calls fail", label(tool)),
        ),
    ]
}

const SECONDS: &str = "{{ $value | humanizeDuration }}";
const SHARE: &str = "{{ $value | humanizePercentage }}";

fn slice<'a>(only: &'a str, by: &'a [&'a str]) -> Slice<'a> {
    Slice { only, by, window: WINDOW }
}

/// The share of a histogram's samples that tell of an error.
fn failures(series: &Series, histogram: &str, by: &str) -> String {
    let count = format!("{histogram}_count");
    share(&rate(&count, slice(&failed(&series.labels.error), &[by])), &rate(&count, slice("", &[by])))
}
