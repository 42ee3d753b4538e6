//! `faultline top`: what a collector has kept of late, in the terminal, while it goes on.

use crate::collected::store::StoreArgs;
use crate::collected::terminal::colours;
use crate::exit::{Exit, Failure};
use crate::output::print;
use crate::top::{Look, Picture, draw};
use crate::values::age;
use faultline_collector::store::Connection;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::{DefaultTerminal, Terminal};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant, SystemTime};

/// Of what, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// What began in this time before now: `15m`, `24h`.
    #[arg(long, value_name = "AGE", value_parser = age, default_value = "15m")]
    last: Duration,
    /// How often it is read anew, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
    /// Print one picture and end.
    #[arg(long)]
    once: bool,
}

/// Shows it until somebody leaves.
///
/// # Errors
/// When there is no terminal, or the store cannot be read.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let store = args.store.open()?;
    if args.once {
        print(&printed(&read(args, &store, Look::default())?)?)?;
        return Ok(Exit::Pass);
    }
    if !std::io::stdout().is_terminal() {
        return Err(Failure::usage("there is no terminal to draw on: --once prints one picture"));
    }
    let mut terminal = ratatui::try_init().map_err(Failure::own)?;
    let shown = show(args, &store, &mut terminal);
    ratatui::restore();
    shown
}

fn show(args: &Args, store: &Connection, terminal: &mut DefaultTerminal) -> Result<Exit, Failure> {
    let (mut look, colours) = (Look::default(), colours());
    let mut picture = read(args, store, look)?;
    let mut next = Instant::now() + Duration::from_secs(args.every);
    loop {
        terminal.draw(|frame| draw(frame, &picture, look, colours)).map_err(Failure::own)?;
        let before = look;
        if event::poll(next.saturating_duration_since(Instant::now())).map_err(Failure::own)?
            && let Event::Key(key) = event::read().map_err(Failure::own)?
            && key.kind == KeyEventKind::Press
        {
            match look.pressed(key, picture.traces.len()) {
                Some(after) => look = after,
                None => return Ok(Exit::Pass),
            }
        }
        let is_due = Instant::now() >= next;
        if look.failed != before.failed || (is_due && !look.paused) {
            picture = read(args, store, look)?;
        }
        if is_due {
            next = Instant::now() + Duration::from_secs(args.every);
        }
    }
}

fn read(args: &Args, store: &Connection, look: Look) -> Result<Picture, Failure> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
    Picture::read(store, args.last, now, look).map_err(Failure::own)
}

/// One picture as text.
fn printed(picture: &Picture) -> Result<String, Failure> {
    let height = u16::try_from(
        picture.rows.len() + picture.tools.len().clamp(1, 6) + picture.traces.len().min(20) + 14,
    );
    let backend = TestBackend::new(140, height.unwrap_or(60));
    let mut terminal = Terminal::new(backend).map_err(Failure::own)?;
    terminal.draw(|frame| draw(frame, picture, Look::default(), false)).map_err(Failure::own)?;
    let buffer = terminal.backend().buffer();
    let line = |y: u16| {
        let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    Ok((0..buffer.area.height).map(line).collect())
}
