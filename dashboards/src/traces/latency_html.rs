//! The percentiles as a table: each with its interval, or with the word that there are too few samples.

use super::data::{Measured, Percentile, TraceReport};
use crate::page::escape::clipped;
use crate::page::remarks::left_out;
use crate::page::units::{fine_duration, thousands};

/// The most rows.
const ROWS: usize = 40;

/// The section; empty when nothing was measured.
pub(super) fn section(report: &TraceReport) -> String {
    if report.measured.is_empty() {
        return String::new();
    }
    let rows: String = report.measured.iter().take(ROWS).map(row).collect();
    format!(
        "<section aria-labelledby=\"latency\">\n<h2 id=\"latency\">Latency</h2>\n\
         <p class=\"note\">A percentile is a sample. Below it stands between which samples the true one lies in {:.0} of 100 \
         cases, whatever the distribution; … is an open end. A p50 wants 30 samples, a p95 300, a p99 1,000. Calls that failed \
         are in none.</p>\n<table class=\"traces-table\">\n<thead><tr><th scope=\"col\">Measured</th>\
         <th scope=\"col\" class=\"n\">n</th><th scope=\"col\" class=\"n q\">min</th><th scope=\"col\" class=\"n\">p50</th>\
         <th scope=\"col\" class=\"n\">p95</th><th scope=\"col\" class=\"n\">p99</th><th scope=\"col\" class=\"n q\">max</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n{}</section>\n",
        report.confidence * 100.0,
        left_out(report.measured.len().saturating_sub(ROWS), "row", "left out of this table.")
    )
}

fn row(measured: &Measured) -> String {
    let end = |fold: fn(f64, f64) -> f64| {
        measured.samples_ms.iter().copied().reduce(fold).map_or_else(|| "–".to_owned(), fine_duration)
    };
    let cells: String = measured.percentiles.iter().take(3).map(cell).collect();
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n q\">{}</td>{cells}<td class=\"n q\">{}</td></tr>\n",
        clipped(&measured.name, 60),
        thousands(measured.samples_ms.len() as u64),
        end(f64::min),
        end(f64::max)
    )
}

fn cell(percentile: &Percentile) -> String {
    if !percentile.enough {
        return "<td class=\"n few\">n too small</td>".to_owned();
    }
    let [low, high] = percentile.between_ms.map(|end| end.map_or_else(|| "…".to_owned(), fine_duration));
    format!("<td class=\"n\">{} <small>[{low}, {high}]</small></td>", fine_duration(percentile.value_ms))
}
