//! The page: its skeleton, its headline, and how much room each section gets.
//!
//! One file, no script, no address but the citations'. Sections draw themselves; this one only joins them.

use super::data::{Case, Mode, Report, Verdict};
use super::escape::clipped;
use super::links::Links;
use super::tally::Tally;
use super::units::{bytes, count, duration, thousands};
use super::{case_html, compare_svg, replay_html, summary_html, symbols};
use std::fmt::Write as _;

/// The page is never larger, in bytes, whatever the report holds: what does not fit is left out and counted.
pub const SIZE_LIMIT: usize = 300_000;

const SUMMARY_ROOM: usize = 60_000;
const COMPARE_ROOM: usize = 50_000;
const REPLAY_ROOM: usize = 50_000;
const STYLE: &str = include_str!("style.css");
/// Failed runs that the headline names; the tables hold them all.
const NAMED_FAILURES: usize = 8;

/// The whole report as one HTML file, readable offline, without script, on paper, in dark and light.
pub fn render(report: &Report) -> String {
    let (head, replays) = (open(report), replay_html::section(report, REPLAY_ROOM));
    let close = "</main>\n</body>\n</html>\n";
    // First as if every scenario had a card, which takes the most bytes; then with the cards that fit.
    let everyone = vec![true; report.cases.len()];
    let fixed = head.len() + overview(report, Links(&everyone)).len() + replays.len() + close.len();
    let (cards, shown) = case_html::section(report, SIZE_LIMIT.saturating_sub(fixed));
    [head, overview(report, Links(&shown)), cards, replays, close.to_owned()].concat()
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
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the results</a>\n{defs}\
         <header>\n<div>\n<h1>{title}</h1>\n<p class=\"subtitle\">{subtitle}</p>\n</div>\n{nav}</header>\n<main id=\"main\">\n",
        title = clipped(&report.title, 200),
        subtitle = clipped(&report.subtitle, 300),
        nav = nav(report),
        defs = symbols::definitions(),
    )
}

/// Where to jump to; only what is there.
fn nav(report: &Report) -> String {
    let timed = compare_svg::has_times(report);
    let places = [
        (!report.cases.is_empty(), "summary", "Summary"),
        (timed, "compare", "Comparison"),
        (!report.cases.is_empty(), "scenarios", "Scenarios"),
        (!report.replays.is_empty(), "replays", "Recordings"),
    ];
    let links: String = places
        .iter()
        .filter(|(there, _, _)| *there)
        .map(|(_, id, name)| format!("<a href=\"#{id}\">{name}</a>\n"))
        .collect();
    if links.is_empty() { links } else { format!("<nav aria-label=\"Sections\">\n{links}</nav>\n") }
}

fn headline(report: &Report, tally: Tally, links: Links<'_>) -> String {
    let class = if tally.all_well() { "well" } else { "unwell" };
    let mut html = format!(
        "<section class=\"headline {class}\" aria-labelledby=\"verdict\">\n<h2 id=\"verdict\">{}</h2>\n",
        verdict_words(tally)
    );
    html.push_str(&bar(tally));
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

/// Verdicts as a bar; the words under it say the same.
fn bar(tally: Tally) -> String {
    let parts =
        [(Verdict::Passed, tally.passed), (Verdict::Failed, tally.failed), (Verdict::Skipped, tally.skipped)];
    let all: usize = parts.iter().map(|(_, number)| number).sum();
    if all == 0 {
        return String::new();
    }
    let (mut rects, mut words, mut x) = (String::new(), String::new(), 0.0);
    for (verdict, number) in parts.into_iter().filter(|(_, number)| *number > 0) {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let width = number as f64 * 100.0 / all as f64;
        let word = verdict.word();
        let _ = write!(
            rects,
            "<rect class=\"{word}\" x=\"{x:.2}%\" y=\"0\" width=\"{width:.2}%\" height=\"10\"/>"
        );
        let number = thousands(number as u64);
        let _ = write!(words, "<li class=\"{word}\"><b>{}</b> {number} {word}</li>", verdict.sign());
        x += width;
    }
    format!(
        "<svg class=\"bar\" width=\"100%\" height=\"10\" aria-hidden=\"true\">{rects}</svg>\n\
         <ul class=\"counts\">{words}</ul>\n"
    )
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
    let mut html = String::from("<dl class=\"facts\">\n");
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(html, "<div><dt>{name}</dt><dd>{value}</dd></div>");
        }
    };
    fact("Started", clipped(&report.started, 80).to_string());
    fact("Took", duration(totals.elapsed_ms));
    fact("Requests", thousands(totals.requests));
    fact("Frames sent", thousands(totals.frames));
    fact("Bytes sent", bytes(totals.bytes));
    fact("Faults", thousands(totals.faults));
    if !report.command.is_empty() {
        fact("Command", format!("<code>{}</code>", clipped(&report.command, 300)));
    }
    html.push_str("</dl>\n");
    html
}
