//! A trace as a waterfall for a terminal: a line a span, its frames as ticks on its bar.

use super::tree::tree;
use super::units::duration;
use crate::attribute::text_of;
use crate::query::{ChatSample, StoredSpan, chat_frames, offset};
use faultline_telemetry::own;
use faultline_telemetry::semconv::Version;
use std::fmt::Write as _;

/// How it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether colours are wanted.
    pub colours: bool,
}

/// What a bar's marks mean. The later ones hide the earlier.
const MARKS: [(char, &str); 6] = [
    ('·', "frame"),
    ('▸', "first event"),
    ('◆', "first text"),
    ('↻', "retry"),
    ('!', "stall"),
    ('✗', "fault or error"),
];

/// Draws the spans of a trace, which are in the order in which they began.
#[must_use]
pub fn waterfall(spans: &[StoredSpan], style: Style) -> String {
    let starts = spans.iter().map(|stored| stored.span.start_time_unix_nano);
    let ends = spans.iter().map(|stored| stored.span.end_time_unix_nano);
    let (Some(from), Some(to)) = (starts.min(), ends.max()) else { return String::new() };
    let rows = tree(spans);
    let label = |depth: usize, stored: &StoredSpan| {
        format!("{}{}", "  ".repeat(depth.min(20)), plain(&stored.span.name))
    };
    let longest = rows.iter().map(|(depth, stored)| label(*depth, stored).chars().count()).max();
    let names = longest.unwrap_or_default().min(style.width / 2).max(8);
    let bar = style.width.saturating_sub(names + 12).max(10);
    let scale = Scale { from, length: to.saturating_sub(from).max(1), columns: bar };
    let mut text = String::new();
    for (depth, stored) in &rows {
        let name: String = label(*depth, stored).chars().take(names).collect();
        let line = format!("{name:names$} {:>9}  {}", duration(stored.duration()), scale.bar(stored));
        let line = format!("{}{}", line.trim_end(), error(stored));
        // Writing to a string does not fail.
        let _ = match style.colours && failed(stored) {
            true => writeln!(text, "\u{1b}[31m{line}\u{1b}[0m"),
            false => writeln!(text, "{line}"),
        };
    }
    text + &legend(&text_marks(spans))
}

/// The marks that are drawn somewhere, explained.
fn legend(drawn: &[char]) -> String {
    let known = MARKS.iter().filter(|(mark, _)| drawn.contains(mark));
    let said: Vec<String> = known.map(|(mark, what)| format!("{mark} {what}")).collect();
    if said.is_empty() { String::new() } else { format!("\n{}\n", said.join("   ")) }
}

fn text_marks(spans: &[StoredSpan]) -> Vec<char> {
    spans.iter().flat_map(marks).map(|(_, mark)| mark).collect()
}

/// What happened on a span: when, in seconds from its start, and what.
pub(crate) fn happened(stored: &StoredSpan) -> Vec<(f64, &'static str)> {
    let name = |mark: char| MARKS.iter().find(|(known, _)| *known == mark).map(|(_, what)| *what);
    marks(stored).into_iter().filter_map(|(at, mark)| Some((at, name(mark)?))).collect()
}

/// What happened on a span: when, in seconds from its start, and which mark says it.
fn marks(stored: &StoredSpan) -> Vec<(f64, char)> {
    let sample = ChatSample::of(stored);
    let frames = chat_frames(stored).into_iter().map(|at| (at, '·'));
    let first = sample.first_event.filter(|_| sample.streamed).map(|at| (at, '▸'));
    let text = sample.first_text.map(|at| (at, '◆'));
    let events = stored.span.events.iter().filter_map(|event| {
        let mark = match event.name.as_str() {
            own::RETRY_EVENT => '↻',
            own::STALL_EVENT => '!',
            own::FAULT_EVENT | "exception" => '✗',
            _ => return None,
        };
        Some((offset(stored, event.time_unix_nano), mark))
    });
    let end = failed(stored).then(|| (stored.duration(), '✗'));
    frames.chain(first).chain(text).chain(events).chain(end).collect()
}

fn failed(stored: &StoredSpan) -> bool {
    stored.span.status.as_ref().is_some_and(|status| status.code == 2)
}

fn error(stored: &StoredSpan) -> String {
    if !failed(stored) {
        return String::new();
    }
    let class = text_of(&stored.span.attributes, Version::default().names().error_type);
    let said = stored.span.status.as_ref().map(|status| status.message.as_str());
    let why = class.or(said).filter(|why| !why.is_empty()).unwrap_or("error");
    format!("  {}", plain(why).chars().take(60).collect::<String>())
}

/// A foreign text on one line: what would move the cursor is shown as a box.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// From moments to columns.
struct Scale {
    from: u64,
    length: u64,
    columns: usize,
}

impl Scale {
    fn column(&self, nanos: u64) -> usize {
        let after = u128::from(nanos.saturating_sub(self.from).min(self.length));
        let last = self.columns.saturating_sub(1);
        usize::try_from(after * last as u128 / u128::from(self.length)).unwrap_or(last)
    }

    fn bar(&self, stored: &StoredSpan) -> String {
        let (start, end) = (stored.span.start_time_unix_nano, stored.span.end_time_unix_nano);
        let (first, last) = (self.column(start), self.column(end.max(start)));
        let mut cells = vec![' '; self.columns];
        cells.iter_mut().take(last + 1).skip(first).for_each(|cell| *cell = '━');
        for (at, mark) in marks(stored) {
            let column = self.column(start.saturating_add(nanos(at)));
            if let Some(cell) = cells.get_mut(column) {
                *cell = mark;
            }
        }
        cells.into_iter().collect()
    }
}

/// Nanoseconds of so many seconds; zero for what is no time.
fn nanos(seconds: f64) -> u64 {
    let span = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default();
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
