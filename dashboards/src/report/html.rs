//! The page: its skeleton, its headline, and how much room each section gets.
//!
//! One file, no script, no address but the citations'. Sections draw themselves; this one only joins them.

use super::data::{Case, Mode, Report};
use super::links::Links;
use super::tally::Tally;
use super::{case_html, compare_svg, replay_html, summary_html};
use crate::page::bar::{Counts, bar};
use crate::page::data::Verdict;
use crate::page::document::{self, CLOSE};
use crate::page::escape::clipped;
use crate::page::units::{bytes, count, duration, thousands};
use std::fmt::Write as _;

/// The page is never larger, in bytes, whatever the report holds: what does not fit is left out and counted.
pub const SIZE_LIMIT: usize = 300_000;

const SUMMARY_ROOM: usize = 60_000;
const COMPARE_ROOM: usize = 50_000;
const REPLAY_ROOM: usize = 50_000;
/// Failed runs that the headline names; the tables hold them all.
const NAMED_FAILURES: usize = 8;

/// The whole report as one HTML file, readable offline, without script, on paper, in dark and light.
pub fn render(report: &Report) -> String {
    let (head, replays) = (open(report), replay_html::section(report, REPLAY_ROOM));
    // First as if every scenario had a card, which takes the most bytes; then with the cards that fit.
    let everyone = vec![true; report.cases.len()];
    let fixed = head.len() + overview(report, Links(&everyone)).len() + replays.len() + CLOSE.len();
    let (cards, shown) = case_html::section(report, SIZE_LIMIT.saturating_sub(fixed));
    [head, overview(report, Links(&shown)), cards, replays, CLOSE.to_owned()].concat()
}

/// What comes before the cards.
fn overview(report: &Report, links: Links<'_>) -> String {
    [
        headline(report, Tally::of(report), links),
        facts(report),
        summary_html::section(report, SUMMARY_ROOM, links),
        compare_svg::section(report, COMPARE_ROOM, links),
    ]
    .concat()
}

fn open(report: &Report) -> String {
    let timed = compare_svg::has_times(report);
    let places = [
        (!report.cases.is_empty(), ("summary", "Summary")),
        (timed, ("compare", "Comparison")),
        (!report.cases.is_empty(), ("scenarios", "Scenarios")),
        (!report.replays.is_empty(), ("replays", "Recordings")),
    ];
    let there: Vec<_> = places.into_iter().filter(|(there, _)| *there).map(|(_, place)| place).collect();
    document::open(&report.title, &report.subtitle, &there, "")
}

fn headline(report: &Report, tally: Tally, links: Links<'_>) -> String {
    let class = if tally.all_well() { "well" } else { "unwell" };
    let mut html = format!(
        "<section class=\"headline {class}\" aria-labelledby=\"verdict\">\n<h2 id=\"verdict\">{}</h2>\n",
        verdict_words(tally)
    );
    html.push_str(&bar(counts(tally)));
    let replays = tally.identical + tally.different;
    if replays > 0 {
        let _ = writeln!(
            html,
            "<p>{} of {} arrived event for event as recorded.</p>",
            thousands(tally.identical as u64),
            count(replays, "recording")
        );
    }
    html.push_str(&failures(report, links));
    html.push_str("</section>\n");
    html
}

fn verdict_words(tally: Tally) -> String {
    let (passed, ran) = (thousands(tally.passed as u64), count(tally.ran(), "run"));
    match (tally.ran(), tally.identical + tally.different) {
        (0, 0) => "Nothing was run".to_owned(),
        (0, _) => "Recordings replayed".to_owned(),
        _ if tally.failed == 0 => format!("<b>{passed}</b> of {ran} passed"),
        _ => format!("<b>{passed}</b> of {ran} passed, <em>{} failed</em>", thousands(tally.failed as u64)),
    }
}

fn counts(tally: Tally) -> Counts {
    [(Verdict::Passed, tally.passed), (Verdict::Failed, tally.failed), (Verdict::Skipped, tally.skipped)]
}

/// The failed runs by name, so that nobody has to look for them.
fn failures(report: &Report, links: Links<'_>) -> String {
    let failed: Vec<(usize, &Case, Mode)> = (1..)
        .zip(&report.cases)
        .flat_map(|(number, case)| case.arms.iter().map(move |arm| (number, case, arm)))
        .filter(|(_, _, arm)| arm.verdict == Verdict::Failed)
        .map(|(number, case, arm)| (number, case, arm.name))
        .collect();
    if failed.is_empty() {
        return String::new();
    }
    let mut html = String::from("<p class=\"failures\">Failed: ");
    for (index, (number, case, mode)) in failed.iter().take(NAMED_FAILURES).enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let _ = write!(html, "{comma}{} ({})", links.name(*number, case), mode.word());
    }
    if failed.len() > NAMED_FAILURES {
        let _ = write!(html, " and {} more", failed.len() - NAMED_FAILURES);
    }
    html.push_str(".</p>\n");
    html
}

fn facts(report: &Report) -> String {
    let totals = &report.totals;
    let command = match report.command.as_str() {
        "" => String::new(),
        command => format!("<code>{}</code>", clipped(command, 300)),
    };
    document::facts(&[
        ("Started", clipped(&report.started, 80).to_string()),
        ("Took", duration(totals.elapsed_ms)),
        ("Requests", thousands(totals.requests)),
        ("Frames sent", thousands(totals.frames)),
        ("Bytes sent", bytes(totals.bytes)),
        ("Faults", thousands(totals.faults)),
        ("Command", command),
    ])
}
