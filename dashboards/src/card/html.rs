//! The card's page: its headline, its groups, every scenario in a table, and each failure in full.

use super::data::{Card, Graded, Tally};
use super::failure_html;
use crate::page::bar::{bar, rects};
use crate::page::data::Verdict;
use crate::page::document::{self, CLOSE};
use crate::page::escape::clipped;
use crate::page::remarks::badge;
use crate::page::units::{count, duration, thousands};
use std::fmt::Write as _;

/// The page is never larger, in bytes, as long as its tables are not: what does not fit of the failures is left out and
/// counted.
pub const SIZE_LIMIT: usize = 2_000_000;

const STYLE: &str = include_str!("card.css");

/// The whole card as one HTML file, readable offline, without script, on paper, in dark and light.
pub fn page(card: &Card) -> String {
    let before = [open(card), headline(card), groups(card)].concat();
    let all = scenarios(card);
    let room = SIZE_LIMIT.saturating_sub(before.len() + all.len() + CLOSE.len());
    [before, failure_html::section(card, room), all, CLOSE.to_owned()].concat()
}

fn open(card: &Card) -> String {
    let failures = !card.failures().is_empty();
    let places = [
        (true, ("groups", "Groups")),
        (failures, ("failures", "Failures")),
        (true, ("all", "All scenarios")),
    ];
    let there: Vec<_> = places.into_iter().filter(|(there, _)| *there).map(|(_, place)| place).collect();
    document::open("faultline grade", &card.agent, &there, STYLE)
}

fn headline(card: &Card) -> String {
    let tally = card.tally();
    let class = if card.success { "well" } else { "unwell" };
    let words = match tally.exercised() {
        0 => "Nothing was put to the test".to_owned(),
        all => format!(
            "<b>{}</b> of {} passed <span class=\"grade\">· {} % · grade {}</span>",
            thousands(tally.passed as u64),
            thousands(all as u64),
            tally.mark().percent(),
            tally.mark().letter()
        ),
    };
    let known = match tally.known {
        0 => String::new(),
        known => format!("<p>{}, accepted by the baseline.</p>\n", count(known, "known failure")),
    };
    let interruption = card.interruption().map(|words| format!("<p><b>This run was {words}.</b></p>\n"));
    format!(
        "<section class=\"headline {class}\" aria-labelledby=\"verdict\">\n<h2 id=\"verdict\">{words}</h2>\n{}{}{known}\
         <p>Without a fault, {}.</p>\n{}</section>\n{}",
        bar(tally.counts()),
        interruption.unwrap_or_default(),
        clipped(&card.calibration.sentence(), 600),
        outdated(card),
        facts(card)
    )
}

fn outdated(card: &Card) -> String {
    let lines = card.outdated.iter().map(|line| format!("<p>Baseline: {}</p>\n", clipped(line, 300)));
    lines.collect()
}

fn facts(card: &Card) -> String {
    let requests: usize = card.results.iter().map(|result| result.calls).sum();
    let command = match card.command.as_str() {
        "" => String::new(),
        command => format!("<code>{}</code>", clipped(command, 400)),
    };
    document::facts(&[
        ("Started", clipped(&card.started, 80).to_string()),
        ("Took", duration(card.elapsed_ms)),
        ("Requests", thousands(requests as u64)),
        ("Had to pass", format!("{} %", card.threshold)),
        ("faultline", clipped(&card.version, 40).to_string()),
        ("Client", clipped(&card.calibration.user_agent, 160).to_string()),
        ("Command", command),
    ])
}

fn groups(card: &Card) -> String {
    let mut rows = String::new();
    for (group, results) in card.groups() {
        let tally = Tally::of(results.into_iter().map(|(_, result)| result));
        let number = |number: usize, verdict: Verdict| match number {
            0 => "<td class=\"n t\">–</td>".to_owned(),
            number => {
                format!("<td class=\"n\"><span class=\"badge {}\">{number}</span></td>", verdict.word())
            }
        };
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td class=\"bar-cell\">{}</td>{}{}{}</tr>",
            clipped(if group.is_empty() { "(no group)" } else { group }, 60),
            rects(tally.counts()),
            number(tally.passed, Verdict::Passed),
            number(tally.failed, Verdict::Failed),
            number(tally.skipped, Verdict::Skipped),
        );
    }
    format!(
        "<section aria-labelledby=\"groups\">\n<h2 id=\"groups\">Groups</h2>\n<table class=\"grades\">\n\
         <thead><tr><th scope=\"col\">Group</th><th scope=\"col\" class=\"bar-cell\"></th>\
         <th scope=\"col\" class=\"n\">Passed</th><th scope=\"col\" class=\"n\">Failed</th>\
         <th scope=\"col\" class=\"n\">Skipped</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</section>\n"
    )
}

fn scenarios(card: &Card) -> String {
    let mut html = String::from("<section aria-labelledby=\"all\">\n<h2 id=\"all\">All scenarios</h2>\n");
    for (group, results) in card.groups() {
        let rows: String = results.into_iter().map(|(number, result)| row(number, result)).collect();
        let _ = write!(
            html,
            "<table class=\"scenarios\">\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">Scenario</th>\
             <th scope=\"col\">Verdict</th><th scope=\"col\" class=\"q\">Why</th>\
             <th scope=\"col\" class=\"n\">Requests</th><th scope=\"col\" class=\"n\">Time</th></tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table>\n",
            clipped(if group.is_empty() { "(no group)" } else { group }, 60)
        );
    }
    html.push_str("</section>\n");
    html
}

fn row(number: usize, result: &Graded) -> String {
    let short = result.name.strip_prefix(&format!("{}/", result.group)).unwrap_or(&result.name);
    let name = match result.verdict {
        Verdict::Failed => format!("<a href=\"#f-{number}\">{}</a>", clipped(short, 80)),
        _ => clipped(short, 80).to_string(),
    };
    let why = match (&result.known, result.breaches.first()) {
        (Some(reason), _) => format!("known: {}", clipped(reason, 200)),
        (None, Some(breach)) => format!("{} {}", clipped(&breach.oracle, 10), clipped(&breach.what, 200)),
        (None, None) => clipped(&result.skipped, 200).to_string(),
    };
    let (calls, time) = match result.verdict {
        Verdict::Skipped if result.calls == 0 => ("–".to_owned(), "–".to_owned()),
        _ => (thousands(result.calls as u64), duration(result.wall_ms)),
    };
    format!(
        "<tr><th scope=\"row\">{name}</th><td>{}</td><td class=\"q t\">{why}</td><td class=\"n\">{calls}</td>\
         <td class=\"n\">{time}</td></tr>\n",
        badge(result.verdict)
    )
}
