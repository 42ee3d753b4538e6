//! The page: its skeleton, its headline, and how much room the waterfalls get.

use super::data::TraceReport;
use super::{ecdf_svg, latency_html, tables_html, waterfall_svg};
use crate::page::document::{self, CLOSE};
use crate::page::escape::clipped;
use crate::page::units::{count, thousands};

/// The page is never larger, in bytes, whatever was collected: what does not fit is left out and counted.
pub const SIZE_LIMIT: usize = 300_000;

const STYLE: &str = include_str!("traces.css");

/// The whole report as one HTML file, readable offline, without script, on paper, in dark and light.
pub fn page(report: &TraceReport) -> String {
    let before = [
        open(report),
        headline(report),
        latency_html::section(report),
        ecdf_svg::section(report),
        tables_html::section(report),
    ]
    .concat();
    let room = SIZE_LIMIT.saturating_sub(before.len() + CLOSE.len());
    [before, waterfall_svg::section(&report.waterfalls, room), CLOSE.to_owned()].concat()
}

fn open(report: &TraceReport) -> String {
    let places = [
        (!report.measured.is_empty(), ("latency", "Latency")),
        (!report.measured.is_empty(), ("distributions", "Distributions")),
        (!report.tools.is_empty(), ("tools", "Tools")),
        (true, ("trouble", "Trouble")),
        (!report.waterfalls.is_empty(), ("waterfalls", "Waterfalls")),
    ];
    let there: Vec<_> = places.into_iter().filter(|(there, _)| *there).map(|(_, place)| place).collect();
    document::open(&report.title, &report.subtitle, &there, STYLE)
}

fn headline(report: &TraceReport) -> String {
    let [calls, failed] = report.calls;
    let all = usize::try_from(calls).unwrap_or(usize::MAX);
    let (class, words) = match (calls, failed) {
        (0, _) => ("well", "No model calls".to_owned()),
        (_, 0) => ("well", format!("<b>{}</b>, none failed", count(all, "model call"))),
        _ => {
            ("unwell", format!("<b>{}</b>, <em>{} failed</em>", count(all, "model call"), thousands(failed)))
        }
    };
    let facts: Vec<(String, String)> = report
        .facts
        .iter()
        .take(12)
        .map(|(name, value)| (clipped(name, 40).to_string(), clipped(value, 200).to_string()))
        .collect();
    let facts: Vec<(&str, String)> =
        facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    format!(
        "<section class=\"headline {class}\" aria-labelledby=\"verdict\">\n<h2 id=\"verdict\">{words}</h2>\n</section>\n{}",
        document::facts(&facts)
    )
}
