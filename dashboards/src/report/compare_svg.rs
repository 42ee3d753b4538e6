//! The comparison of unary and streaming: one row a scenario, one line of time for all of them.
//!
//! Labels are HTML and the tracks are SVG in percent, so that text keeps its size on a narrow screen.

use super::data::{Arm, Case, Mode, Report};
use super::links::Links;
use crate::page::budget::{Piece, keep};
use crate::page::data::Verdict;
use crate::page::remarks::left_out;
use crate::page::scale::Scale;
use crate::page::units::{axis_mark, duration, duration_or_dash, sane};
use std::fmt::Write as _;

/// The section, in at most `room` bytes; empty when no arm has a time.
pub(super) fn section(report: &Report, room: usize, links: Links<'_>) -> String {
    let cases: Vec<(usize, &Case)> =
        (1..).zip(&report.cases).filter(|(_, case)| times(case).next().is_some()).collect();
    if cases.is_empty() {
        return String::new();
    }
    let values: Vec<f64> = cases.iter().flat_map(|(_, case)| times(case)).collect();
    let scale = Scale::fitting(&values);
    let everyone = vec![true; report.cases.len()];
    let size = |number: usize, case: &Case| row(number, case, scale, Links(&everyone)).len();
    let pieces: Vec<Piece> =
        cases.iter().map(|(number, case)| Piece { size: size(*number, case), rank: 0 }).collect();
    let (kept, _) = keep(&pieces, room.saturating_sub(4_000));
    let present = cases.iter().zip(&kept).filter(|(_, kept)| **kept);
    let shown: String = present.map(|((number, case), _)| row(*number, case, scale, links)).collect();
    let absent = kept.iter().filter(|kept| !**kept).count();
    format!(
        "<section class=\"compare\" aria-labelledby=\"compare\">\n\
         <h2 id=\"compare\">Unary and streaming, side by side</h2>\n<p class=\"note\">When the first text was there, \
         and when the run was over. {}</p>\n{LEGEND}<ol>\n{}{shown}</ol>\n{}</section>\n",
        kind(scale),
        axis(scale),
        left_out(absent, "scenario", "left out of this picture."),
    )
}

const LEGEND: &str = "<ul class=\"legend\">\
<li><svg width=\"14\" height=\"14\" aria-hidden=\"true\"><use href=\"#m-unary\" x=\"7\" y=\"7\"/></svg> unary, over</li>\
<li><svg width=\"14\" height=\"14\" aria-hidden=\"true\"><use href=\"#m-first\" x=\"7\" y=\"7\"/></svg> streaming, first text</li>\
<li><svg width=\"14\" height=\"14\" aria-hidden=\"true\"><use href=\"#m-over\" x=\"7\" y=\"7\"/></svg> streaming, over</li>\
<li><svg width=\"14\" height=\"14\" aria-hidden=\"true\"><use href=\"#m-failed\" x=\"7\" y=\"7\"/></svg> over, failed</li>\
</ul>\n";

fn kind(scale: Scale) -> &'static str {
    match scale {
        Scale::Linear { .. } => "",
        Scale::Log { .. } => {
            "Times differ by a lot, so each mark on the line is a multiple of the one before."
        }
    }
}

/// Whether there is anything to compare.
pub(super) fn has_times(report: &Report) -> bool {
    report.cases.iter().any(|case| times(case).next().is_some())
}

fn times(case: &Case) -> impl Iterator<Item = f64> + '_ {
    case.arms.iter().flat_map(|arm| [arm.first_text_ms, arm.total_ms]).flatten().filter(|ms| sane(*ms) > 0.0)
}

fn axis(scale: Scale) -> String {
    let mut labels = String::new();
    for tick in scale.ticks() {
        let x = scale.percent(tick);
        let anchor = if x < 6.0 { " class=\"start\"" } else { "" };
        let _ = write!(labels, "<text x=\"{x:.1}%\" y=\"12\"{anchor}>{}</text>", axis_mark(tick));
    }
    format!(
        "<li class=\"axis\" aria-hidden=\"true\"><span></span>\
         <svg width=\"100%\" height=\"16\">{labels}</svg><span></span></li>\n"
    )
}

fn row(number: usize, case: &Case, scale: Scale, links: Links<'_>) -> String {
    let grid: String = scale.ticks().into_iter().fold(String::new(), |mut out, tick| {
        let x = scale.percent(tick);
        let _ = write!(out, "<line class=\"g\" x1=\"{x:.1}%\" x2=\"{x:.1}%\" y1=\"0\" y2=\"34\"/>");
        out
    });
    let (unary, streaming) = (case.arm(Mode::Unary), case.arm(Mode::Streaming));
    format!(
        "<li>{}<svg width=\"100%\" height=\"34\" role=\"img\" \
         aria-label=\"{}\">{grid}{}{}</svg><span class=\"gain\">{}</span></li>\n",
        links.short_name(number, case, 34),
        spoken(unary, streaming),
        unary.map(|arm| unary_marks(arm, scale)).unwrap_or_default(),
        streaming.map(|arm| streaming_marks(arm, scale)).unwrap_or_default(),
        gain(unary, streaming),
    )
}

fn spoken(unary: Option<&Arm>, streaming: Option<&Arm>) -> String {
    format!(
        "unary over after {}; streaming first text after {}, over after {}",
        duration_or_dash(unary.and_then(|arm| arm.total_ms)),
        duration_or_dash(streaming.and_then(|arm| arm.first_text_ms)),
        duration_or_dash(streaming.and_then(|arm| arm.total_ms)),
    )
}

fn unary_marks(arm: &Arm, scale: Scale) -> String {
    let Some(total) = arm.total_ms else { return String::new() };
    let (from, to) = (scale.percent(0.0), scale.percent(total));
    format!(
        "<line class=\"u\" x1=\"{from:.1}%\" x2=\"{to:.1}%\" y1=\"10\" y2=\"10\"/>{}",
        mark(if arm.verdict == Verdict::Failed { "m-failed" } else { "m-unary" }, to, 10)
    )
}

fn streaming_marks(arm: &Arm, scale: Scale) -> String {
    let mut html = String::new();
    let total = arm.total_ms.map(|ms| scale.percent(ms));
    let first = arm.first_text_ms.map(|ms| scale.percent(ms));
    if let Some(to) = total {
        let (start, from) = (scale.percent(0.0), first.unwrap_or(to));
        let _ = write!(
            html,
            "<line class=\"u\" x1=\"{start:.1}%\" x2=\"{from:.1}%\" y1=\"24\" y2=\"24\"/>\
             <line class=\"s\" x1=\"{from:.1}%\" x2=\"{to:.1}%\" y1=\"24\" y2=\"24\"/>"
        );
        html.push_str(&mark(if arm.verdict == Verdict::Failed { "m-failed" } else { "m-over" }, to, 24));
    }
    if let Some(at) = first {
        html.push_str(&mark("m-first", at, 24));
    }
    html
}

fn mark(id: &str, x: f64, y: u32) -> String {
    format!("<use href=\"#{id}\" x=\"{x:.1}%\" y=\"{y}\"/>")
}

/// How much sooner streaming had something to read. Unary has all of its text at the end or none.
fn gain(unary: Option<&Arm>, streaming: Option<&Arm>) -> String {
    let first = |arm: Option<&Arm>| arm.and_then(|arm| arm.first_text_ms);
    match (first(unary), first(streaming)) {
        (Some(unary), Some(streaming)) if streaming < unary => {
            format!("{} sooner", duration(unary - streaming))
        }
        (Some(unary), Some(streaming)) if streaming > unary => {
            format!("{} later", duration(streaming - unary))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gain_is_the_time_until_there_is_something_to_read() {
        let arm = |first_text_ms| Arm { first_text_ms, ..Arm::default() };
        for (unary, streaming, expected) in [
            (Some(812.0), Some(310.0), "502 ms sooner"),
            (Some(310.0), Some(312.0), "2.0 ms later"),
            (Some(310.0), Some(310.0), ""),
            (None, Some(310.0), ""),
            (Some(310.0), None, ""),
        ] {
            assert_eq!(gain(Some(&arm(unary)), Some(&arm(streaming))), expected);
        }
        assert_eq!(gain(None, None), "");
    }
}
