//! Queries, as text.

/// The stretch of time that a rate looks back over in a panel: Grafana makes it at least four scrapes.
pub(super) const PANEL: &str = "$__rate_interval";

/// Which samples, and what they are told apart by.
#[derive(Clone, Copy)]
pub(super) struct Slice<'a> {
    /// Matchers, with commas between.
    pub(super) only: &'a str,
    /// Labels.
    pub(super) by: &'a [&'a str],
    /// How far back: `5m`.
    pub(super) window: &'a str,
}

/// A counter's growth per second.
pub(super) fn rate(counter: &str, Slice { only, by, window }: Slice<'_>) -> String {
    format!("sum by ({}) (rate({counter}{}[{window}]))", by.join(", "), braces(only))
}

/// A quantile of a histogram, read through its buckets.
pub(super) fn quantile(share: f64, histogram: &str, Slice { only, by, window }: Slice<'_>) -> String {
    let by = [&["le"], by].concat().join(", ");
    let only = braces(only);
    format!("histogram_quantile({share}, sum by ({by}) (rate({histogram}_bucket{only}[{window}])))")
}

fn braces(only: &str) -> String {
    if only.is_empty() { String::new() } else { format!("{{{only}}}") }
}

/// The share of `all` that `some` are, both told apart alike; 0 where there are none of `some`.
pub(super) fn share(some: &str, all: &str) -> String {
    format!("({some} or 0 * {all}) / {all}")
}

/// Matchers together.
pub(super) fn and(matchers: &[&str]) -> String {
    let matchers: Vec<&str> = matchers.iter().copied().filter(|matcher| !matcher.is_empty()).collect();
    matchers.join(", ")
}

/// Samples that tell of an error.
pub(super) fn failed(error: &str) -> String {
    format!("{error}!=\"\"")
}
