//! Traces as waterfalls: a row a span, the frames of a stream as ticks on its bar. Positions are percent of the width, the ticks are
//! one path in a stretched box.

use super::data::{Bar, Mark, Waterfall};
use crate::page::budget::{Piece, keep};
use crate::page::escape::{clipped, esc, one_line};
use crate::page::remarks::left_out;
use crate::page::scale::Scale;
use crate::page::units::{axis_mark, count, fine_duration};
use std::fmt::Write as _;

/// The most spans of a trace, and the most frames of a span, that are drawn.
const BARS: usize = 60;
const FRAMES: usize = 150;

/// The section, in at most `room` bytes; empty when there is no trace to draw.
pub(super) fn section(waterfalls: &[Waterfall], room: usize) -> String {
    let drawn: Vec<String> =
        waterfalls.iter().enumerate().map(|(at, waterfall)| one(at + 1, waterfall)).collect();
    if drawn.is_empty() {
        return String::new();
    }
    let pieces: Vec<Piece> = drawn.iter().map(|html| Piece { size: html.len(), rank: 0 }).collect();
    let (kept, _) = keep(&pieces, room.saturating_sub(2000));
    let missing = kept.iter().filter(|kept| !**kept).count();
    let shown: String = drawn.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(html, _)| html).collect();
    format!(
        "<section aria-labelledby=\"waterfalls\">\n<h2 id=\"waterfalls\">Waterfalls</h2>\n{LEGEND}{shown}{}</section>\n",
        left_out(missing, "trace", "too large for this page.")
    )
}

const LEGEND: &str = "<p class=\"note\">Each row is a span; its name stands left, its time right. A tick is a frame of a stream, \
    the filled stretch the longest silence between two.</p>\n<ul class=\"legend\">\
    <li><svg width=\"18\" height=\"18\" aria-hidden=\"true\"><use href=\"#m-head\" x=\"9\" y=\"9\"/></svg> first event</li>\
    <li><svg width=\"18\" height=\"18\" aria-hidden=\"true\"><use href=\"#m-first\" x=\"9\" y=\"9\"/></svg> first text</li>\
    <li><svg width=\"18\" height=\"18\" aria-hidden=\"true\"><use href=\"#m-note\" x=\"9\" y=\"9\"/></svg> retry, or a stall's end</li>\
    <li><svg width=\"18\" height=\"18\" aria-hidden=\"true\"><use href=\"#m-failed\" x=\"9\" y=\"9\"/></svg> fault or error</li></ul>\n";

fn one(number: usize, waterfall: &Waterfall) -> String {
    let ends = waterfall.bars.iter().map(|bar| bar.from_ms + bar.took_ms);
    let scale = Scale::linear(ends);
    let rows: String = waterfall.bars.iter().take(BARS).map(|bar| row(bar, scale)).collect();
    let mut axis = String::new();
    for tick in scale.ticks() {
        let x = scale.percent(tick);
        let _ = write!(axis, "<text x=\"{x:.1}%\" y=\"12\">{}</text>", axis_mark(tick));
    }
    format!(
        "<article aria-labelledby=\"waterfall-{number}\">\n<h3 id=\"waterfall-{number}\">{}</h3>\n<p class=\"note\">{}</p>\n\
         <ol class=\"wf\"><li aria-hidden=\"true\"><span></span><svg width=\"100%\" height=\"16\">{axis}</svg><span></span></li>\n{rows}</ol>\n{}</article>\n",
        clipped(&waterfall.title, 120),
        clipped(&waterfall.about, 300),
        left_out(waterfall.bars.len().saturating_sub(BARS), "span", "not drawn.")
    )
}

fn row(bar: &Bar, scale: Scale) -> String {
    let failure = bar.failure.as_ref().map(|why| format!("<b>{}</b>", esc(&one_line(why, 44))));
    format!(
        "<li><span style=\"padding-left: {:.1}rem\">{}</span><svg width=\"100%\" height=\"22\" role=\"img\" aria-label=\"{}\">{}</svg>\
         <span class=\"took\">{}{}</span></li>\n",
        f64::from(u8::try_from(bar.depth.min(12)).unwrap_or(12)) * 0.8,
        clipped(&bar.name, 80),
        esc(&spoken(bar)),
        picture(bar, scale),
        fine_duration(bar.took_ms),
        failure.unwrap_or_default()
    )
}

fn spoken(bar: &Bar) -> String {
    let mut words = format!("begins after {}", fine_duration(bar.from_ms));
    if !bar.frames_ms.is_empty() {
        let _ = write!(words, ", {}", count(bar.frames_ms.len(), "frame"));
    }
    for (at, mark) in bar.marks.iter().take(8) {
        let _ = write!(words, ", {} after {}", mark.word(), fine_duration(*at));
    }
    words
}

fn picture(bar: &Bar, scale: Scale) -> String {
    let at = |ms: f64| scale.percent(bar.from_ms + ms);
    let (from, to) = (at(0.0), at(bar.took_ms));
    let class = if bar.failure.is_some() { "span bad" } else { "span" };
    let mut out = format!(
        "<rect class=\"{class}\" x=\"{from:.2}%\" y=\"5\" width=\"{:.2}%\" height=\"12\"/>",
        (to - from).max(0.15)
    );
    let silent = bar.frames_ms.windows(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])));
    if let Some([start, end]) = silent {
        let (x, wide) = (at(*start), at(*end) - at(*start));
        let _ = write!(
            out,
            "<rect class=\"silence\" x=\"{x:.2}%\" y=\"2\" width=\"{:.2}%\" height=\"18\"/>",
            wide.max(0.0)
        );
    }
    let stride = bar.frames_ms.len().div_ceil(FRAMES).max(1);
    let ticks: String =
        bar.frames_ms.iter().step_by(stride).map(|frame| format!("M{:.0} 5v12", at(*frame) * 10.0)).collect();
    if !ticks.is_empty() {
        let _ = write!(
            out,
            "<svg width=\"100%\" height=\"22\" viewBox=\"0 0 1000 22\" preserveAspectRatio=\"none\"><path class=\"d\" d=\"{ticks}\"/></svg>"
        );
    }
    for (when, mark) in bar.marks.iter().take(40) {
        let _ = write!(out, "<use href=\"#{}\" x=\"{:.2}%\" y=\"11\"/>", mark.symbol(), at(*when));
    }
    out
}

impl Mark {
    fn symbol(self) -> &'static str {
        match self {
            Self::FirstEvent => "m-head",
            Self::FirstText => "m-first",
            Self::Retry | Self::Stall => "m-note",
            Self::Fault => "m-failed",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::FirstEvent => "first event",
            Self::FirstText => "first text",
            Self::Retry => "retry",
            Self::Stall => "end of a stall",
            Self::Fault => "fault or error",
        }
    }
}
