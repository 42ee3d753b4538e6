//! The picture of one answer: frames as ticks on a line of time, faults as numbered flags, the ending drawn.
//!
//! Positions are percent of the width, so that text and marks keep their size on any screen; the ticks are
//! one path in a stretched box, so that a thousand frames cost a few kilobytes.

use super::data::{Tick, TickKind};
use super::ending::Shape;
use super::escape::{clipped, esc};
use super::flags::{Flag, flag_mark, flags, lanes};
use super::scale::{Scale, place};
use super::units::{axis_mark, bytes, count, duration, sane};
use std::fmt::Write as _;

/// Frames drawn of one answer; of more, an even choice is drawn and the rest counted.
const DRAWN: usize = 150;
/// Over before this many milliseconds, order says more than time.
const AT_ONCE_MS: f64 = 3.0;
/// Nearer to the words of the ending than this, percent of the width, a time would run into them.
const NEAR: f64 = 5.0;
/// Height of a lane of flags, and of the ticks under them.
const LANE: usize = 17;
const TRACK: usize = 26;

/// A drawn answer.
pub(crate) struct Picture {
    /// The drawing; empty when there is nothing to draw.
    pub(crate) svg: String,
    /// What its marks stand for, as HTML.
    pub(crate) notes: Vec<String>,
    /// The faults that have a mark.
    pub(crate) marked: Vec<String>,
}

/// Draws an answer.
pub(crate) fn picture(ticks: &[Tick]) -> Picture {
    if ticks.is_empty() {
        return Picture { svg: String::new(), notes: Vec::new(), marked: Vec::new() };
    }
    let line = Line::new(ticks);
    let flags = flags(ticks);
    let lanes = lanes(&flags, &line.at);
    let height = lanes.iter().max().map_or(0, |lane| lane + 1) * LANE;
    let base = height + TRACK;
    let mut svg = format!(
        "<svg class=\"tl\" width=\"100%\" height=\"{}\" role=\"img\" aria-label=\"{}\">",
        base + 24,
        esc(&spoken(ticks, &flags))
    );
    svg.push_str(&frames(ticks, &line, height));
    for (index, (flag, lane)) in flags.iter().zip(&lanes).enumerate() {
        let y = height - lane * LANE - 7;
        svg.push_str(&flag_mark(index + 1, line.at(flag.first), line.at(flag.last), y, base));
    }
    svg.push_str(&marks(ticks, &line, base));
    svg.push_str(&labels(ticks, &line, base + 19));
    svg.push_str("</svg>\n");
    let marked = flags.iter().map(|flag| flag.text.to_owned()).collect();
    Picture { svg, notes: notes(ticks, &flags), marked }
}

/// Where each tick lies.
struct Line {
    scale: Option<Scale>,
    at: Vec<f64>,
}

impl Line {
    fn new(ticks: &[Tick]) -> Self {
        let times = || ticks.iter().map(|tick| sane(tick.at_ms));
        if times().fold(0.0, f64::max) >= AT_ONCE_MS {
            let scale = Scale::linear(times());
            return Self { scale: Some(scale), at: times().map(|ms| scale.percent(ms)).collect() };
        }
        #[expect(clippy::cast_precision_loss, reason = "a position in a picture")]
        let share = |index: usize| index as f64 / (ticks.len().max(2) - 1) as f64;
        Self { scale: None, at: (0..ticks.len()).map(|index| place(share(index))).collect() }
    }

    fn at(&self, index: usize) -> f64 {
        self.at[index]
    }
}

/// The line itself and the frames on it, taller for more bytes.
fn frames(ticks: &[Tick], line: &Line, top: usize) -> String {
    let data: Vec<(f64, u64)> = ticks
        .iter()
        .zip(&line.at)
        .filter(|(tick, _)| tick.kind == TickKind::Data)
        .map(|(tick, x)| (*x, tick.bytes))
        .collect();
    let largest = data.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0).max(1);
    let stride = data.len().div_ceil(DRAWN).max(1);
    let mut path = String::new();
    for (x, bytes) in data.iter().step_by(stride) {
        #[expect(clippy::cast_precision_loss, reason = "a height in a picture")]
        let tall = 5.0 + 13.0 * (*bytes as f64 / largest as f64).sqrt();
        let _ = write!(path, "M{:.0} {TRACK}v-{tall:.0}", x * 10.0);
    }
    let end =
        ticks.iter().zip(&line.at).find(|(tick, _)| tick.kind == TickKind::End).map_or(100.0, |(_, x)| *x);
    let base = top + TRACK;
    let silent = silence(ticks, line).map_or(end, |(from, _)| from);
    format!(
        "<line class=\"b\" x1=\"0\" x2=\"{silent:.1}%\" y1=\"{base}\" y2=\"{base}\"/>{dashes}\
         <svg y=\"{top}\" width=\"100%\" height=\"{TRACK}\" viewBox=\"0 0 1000 {TRACK}\" \
         preserveAspectRatio=\"none\"><path class=\"d\" d=\"{path}\"/></svg>",
        dashes = silence(ticks, line).map_or_else(String::new, |(from, to)| format!(
            "<line class=\"b silent\" x1=\"{from:.1}%\" x2=\"{to:.1}%\" y1=\"{base}\" y2=\"{base}\"/>"
        )),
    )
}

/// A stall's silence, from its last sign of life to the end of the picture.
fn silence(ticks: &[Tick], line: &Line) -> Option<(f64, f64)> {
    let end = ticks.iter().position(|tick| tick.kind == TickKind::End)?;
    let stalls = Shape::of(&ticks[end].label) == Shape::Stall;
    let before = end.checked_sub(1).map_or(0.0, |index| line.at(index));
    stalls.then(|| (before, line.at.iter().copied().fold(0.0, f64::max)))
}

/// Head, end and notes. The first and the last step aside where a neighbour stands at the same moment.
fn marks(ticks: &[Tick], line: &Line, base: usize) -> String {
    let mut out = String::new();
    let near = |a: usize, b: usize| line.at.get(b).is_some_and(|x| (x - line.at(a)).abs() < 1.0);
    for (index, (tick, x)) in ticks.iter().zip(&line.at).enumerate() {
        let aside = match tick.kind {
            TickKind::Head if near(index, index + 1) => " transform=\"translate(-6)\"",
            TickKind::End if index > 0 && near(index, index - 1) => " transform=\"translate(7)\"",
            _ => "",
        };
        let id = match tick.kind {
            TickKind::Data => continue,
            TickKind::Head => "m-head",
            TickKind::Note => "m-note",
            TickKind::End => Shape::of(&tick.label).id(),
        };
        let _ = write!(out, "<use href=\"#{id}\" x=\"{x:.1}%\" y=\"{base}\"{aside}/>");
    }
    out
}

/// Times under the line, and the ending in words where it happened.
fn labels(ticks: &[Tick], line: &Line, y: usize) -> String {
    let end = ticks.iter().zip(&line.at).find(|(tick, _)| tick.kind == TickKind::End);
    let (x, words) = match end {
        Some((tick, x)) => (*x, format!("{} · {}", clipped(&tick.label, 24), duration(tick.at_ms))),
        None => (100.0, String::new()),
    };
    let (anchor, taken) = if x < 50.0 { ("start", x - NEAR..x + 45.0) } else { ("end", x - 45.0..x + NEAR) };
    let at = if x < 50.0 { x + 1.0 } else { x + 1.5 };
    let mut out = format!("<text class=\"w {anchor}\" x=\"{at:.1}%\" y=\"{y}\">{words}</text>");
    let Some(scale) = line.scale else {
        let _ = write!(out, "<text class=\"start\" x=\"0.5%\" y=\"{y}\">in order</text>");
        return out;
    };
    for tick in scale.ticks() {
        let x = scale.percent(tick);
        if !taken.contains(&x) {
            let anchor = if x < 4.0 { " class=\"start\"" } else { "" };
            let _ = write!(out, "<text x=\"{x:.1}%\" y=\"{y}\"{anchor}>{}</text>", axis_mark(tick));
        }
    }
    out
}

/// What the marks stand for, in words.
fn notes(ticks: &[Tick], flags: &[Flag<'_>]) -> Vec<String> {
    let mut out = Vec::new();
    for (index, flag) in flags.iter().enumerate() {
        let touched = if flag.ticks > 1 { format!(", on {} moments", flag.ticks) } else { String::new() };
        let at = duration(ticks[flag.first].at_ms);
        let text = clipped(flag.text, 160);
        out.push(format!(
            "<b class=\"mk\">{}</b> {text} <span class=\"t\">at {at}{touched}</span>",
            index + 1
        ));
    }
    for note in ticks.iter().filter(|tick| tick.kind == TickKind::Note) {
        let at = duration(note.at_ms);
        out.push(format!(
            "<b class=\"nt\">◇</b> {} <span class=\"t\">at {at}</span>",
            clipped(&note.label, 160)
        ));
    }
    let data = ticks.iter().filter(|tick| tick.kind == TickKind::Data).count();
    if data > DRAWN {
        let drawn = data.div_ceil(data.div_ceil(DRAWN));
        out.push(format!("{} left out of the picture", count(data - drawn, "frame")));
    }
    out
}

fn spoken(ticks: &[Tick], flags: &[Flag<'_>]) -> String {
    let data = ticks.iter().filter(|tick| tick.kind == TickKind::Data);
    let (frames, size) = data.fold((0, 0u64), |(n, sum), tick| (n + 1, sum.saturating_add(tick.bytes)));
    let last = ticks.iter().map(|tick| sane(tick.at_ms)).fold(0.0, f64::max);
    let mut out = format!("{}, {}, over {}", count(frames, "frame"), bytes(size), duration(last));
    if !flags.is_empty() {
        let _ = write!(out, "; {} marked", count(flags.len(), "fault"));
    }
    if let Some(end) = ticks.iter().find(|tick| tick.kind == TickKind::End) {
        let _ = write!(out, "; ends: {}", super::escape::clip(&end.label, 40));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(at_ms: f64, fault: Option<&str>) -> Tick {
        Tick { at_ms, bytes: 100, fault: fault.map(str::to_owned), ..Tick::default() }
    }

    #[test]
    fn a_fault_that_touches_many_frames_is_one_flag_from_first_to_last() {
        let faults = [None, Some("slice"), None, Some("slice"), Some("cut")];
        let ticks: Vec<Tick> = (0..).zip(faults).map(|(n, fault)| data(f64::from(n) * 10.0, fault)).collect();
        let picture = picture(&ticks);
        assert_eq!(picture.marked, ["slice", "cut"]);
        assert!(
            picture.notes[0].contains("slice <span class=\"t\">at 10 ms, on 2 moments"),
            "{:?}",
            picture.notes
        );
        assert_eq!(picture.svg.matches("#m-fault").count(), 2);
    }

    #[test]
    fn what_happens_at_once_is_drawn_in_order_and_what_takes_time_by_its_time() {
        let unpaced = Line::new(&[data(0.0, None), data(0.1, None), data(2.0, None)]);
        assert!(unpaced.scale.is_none());
        assert!((unpaced.at(1) - 49.5).abs() < 1e-9);
        let paced = Line::new(&[data(0.0, None), data(10.0, None), data(200.0, None)]);
        assert!(paced.at(1) < 10.0);
    }

    #[test]
    fn frames_that_are_not_drawn_are_counted() {
        let many: Vec<Tick> = (0..1_200).map(|n| data(f64::from(n), None)).collect();
        let picture = picture(&many);
        assert_eq!(picture.svg.matches('M').count(), DRAWN);
        assert_eq!(picture.notes, ["1,050 frames left out of the picture"]);
    }

    #[test]
    fn a_time_at_the_line_does_not_run_into_the_ending() {
        let check = |end_ms: f64, expected: &[&str]| {
            let end =
                Tick { at_ms: end_ms, label: "stall".to_owned(), kind: TickKind::End, ..Tick::default() };
            let ticks = [data(0.0, None), end, data(1000.0, None)];
            let svg = labels(&ticks, &Line::new(&ticks), 0);
            let times = svg.split("<text ").skip(2).filter_map(|text| text.split(['>', '<']).nth(1));
            assert_eq!(times.collect::<Vec<_>>(), expected, "{end_ms}: {svg}");
        };
        check(0.7, &["600 ms", "800 ms", "1 s"]);
        check(240.0, &["0 ms", "800 ms", "1 s"]);
        check(980.0, &["0 ms", "200 ms", "400 ms"]);
        check(760.0, &["0 ms", "200 ms", "1 s"]);
    }

    #[test]
    fn a_stall_is_silence_until_the_last_moment_that_was_seen() {
        let end = Tick { at_ms: 50.0, label: "stall".to_owned(), kind: TickKind::End, ..Tick::default() };
        let left = Tick { at_ms: 100.0, kind: TickKind::Note, ..Tick::default() };
        let mut ticks = vec![data(50.0, None), end, left];
        let (from, to) = silence(&ticks, &Line::new(&ticks)).unwrap();
        assert!((from - 49.5).abs() < 0.1 && (to - 97.5).abs() < 0.1, "{from} {to}");
        ticks[1].label = "cut".to_owned();
        assert!(silence(&ticks, &Line::new(&ticks)).is_none());
    }
}
