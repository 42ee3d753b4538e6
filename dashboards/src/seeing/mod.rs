//! Dashboards for Grafana, and rules for Prometheus: described here, written as the files of `dashboards/grafana/` and
//! `dashboards/prometheus/`. Every name in a query comes from `telemetry`; a test holds the files to what is described.
//!
//! | | |
//! |---|---|
//! | `series.rs` | what our metrics are called in Prometheus |
//! | `promql.rs` | queries |
//! | `panel.rs` | a dashboard and its panels |
//! | `latency.rs`, `tools.rs`, `agent.rs`, `faults.rs` | the four dashboards |
//! | `json.rs` | a dashboard as Grafana reads it |
//! | `rules.rs`, `yaml.rs` | recording rules and alerts, and how they are written |

mod agent;
mod faults;
mod json;
mod latency;
mod panel;
mod promql;
mod rules;
mod series;
mod tools;
mod yaml;

use faultline_telemetry::semconv::Version;
use series::Series;

/// All files: where each belongs in `dashboards/`, and what is in it. Their names are those of the version that is told by
/// default.
#[must_use]
pub fn files() -> Vec<(&'static str, String)> {
    let series = Series::of(Version::default());
    vec![
        ("grafana/latency.json", json::text(&latency::dashboard(&series))),
        ("grafana/tools.json", json::text(&tools::dashboard(&series))),
        ("grafana/agent.json", json::text(&agent::dashboard(&series))),
        ("grafana/faults.json", json::text(&faults::dashboard(&series))),
        ("prometheus/recording.yml", yaml::recording(&rules::recording(&series))),
        ("prometheus/alerts.yml", yaml::alerts(&rules::alerts(&series))),
    ]
}
