//! The instruments that measurements go to.

use super::measure::{Metric, Sample};
use faultline_telemetry::own;
use faultline_telemetry::semconv::{DURATION_BOUNDS, Names, TokenMetrics, Version};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};

/// All instruments.
#[derive(Debug)]
pub(super) struct Meters {
    durations: Vec<(Metric, Histogram<f64>)>,
    tokens: Vec<(Metric, Histogram<u64>, Option<KeyValue>)>,
    counters: Vec<(Metric, Counter<u64>)>,
    breaker: Gauge<u64>,
}

/// Bounds that the conventions recommend for times of a server, in seconds.
const TOKEN_BOUNDS: [f64; 13] = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5];
const FIRST_TOKEN_BOUNDS: [f64; 16] =
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

impl Meters {
    /// The instruments under the names of that version.
    pub(super) fn new(meter: &Meter, version: Version) -> Self {
        let names = version.names();
        let duration = |name: &'static str, bounds: &[f64]| {
            meter.f64_histogram(name).with_unit("s").with_boundaries(bounds.to_vec()).build()
        };
        let usual = |name| duration(name, &DURATION_BOUNDS);
        let counter = |name: &'static str| meter.u64_counter(name).build();
        Self {
            durations: vec![
                (Metric::OperationDuration, usual(names.metric_operation_duration)),
                (Metric::TimeToFirstChunk, usual(names.metric_time_to_first_chunk)),
                (Metric::TimePerOutputChunk, usual(names.metric_time_per_output_chunk)),
                (Metric::ToolDuration, usual(names.metric_tool_duration)),
                (Metric::AgentDuration, usual(names.metric_agent_duration)),
                (Metric::ServerDuration, usual(names.metric_server_duration)),
                (
                    Metric::ServerTimeToFirstToken,
                    duration(names.metric_server_first_token, &FIRST_TOKEN_BOUNDS),
                ),
                (Metric::ServerTimePerToken, duration(names.metric_server_per_token, &TOKEN_BOUNDS)),
            ],
            tokens: tokens(meter, names),
            counters: vec![
                (Metric::Retries, counter(own::METRIC_RETRIES)),
                (Metric::Throttles, counter(own::METRIC_THROTTLES)),
                (Metric::Faults, counter(own::METRIC_FAULTS)),
            ],
            breaker: meter.u64_gauge(own::METRIC_BREAKER).build(),
        }
    }

    /// Takes a measurement.
    pub(super) fn take(&self, sample: &Sample) {
        let Sample { metric, value, labels } = sample;
        if matches!(metric, Metric::BreakerOpen | Metric::BreakerClosed) {
            self.breaker.record(u64::from(*metric == Metric::BreakerOpen), labels);
        }
        for (_, histogram) in self.durations.iter().filter(|(of, _)| of == metric) {
            histogram.record(*value, labels);
        }
        for (_, histogram, kind) in self.tokens.iter().filter(|(of, ..)| of == metric) {
            let labels: Vec<KeyValue> = labels.iter().cloned().chain(kind.clone()).collect();
            histogram.record(count(*value), &labels);
        }
        for (_, counter) in self.counters.iter().filter(|(of, _)| of == metric) {
            counter.add(count(*value), labels);
        }
    }
}

fn tokens(meter: &Meter, names: &Names) -> Vec<(Metric, Histogram<u64>, Option<KeyValue>)> {
    let bounds: Vec<f64> = (0..14).map(|power| f64::from(4_u32.pow(power))).collect();
    let histogram = |name: &'static str| {
        meter.u64_histogram(name).with_unit("{token}").with_boundaries(bounds.clone()).build()
    };
    match names.metric_tokens {
        TokenMetrics::ByType(name) => {
            let of = |kind: &'static str| Some(KeyValue::new(names.token_type, kind));
            let both = histogram(name);
            vec![(Metric::InputTokens, both.clone(), of("input")), (Metric::OutputTokens, both, of("output"))]
        }
        TokenMetrics::Split { input, output } => {
            vec![
                (Metric::InputTokens, histogram(input), None),
                (Metric::OutputTokens, histogram(output), None),
            ]
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts, clamped: `as` saturates")]
fn count(value: f64) -> u64 {
    value as u64
}
