//! A dashboard and its panels.

use super::promql::{PANEL, Slice, quantile};

/// A dashboard.
pub(super) struct Dashboard {
    /// Its name in addresses.
    pub(super) uid: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// What its reader may choose: a variable, the metric and the label that give its values.
    pub(super) variables: Vec<Variable>,
    pub(super) panels: Vec<Panel>,
}

/// A choice.
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) metric: String,
    pub(super) label: String,
}

/// How a panel shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Lines over time.
    Lines,
    /// A bar for each series, at the end of the time that is shown.
    Bars,
}

/// A panel.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) about: String,
    /// As Grafana names units: `s`, `ops`, `percentunit`, `short`.
    pub(super) unit: &'static str,
    pub(super) shape: Shape,
    pub(super) queries: Vec<Query>,
}

/// A query.
pub(super) struct Query {
    pub(super) expr: String,
    /// What its series are called: text and `{{label}}`.
    pub(super) legend: String,
}

impl Panel {
    /// Lines over time.
    pub(super) fn lines(title: &str, about: &str, unit: &'static str, queries: Vec<Query>) -> Self {
        Self { title: title.to_owned(), about: about.to_owned(), unit, shape: Shape::Lines, queries }
    }

    /// The 50th, 95th and 99th percentile of a histogram of seconds, by a label.
    pub(super) fn percentiles(title: &str, about: &str, histogram: &str, only: &str, by: &str) -> Self {
        let queries = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")].map(|(share, name)| Query {
            expr: quantile(share, histogram, Slice { only, by: &[by], window: PANEL }),
            legend: format!("{name} {{{{{by}}}}}"),
        });
        let about = format!("{about} Read through buckets that double: a percentile may be off by a third.");
        Self::lines(title, &about, "s", queries.into())
    }
}

impl Query {
    /// A query whose series are called by these labels.
    pub(super) fn by(expr: String, labels: &[&str]) -> Self {
        let labels: Vec<String> = labels.iter().map(|label| format!("{{{{{label}}}}}")).collect();
        Self { expr, legend: labels.join(" ") }
    }
}
