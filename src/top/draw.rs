//! The picture on a terminal. Pure: a picture and what is wanted in, cells out.

use super::look::Look;
use super::picture::Picture;
use faultline_collector::query::{Latency, ToolUse, Trace, Usage};
use faultline_collector::view::{duration, percentile};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Sparkline, Table, TableState};
use std::time::Duration;

/// Draws it; `colours` where the terminal is to have some.
pub(crate) fn draw(frame: &mut Frame<'_>, picture: &Picture, look: Look, colours: bool) {
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let tools = picture.tools.len().clamp(1, 6);
    let parts = Layout::vertical([
        Constraint::Length(3),
        Constraint::Length(rows(picture.rows.len().max(1) + 3)),
        Constraint::Length(rows(tools + 3)),
        Constraint::Min(5),
        Constraint::Length(1),
    ]);
    let [head, latency, tools, traces, keys] = parts.areas(frame.area());
    let paint = Paint(colours);
    self::head(frame, head, picture, look, paint);
    frame.render_widget(latencies(picture), latency);
    frame.render_widget(tool_table(picture, paint), tools);
    trace_table(frame, traces, picture, look, paint);
    frame.render_widget("q quit   e errors alone   space pause   ↑ ↓ move", keys);
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn of(self, colour: Color) -> Style {
        if self.0 { Style::new().fg(colour) } else { Style::new() }
    }

    /// What is wrong: also without colours.
    fn bad(self) -> Style {
        self.of(Color::Red).add_modifier(Modifier::BOLD)
    }
}

fn head(frame: &mut Frame<'_>, area: Rect, picture: &Picture, look: Look, paint: Paint) {
    let [words, rate] = Layout::horizontal([Constraint::Min(20), Constraint::Length(60)]).areas(area);
    let trouble = &picture.trouble;
    let paused = if look.paused { "   paused" } else { "" };
    let lines = vec![
        Line::from(format!(
            "faultline top   the last {}   {} model calls, {} failed{paused}",
            spoken(picture.last),
            picture.calls,
            picture.failed
        )),
        Line::styled(
            format!(
                "{} throttled   {} sent once more   {}",
                trouble.throttled_requests,
                trouble.retries,
                errors(picture)
            ),
            if picture.failed > 0 { paint.bad() } else { Style::new() },
        ),
        Line::from(tokens(picture)),
    ];
    frame.render_widget(Paragraph::new(lines), words);
    frame.render_widget(Sparkline::default().data(&picture.rate).style(paint.of(Color::Green)), rate);
}

/// A round length of time, as people say it.
fn spoken(span: Duration) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min")];
    let seconds = span.as_secs();
    let unit = units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{seconds} s"), |(unit, name)| format!("{} {name}", seconds / unit))
}

/// The errors, the most frequent first.
fn errors(picture: &Picture) -> String {
    let mut errors: Vec<_> = picture.trouble.errors.iter().collect();
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let named: Vec<_> = errors.iter().take(3).map(|(class, count)| format!("{class} {count}")).collect();
    if named.is_empty() { String::new() } else { format!("spans that failed: {}", named.join(", ")) }
}

fn tokens(picture: &Picture) -> String {
    let one = |(model, usage): (&String, &Usage)| {
        format!("{model}: {} read, {} written", usage.input, usage.output)
    };
    picture.tokens.iter().map(one).collect::<Vec<_>>().join("   ")
}

fn latencies(picture: &Picture) -> Table<'_> {
    let row = |Latency { name, summary }: &Latency| {
        let cells = summary.percentiles.iter().map(percentile);
        Row::new([name.clone(), summary.n.to_string()].into_iter().chain(cells).collect::<Vec<_>>())
    };
    let widths = [
        Constraint::Min(22),
        Constraint::Length(7),
        Constraint::Length(28),
        Constraint::Length(28),
        Constraint::Length(28),
    ];
    Table::new(picture.rows.iter().map(row), widths)
        .header(Row::new(["", "n", "p50", "p95", "p99"]).bold())
        .block(Block::bordered().title("latency"))
}

fn tool_table(picture: &Picture, paint: Paint) -> Table<'_> {
    let row = |tool: &ToolUse| {
        let mark = if tool.slow > 0 { "slow" } else { "" };
        let cells = [
            tool.tool.clone(),
            tool.calls.to_string(),
            tool.failed.to_string(),
            duration(tool.total.most),
            mark.to_owned(),
        ];
        let wrong = tool.failed > 0 || tool.slow > 0;
        Row::new(cells).style(if wrong { paint.bad() } else { Style::new() })
    };
    let widths = [
        Constraint::Min(22),
        Constraint::Length(7),
        Constraint::Length(7),
        Constraint::Length(12),
        Constraint::Length(6),
    ];
    Table::new(picture.tools.iter().take(6).map(row), widths)
        .header(Row::new(["", "calls", "failed", "slowest", ""]).bold())
        .block(Block::bordered().title("tools"))
}

fn trace_table(frame: &mut Frame<'_>, area: Rect, picture: &Picture, look: Look, paint: Paint) {
    let row = |trace: &Trace| {
        let cells = [
            trace.trace_id.chars().take(12).collect(),
            trace.root.clone().unwrap_or_default(),
            trace.service.clone().unwrap_or_default(),
            duration(trace.duration()),
            trace.spans.to_string(),
            trace.error.clone().unwrap_or_default(),
        ];
        Row::new(cells).style(if trace.errors > 0 { paint.of(Color::Red) } else { Style::new() })
    };
    let widths = [
        Constraint::Length(12),
        Constraint::Min(24),
        Constraint::Length(16),
        Constraint::Length(10),
        Constraint::Length(6),
        Constraint::Length(24),
    ];
    let title = if look.failed { "traces with errors" } else { "traces" };
    let table = Table::new(picture.traces.iter().map(row), widths)
        .header(Row::new(["trace", "root", "service", "time", "spans", "error"]).bold())
        .row_highlight_style(Modifier::REVERSED)
        .block(Block::bordered().title(title));
    let mut state = TableState::new().with_selected((!picture.traces.is_empty()).then_some(look.marked));
    frame.render_stateful_widget(table, area, &mut state);
}
