//! The cards: one a scenario, its arms side by side, and the requests that fit.
//!
//! Room goes to all cards first, then to pictures of requests, then to their text forms; what failed goes
//! first, then what was touched by a fault.

use super::data::{Arm, Case, Report};
use crate::page::budget::{Piece, keep};
use crate::page::citation;
use crate::page::data::{Request, Verdict};
use crate::page::escape::clipped;
use crate::page::remarks::{badge, left_out};
use crate::page::units::{count, duration};
use crate::page::{request_html, symbols};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Bytes kept free on each card for remarks on what was left out, and in the section for its frame.
const ARM_SPARE: usize = 140;
const SECTION_SPARE: usize = 4_000;
/// Citations and tool calls shown of one card or arm.
const CITATIONS: usize = 12;
const TOOL_CALLS: usize = 12;

/// Case, arm and request, each from 0.
type Place = (usize, usize, usize);

/// The section, in at most `room` bytes, and which cases have a card; empty when there is no scenario.
pub(super) fn section(report: &Report, room: usize) -> (String, Vec<bool>) {
    if report.cases.is_empty() {
        return (String::new(), Vec::new());
    }
    let room = room.saturating_sub(SECTION_SPARE);
    let (shown, used) = cards_that_fit(report, room);
    let figures = figures(report, &shown, room - used);
    let mut html =
        String::from("<section aria-labelledby=\"scenarios\">\n<h2 id=\"scenarios\">Scenarios</h2>\n");
    html.push_str(&symbols::legend());
    let numbers = report.groups().into_iter().flat_map(|(_, cases)| cases);
    for (number, case) in numbers.filter(|(number, _)| shown[number - 1]) {
        let index = number - 1;
        html.push_str(&card(number, case, |arm| drawn(index, arm, &case.arms[arm], &figures)));
    }
    let absent = shown.iter().filter(|shown| !**shown).count();
    html.push_str(&left_out(
        absent,
        "scenario",
        "left out here: the page has a size limit, and failures go first.",
    ));
    html.push_str("</section>\n");
    (html, shown)
}

fn cards_that_fit(report: &Report, room: usize) -> (Vec<bool>, usize) {
    let piece = |(index, case): (usize, &Case)| Piece {
        size: card(index + 1, case, |_| String::new()).len() + case.arms.len() * ARM_SPARE,
        rank: u8::from(case.verdict() != Verdict::Failed),
    };
    let pieces: Vec<Piece> = report.cases.iter().enumerate().map(piece).collect();
    keep(&pieces, room)
}

/// The requests that fit, drawn: pictures first, then texts for as many of them as there is room.
fn figures(report: &Report, shown: &[bool], room: usize) -> HashMap<Place, String> {
    let requests: Vec<(Place, u8, &Request)> = places(report, shown);
    let plain: Vec<String> =
        requests.iter().map(|(_, _, request)| request_html::figure(request, "")).collect();
    let texts: Vec<String> =
        requests.iter().map(|(_, _, request)| request_html::text_form(request)).collect();
    let pieces = |html: &[String]| -> Vec<Piece> {
        html.iter()
            .zip(&requests)
            .map(|(html, (_, rank, _))| Piece { size: html.len(), rank: *rank })
            .collect()
    };
    let (drawn, used) = keep(&pieces(&plain), room);
    let mut wanted = pieces(&texts);
    for (piece, _) in wanted.iter_mut().zip(&drawn).filter(|(_, drawn)| !**drawn) {
        piece.size = usize::MAX;
    }
    let (told, _) = keep(&wanted, room - used);
    let with_text = |index: usize| if told[index] { texts[index].as_str() } else { "" };
    requests
        .iter()
        .enumerate()
        .filter(|(index, _)| drawn[*index])
        .map(|(index, (place, _, request))| (*place, request_html::figure(request, with_text(index))))
        .collect()
}

fn places<'a>(report: &'a Report, shown: &[bool]) -> Vec<(Place, u8, &'a Request)> {
    let mut out = Vec::new();
    for (c, case) in report.cases.iter().enumerate().filter(|(c, _)| shown[*c]) {
        for (a, arm) in case.arms.iter().enumerate() {
            out.extend(
                arm.requests.iter().enumerate().map(|(r, request)| ((c, a, r), rank(arm, request), request)),
            );
        }
    }
    out
}

fn rank(arm: &Arm, request: &Request) -> u8 {
    match (arm.verdict, request.faults.is_empty()) {
        (Verdict::Failed, _) => 0,
        (_, false) => 1,
        _ => 2,
    }
}

fn drawn(case: usize, arm: usize, data: &Arm, figures: &HashMap<Place, String>) -> String {
    let mut html = String::new();
    let present = (0..data.requests.len()).filter_map(|request| figures.get(&(case, arm, request)));
    let mut number = 0;
    for figure in present {
        html.push_str(figure);
        number += 1;
    }
    html.push_str(&left_out(data.requests.len() - number, "request", "not drawn here."));
    html
}

fn card(number: usize, case: &Case, requests: impl Fn(usize) -> String) -> String {
    let verdict = case.verdict();
    let mut html = format!(
        "<article class=\"case {word}\" id=\"case-{number}\">\n<h3>{name}{group} {badge}</h3>\n",
        word = verdict.word(),
        name = clipped(&case.name, 120),
        badge = badge(verdict),
        group = match case.group.as_str() {
            "" => String::new(),
            group => format!(" <span class=\"group\">{}</span>", clipped(group, 60)),
        },
    );
    if !case.about.is_empty() {
        let _ = writeln!(html, "<p class=\"about\">{}</p>", clipped(&case.about, 700));
    }
    html.push_str(&citations(&case.citations));
    html.push_str("<div class=\"arms\">\n");
    for (index, arm) in case.arms.iter().enumerate() {
        html.push_str(&arm_html(arm, &requests(index)));
    }
    html.push_str("</div>\n</article>\n");
    html
}

fn citations(citations: &[String]) -> String {
    if citations.is_empty() {
        return String::new();
    }
    let links: Vec<String> = citations.iter().take(CITATIONS).map(|text| citation::link(text)).collect();
    let more = match citations.len().saturating_sub(CITATIONS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("<p class=\"seen\">Seen in {}{more}</p>\n", links.join(", "))
}

fn arm_html(arm: &Arm, requests: &str) -> String {
    format!(
        "<div class=\"arm {verdict}\">\n<h4>{name} {badge}</h4>\n{times}{words}{requests}</div>\n",
        verdict = arm.verdict.word(),
        name = arm.name.heading(),
        badge = badge(arm.verdict),
        times = times(arm),
        words = words(arm),
    )
}

fn times(arm: &Arm) -> String {
    let times =
        [("First event", arm.first_event_ms), ("First text", arm.first_text_ms), ("Total", arm.total_ms)];
    let parts: String = times
        .into_iter()
        .filter_map(|(name, ms)| Some(format!("<div><dt>{name}</dt><dd>{}</dd></div>", duration(ms?))))
        .collect();
    if parts.is_empty() { String::new() } else { format!("<dl class=\"times\">{parts}</dl>\n") }
}

fn words(arm: &Arm) -> String {
    let tools = arm.tool_calls.iter().take(TOOL_CALLS).fold(String::new(), |mut out, call| {
        let _ = write!(out, "<code>{}</code>", clipped(call, 200));
        out
    });
    let more = match arm.tool_calls.len().saturating_sub(TOOL_CALLS) {
        0 => String::new(),
        more => format!(" and {} more", count(more, "call")),
    };
    let rows = [
        ("Expected", clipped(&arm.expectation, 500).to_string()),
        ("Outcome", clipped(&arm.outcome, 500).to_string()),
        ("Error", clipped(&arm.error, 500).to_string()),
        ("Tools", tools + &more),
        ("Final text", clipped(&arm.final_text, 500).to_string()),
    ];
    let parts: String = rows
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n"))
        .collect();
    if parts.is_empty() { String::new() } else { format!("<dl class=\"words\">\n{parts}</dl>\n") }
}
