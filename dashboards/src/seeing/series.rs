//! What our metrics and their labels are called in Prometheus.

use faultline_telemetry::own;
use faultline_telemetry::prometheus::{JOB, Kind, label_name, metric_name};
use faultline_telemetry::semconv::{Names, TokenMetrics, Version};

/// Metrics by what they say; histograms without the ends of their parts.
pub(super) struct Series {
    pub(super) call: String,
    pub(super) first_chunk: String,
    pub(super) chunk: String,
    pub(super) tool: String,
    pub(super) agent: String,
    pub(super) served: String,
    pub(super) first_token: String,
    pub(super) retries: String,
    pub(super) throttles: String,
    pub(super) faults: String,
    pub(super) breaker: String,
    /// Tokens that were read and written: a metric, and what selects them in it.
    pub(super) tokens: [Tokens; 2],
    pub(super) labels: Labels,
}

/// Tokens of one kind.
pub(super) struct Tokens {
    /// `read` or `written`.
    pub(super) what: &'static str,
    pub(super) metric: String,
    /// A matcher, or nothing.
    pub(super) only: String,
}

/// Labels by what they say.
pub(super) struct Labels {
    pub(super) job: &'static str,
    pub(super) model: String,
    pub(super) tool: String,
    pub(super) agent: String,
    pub(super) error: String,
}

impl Series {
    /// Under the names of that version.
    pub(super) fn of(version: Version) -> Self {
        let names = version.names();
        let time = |name: &str| metric_name(name, "s", Kind::Histogram);
        let count = |name: &str| metric_name(name, "", Kind::Counter);
        Self {
            call: time(names.metric_operation_duration),
            first_chunk: time(names.metric_time_to_first_chunk),
            chunk: time(names.metric_time_per_output_chunk),
            tool: time(names.metric_tool_duration),
            agent: time(names.metric_agent_duration),
            served: time(names.metric_server_duration),
            first_token: time(names.metric_server_first_token),
            retries: count(own::METRIC_RETRIES),
            throttles: count(own::METRIC_THROTTLES),
            faults: count(own::METRIC_FAULTS),
            breaker: metric_name(own::METRIC_BREAKER, "", Kind::Gauge),
            tokens: tokens(names),
            labels: Labels {
                job: JOB,
                model: label_name(names.request_model),
                tool: label_name(names.tool_name),
                agent: label_name(names.agent_name),
                error: label_name(names.error_type),
            },
        }
    }
}

fn tokens(names: &Names) -> [Tokens; 2] {
    let metric = |name: &str| metric_name(name, "{token}", Kind::Histogram);
    match names.metric_tokens {
        TokenMetrics::ByType(name) => [("read", "input"), ("written", "output")].map(|(what, kind)| Tokens {
            what,
            metric: metric(name),
            only: format!("{}=\"{kind}\"", label_name(names.token_type)),
        }),
        TokenMetrics::Split { input, output } => [("read", input), ("written", output)]
            .map(|(what, name)| Tokens { what, metric: metric(name), only: String::new() }),
    }
}
