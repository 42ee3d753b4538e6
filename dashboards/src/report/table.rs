//! The result as a text table for a terminal. It must not know colours: the command line adds them.

use super::data::{Arm, Case, Mode, Report};
use super::tally::Tally;
use crate::page::escape::one_line;
use crate::page::units::{count, duration, duration_or_dash};
use std::fmt::Write as _;

/// No line of the table is wider, in characters.
pub const TABLE_WIDTH: usize = 100;

const NAME: usize = 33;
const TIMES: usize = 17;

/// The result table: fixed width, aligned, no colour codes; ends with the totals.
///
/// Times are `unary → streaming`. First text is when a person could read something; unary has it at the end.
pub fn table(report: &Report) -> String {
    let mut out = String::new();
    if !report.cases.is_empty() {
        line(&mut out, ["scenario", "unary", "streaming", "first text", "total", "verdict"]);
    }
    for (group, cases) in report.groups() {
        if !group.is_empty() {
            let _ = writeln!(out, "{}", one_line(group, TABLE_WIDTH));
        }
        for (_, case) in cases {
            row(&mut out, case);
        }
    }
    if !report.cases.is_empty() {
        out.push('\n');
    }
    replays(&mut out, report);
    totals(&mut out, report);
    out
}

fn line(out: &mut String, [name, unary, streaming, first, total, verdict]: [&str; 6]) {
    let text =
        format!("{name:<NAME$}  {unary:<7}  {streaming:<9}  {first:>TIMES$}  {total:>TIMES$}  {verdict}");
    let _ = writeln!(out, "{}", text.trim_end());
}

fn row(out: &mut String, case: &Case) {
    let (unary, streaming) = (case.arm(Mode::Unary), case.arm(Mode::Streaming));
    let word = |arm: Option<&Arm>| arm.map_or("–", |arm| arm.verdict.word());
    let pair = |time: fn(&Arm) -> Option<f64>| {
        let one = |arm: Option<&Arm>| duration_or_dash(arm.and_then(time));
        format!("{} → {}", one(unary), one(streaming))
    };
    let name = format!("  {}", one_line(&case.name, NAME - 2));
    let (first, total) = (pair(|arm| arm.first_text_ms), pair(|arm| arm.total_ms));
    line(out, [&name, word(unary), word(streaming), &first, &total, case.verdict().word()]);
}

fn replays(out: &mut String, report: &Report) {
    let tally = Tally::of(report);
    let all = count(report.replays.len(), "recording");
    if !report.replays.is_empty() {
        let _ = writeln!(out, "{} of {all} received as recorded", tally.identical);
    }
    for replay in report.replays.iter().filter(|replay| !replay.identical) {
        let text = format!("  different: {} {}", replay.id, replay.note);
        let _ = writeln!(out, "{}", one_line(text.trim_end(), TABLE_WIDTH));
    }
}

fn totals(out: &mut String, report: &Report) {
    let tally = Tally::of(report);
    let mut text = format!("{} of {} passed", tally.passed, count(tally.ran(), "run"));
    for (number, word) in [(tally.failed, "failed"), (tally.skipped, "skipped")] {
        if number > 0 {
            let _ = write!(text, ", {number} {word}");
        }
    }
    let requests = usize::try_from(report.totals.requests).unwrap_or(usize::MAX);
    let _ = writeln!(
        out,
        "{text}; {}, {}, {}",
        count(report.cases.len(), "scenario"),
        count(requests, "request"),
        duration(report.totals.elapsed_ms)
    );
}
