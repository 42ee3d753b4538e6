//! The summary: one table a group, one row a scenario.

use super::data::{Arm, Case, Mode, Report};
use super::links::Links;
use crate::page::budget::{Piece, keep};
use crate::page::data::Verdict;
use crate::page::escape::clipped;
use crate::page::remarks::{badge, left_out};
use crate::page::units::duration_or_dash;
use std::collections::HashSet;
use std::fmt::Write as _;

/// The section, in at most `room` bytes; empty when there is no scenario.
pub(super) fn section(report: &Report, room: usize, links: Links<'_>) -> String {
    if report.cases.is_empty() {
        return String::new();
    }
    let groups = report.groups();
    let tables = groups.len().min(40);
    let rows: Vec<(usize, &Case)> = groups[..tables].iter().flat_map(|(_, cases)| cases).copied().collect();
    let ranks = |number: usize| u8::from(report.cases[number - 1].verdict() != Verdict::Failed);
    let everyone = vec![true; report.cases.len()];
    let size = |n: usize, case: &Case| row(n, case, Links(&everyone)).len();
    let pieces: Vec<Piece> =
        rows.iter().map(|(n, case)| Piece { size: size(*n, case), rank: ranks(*n) }).collect();
    let (kept, _) = keep(&pieces, room.saturating_sub(500 + tables * 900));
    let shown: HashSet<usize> =
        rows.iter().zip(&kept).filter(|(_, kept)| **kept).map(|((n, _), _)| *n).collect();
    let mut html = String::from(
        "<section aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>\n<p class=\"note\">The time beside a verdict is the whole run's. First text is when streaming had something to read.</p>\n",
    );
    for (name, cases) in &groups[..tables] {
        let kept = cases.iter().filter(|(n, _)| shown.contains(n));
        let body: String = kept.map(|(n, case)| row(*n, case, links)).collect();
        html.push_str(&table(name, &body));
    }
    html.push_str(&left_out(report.cases.len() - shown.len(), "scenario", "left out of these tables."));
    html.push_str("</section>\n");
    html
}

fn table(group: &str, rows: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let name = if group.is_empty() { "scenarios" } else { group };
    format!(
        "<table class=\"summary\">\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">Scenario</th>\
         <th scope=\"col\">Unary</th><th scope=\"col\">Streaming</th>\
         <th scope=\"col\" class=\"n\">First text</th><th scope=\"col\" class=\"n q\">Requests</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n",
        clipped(name, 60)
    )
}

fn row(number: usize, case: &Case, links: Links<'_>) -> String {
    let mut html = format!("<tr><th scope=\"row\">{}</th>", links.name(number, case));
    for mode in [Mode::Unary, Mode::Streaming] {
        match case.arm(mode) {
            Some(arm) => {
                let _ = write!(html, "<td>{}{}</td>", badge(arm.verdict), total(arm));
            }
            None => html.push_str("<td>–</td>"),
        }
    }
    let first = case.arm(Mode::Streaming).and_then(|arm| arm.first_text_ms);
    let requests: usize = case.arms.iter().map(|arm| arm.requests.len()).sum();
    let _ = writeln!(
        html,
        "<td class=\"n\">{}</td><td class=\"n q\">{requests}</td></tr>",
        duration_or_dash(first)
    );
    html
}

fn total(arm: &Arm) -> String {
    match arm.total_ms {
        Some(_) => format!(" <span class=\"t\">{}</span>", duration_or_dash(arm.total_ms)),
        None => String::new(),
    }
}
