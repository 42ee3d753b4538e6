//! The failures in full: which rules were broken, what the agent said, and every request with its timeline.
//!
//! Each failure has its card as long as there is room; then pictures of requests, then their text forms.

use super::data::{Breach, Card, Graded};
use crate::page::budget::{Piece, keep};
use crate::page::citation;
use crate::page::data::Request;
use crate::page::escape::{clipped, esc};
use crate::page::remarks::{badge, left_out};
use crate::page::request_html::{body_form, disclosed, figure, text_form};
use crate::page::symbols;
use crate::page::units::{count, duration};
use std::fmt::Write as _;

/// Bytes kept free on each card for its remark on what was left out, and in the section for its frame.
const CARD_SPARE: usize = 200;
const SECTION_SPARE: usize = 4_000;
/// Citations and breaches of one card.
const CITATIONS: usize = 12;
const BREACHES: usize = 12;

/// A failure and its requests as HTML, before anybody knows what fits.
struct Drawn<'a> {
    number: usize,
    result: &'a Graded,
    figures: Vec<String>,
}

/// The section, in at most `room` bytes; empty when nothing failed.
pub(super) fn section(card: &Card, room: usize) -> String {
    let failures: Vec<Drawn<'_>> =
        card.failures().into_iter().map(|(number, result)| drawn(number, result)).collect();
    if failures.is_empty() {
        return String::new();
    }
    let room = room.saturating_sub(SECTION_SPARE);
    let cards: Vec<Piece> = failures
        .iter()
        .map(|drawn| Piece { size: article(drawn.number, drawn.result, "").len() + CARD_SPARE, rank: 0 })
        .collect();
    let (shown, used) = keep(&cards, room);
    let mut left = room - used;
    let mut html = format!(
        "<section aria-labelledby=\"failures\">\n<h2 id=\"failures\">Failures</h2>\n{}",
        symbols::legend()
    );
    for (drawn, _) in failures.iter().zip(&shown).filter(|(_, shown)| **shown) {
        html.push_str(&article(drawn.number, drawn.result, &figures_that_fit(drawn, &mut left)));
    }
    for (drawn, _) in failures.iter().zip(&shown).filter(|(_, shown)| !**shown) {
        // A place for the links of the table, so that none leads nowhere.
        let _ = write!(html, "<span id=\"f-{}\"></span>", drawn.number);
    }
    let absent = shown.iter().filter(|shown| !**shown).count();
    html.push_str(&left_out(absent, "failure", "left out here: the page has a size limit."));
    html.push_str("</section>\n");
    html
}

fn drawn(number: usize, result: &Graded) -> Drawn<'_> {
    let shows =
        |request: &Request| result.breaches.iter().any(|breach| breach.request == Some(request.number));
    let figure = |request: &Request| {
        let html = figure(request, &[text_form(request), body_form(request)].concat());
        if shows(request) { html.replacen("<figure>", "<figure class=\"shows\">", 1) } else { html }
    };
    Drawn { number, result, figures: result.requests.iter().map(figure).collect() }
}

fn figures_that_fit(drawn: &Drawn<'_>, left: &mut usize) -> String {
    let pieces: Vec<Piece> = drawn.figures.iter().map(|html| Piece { size: html.len(), rank: 0 }).collect();
    let (kept, used) = keep(&pieces, *left);
    *left -= used;
    let shown = drawn.figures.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(html, _)| html.as_str());
    let figures: String = shown.collect();
    let absent = kept.iter().filter(|kept| !**kept).count();
    format!("<div class=\"figures\">\n{figures}</div>\n{}", left_out(absent, "request", "not drawn here."))
}

fn article(number: usize, result: &Graded, figures: &str) -> String {
    let known = result
        .known
        .as_ref()
        .map(|reason| format!("<p class=\"seen\">Known: {}</p>\n", clipped(reason, 300)));
    let about = match result.about.as_str() {
        "" => String::new(),
        about => format!("<p class=\"about\">{}</p>\n", clipped(about, 700)),
    };
    format!(
        "<article class=\"case failed failure\" id=\"f-{number}\">\n<h3>{} {}</h3>\n{about}{}{}{}{}{figures}</article>\n",
        clipped(&result.name, 160),
        badge(result.verdict),
        citations(&result.citations),
        known.unwrap_or_default(),
        breaches(&result.breaches),
        words(result),
    )
}

fn citations(citations: &[String]) -> String {
    if citations.is_empty() {
        return String::new();
    }
    let links: Vec<String> = citations.iter().take(CITATIONS).map(|text| citation::link(text)).collect();
    format!("<p class=\"seen\">Seen in {}</p>\n", links.join(", "))
}

fn breaches(breaches: &[Breach]) -> String {
    let one = |breach: &Breach| {
        let request = breach.request.map(|number| format!(" <span class=\"t\">request {number}</span>"));
        format!(
            "<li><b title=\"{}\">{}</b><span>{}{}</span></li>\n",
            esc(&breach.rule),
            clipped(&breach.oracle, 10),
            clipped(&breach.what, 500),
            request.unwrap_or_default()
        )
    };
    let list: String = breaches.iter().take(BREACHES).map(one).collect();
    let more = left_out(breaches.len().saturating_sub(BREACHES), "breach", "more.");
    format!("<ul class=\"breaches\">\n{list}</ul>\n{more}")
}

fn words(result: &Graded) -> String {
    let end =
        format!("{} after {}, {}", result.end, duration(result.wall_ms), count(result.calls, "request"));
    let rows = [
        ("Robust", clipped(&result.expectation, 500).to_string()),
        ("This agent", clipped(&end, 500).to_string()),
        ("Answered", clipped(result.stdout.trim(), 600).to_string()),
        ("Replay", format!("<code class=\"run\">{}</code>", esc(&result.replay))),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    let list: String = rows.map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    let stderr = disclosed("What it said on standard error", result.stderr.trim_end());
    format!("<dl class=\"words\">\n{list}</dl>\n{stderr}")
}
