//! Tools, trouble and tokens as tables.

use super::data::{Tokens, Tool, TraceReport};
use crate::page::document;
use crate::page::escape::clipped;
use crate::page::remarks::left_out;
use crate::page::units::{axis_mark, fine_duration, thousands};
use std::fmt::Write as _;

/// The most rows of each table.
const ROWS: usize = 40;

/// The sections.
pub(super) fn section(report: &TraceReport) -> String {
    [tools(report), trouble(report), tokens(&report.tokens)].concat()
}

fn tools(report: &TraceReport) -> String {
    if report.tools.is_empty() {
        return String::new();
    }
    let slow = axis_mark(report.slow_ms);
    let rows: String = report.tools.iter().take(ROWS).map(tool).collect();
    format!(
        "<section aria-labelledby=\"tools\">\n<h2 id=\"tools\">Tools</h2>\n<table class=\"traces-table\">\n<thead><tr>\
         <th scope=\"col\">Tool</th><th scope=\"col\" class=\"n\">calls</th><th scope=\"col\" class=\"n\">failed</th>\
         <th scope=\"col\" class=\"n\">at least {slow}</th><th scope=\"col\" class=\"n q\">p50</th><th scope=\"col\" class=\"n\">max</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n{}</section>\n",
        left_out(report.tools.len().saturating_sub(ROWS), "tool", "left out of this table.")
    )
}

fn tool(tool: &Tool) -> String {
    let alert = if tool.slow > 0 { " <span class=\"slow\">▲ slow</span>" } else { "" };
    format!(
        "<tr><th scope=\"row\">{}{alert}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
         <td class=\"n q\">{}</td><td class=\"n\">{}</td></tr>\n",
        clipped(&tool.name, 60),
        thousands(tool.calls),
        thousands(tool.failed),
        thousands(tool.slow),
        tool.median_ms.map_or_else(|| "n too small".to_owned(), fine_duration),
        fine_duration(tool.most_ms)
    )
}

fn trouble(report: &TraceReport) -> String {
    let facts: Vec<(String, String)> = report
        .trouble
        .iter()
        .take(12)
        .map(|(name, value)| (clipped(name, 40).to_string(), clipped(value, 80).to_string()))
        .collect();
    let facts: Vec<(&str, String)> =
        facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let mut rows = String::new();
    for (class, number) in report.errors.iter().take(ROWS) {
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>",
            clipped(class, 120),
            thousands(*number)
        );
    }
    let table = match rows.as_str() {
        "" => "<p class=\"note\">No span failed.</p>\n".to_owned(),
        rows => format!(
            "<table class=\"traces-table\">\n<caption>Spans that failed</caption>\n<tbody>\n{rows}</tbody>\n</table>\n{}",
            left_out(report.errors.len().saturating_sub(ROWS), "kind", "left out of this table.")
        ),
    };
    format!(
        "<section aria-labelledby=\"trouble\">\n<h2 id=\"trouble\">Trouble</h2>\n{}{table}</section>\n",
        document::facts(&facts)
    )
}

fn tokens(tokens: &[Tokens]) -> String {
    if tokens.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for Tokens { model, counts } in tokens.iter().take(ROWS) {
        let cells = counts.map(|count| format!("<td class=\"n\">{}</td>", thousands(count))).concat();
        let _ = writeln!(rows, "<tr><th scope=\"row\">{}</th>{cells}</tr>", clipped(model, 100));
    }
    format!(
        "<section aria-labelledby=\"tokens\">\n<h2 id=\"tokens\">Tokens</h2>\n<table class=\"traces-table\">\n<thead><tr>\
         <th scope=\"col\">Model</th><th scope=\"col\" class=\"n\">read</th><th scope=\"col\" class=\"n\">written</th>\
         <th scope=\"col\" class=\"n\">from the cache</th><th scope=\"col\" class=\"n\">to the cache</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n{}</section>\n",
        left_out(tokens.len().saturating_sub(ROWS), "model", "left out of this table.")
    )
}
