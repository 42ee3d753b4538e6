//! Fault x client -> outcome: rows in, page out.

mod client;
mod page;
mod play;
mod rows;
mod verdict;
mod versions;

use client::{CLIENTS, Client};
use page::Cells;
use play::Job;
use rows::Row;
use verdict::Cell;

use crate::driver::Outcome;
use crate::toolchain::Skip;

/// The page, and what each client saw, for people.
pub(crate) struct Table {
    /// docs/FAULTS.md.
    pub(crate) page: String,
    /// A line a cell.
    pub(crate) seen: Vec<String>,
}

/// Plays the rows, or those whose name holds `only`; or says which client is missing.
///
/// # Panics
/// When the rows are wrong.
#[expect(clippy::panic, reason = "a test that cannot start must fail")]
pub(crate) fn measured(only: Option<&str>) -> Result<Table, Skip> {
    let groups = rows::all().unwrap_or_else(|problem| panic!("{problem}"));
    let sound = rows::sound().unwrap_or_else(|problem| panic!("{problem}"));
    let rows: Vec<&Row> = groups.iter().flat_map(|group| &group.rows).collect();
    let played: Vec<(usize, &Row)> = rows.iter().copied().chain(&sound).enumerate().collect();
    let wanted =
        |index: usize, row: &Row| index >= rows.len() || only.is_none_or(|only| row.name().contains(only));
    let jobs = played.iter().filter(|(index, row)| wanted(*index, row)).flat_map(|&(index, row)| {
        CLIENTS.into_iter().filter(|client| client.takes(row)).map(move |client| Job { index, row, client })
    });
    let outcomes = play::all(&jobs.collect::<Vec<_>>())?;
    let standard = |client: Client, row: &Row| {
        let nth = sound.iter().position(|sound| sound.operation == row.operation).unwrap_or_default();
        &outcomes[&(rows.len() + nth, client)]
    };
    let mut cells = Cells::new();
    let mut seen = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        for client in CLIENTS {
            let Some(outcome) = outcomes.get(&(index, client)) else { continue };
            let cell = Cell::of(outcome, standard(client, row), row.client.all_calls(), row.limit_ms);
            let cell = if row.coarse { cell.coarse() } else { cell };
            seen.push(line(row, client, &cell, outcome));
            cells.insert((index, client), cell);
        }
    }
    Ok(Table { page: page::page(&groups, &cells, &versions::all()), seen })
}

fn line(row: &Row, client: Client, cell: &Cell, outcome: &Outcome) -> String {
    let error = outcome.error.as_ref().map(|error| format!("{error:?}")).unwrap_or_default();
    format!(
        "{} / {:?}: {}\n    {} requests, {:.0} ms, {:?} {error}",
        row.name(),
        client,
        cell.text(),
        outcome.attempts,
        outcome.timing.total_ms,
        outcome.kinds(),
    )
}
