//! docs/FAULTS.md from the cells. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::client::{CLIENTS, Client};
use super::rows::{Group, Row};
use super::verdict::{Cell, Verdict};

/// The cells by row and client.
pub(crate) type Cells = BTreeMap<(usize, Client), Cell>;

/// What readers must know before the first table.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The page.
pub(crate) fn page(groups: &[Group], cells: &Cells, versions: &str) -> String {
    let mut page = INTRODUCTION.replace("{versions}", versions).replace("{summary}", &summary(cells));
    let mut index = 0;
    for group in groups {
        let _ = write!(page, "\n## {}\n\n{}\n\n", group.title, group.about);
        page.push_str(&line(["Fault", "Where"].map(str::to_owned).into_iter().chain(headings())));
        page.push_str(&line((0..CLIENTS.len() + 2).map(|_| "---".to_owned())));
        let mut last = "";
        for row in &group.rows {
            page.push_str(&line(named(row, last).into_iter().chain(said(cells, index))));
            last = &row.fault;
            index += 1;
        }
    }
    page
}

fn headings() -> impl Iterator<Item = String> {
    CLIENTS.iter().map(|client| client.heading().to_owned())
}

fn named(row: &Row, last: &str) -> [String; 2] {
    let fault = if row.fault == last { String::new() } else { row.fault.replace('|', "\\|") };
    [fault, row.place.clone()]
}

fn said(cells: &Cells, index: usize) -> impl Iterator<Item = String> {
    CLIENTS.iter().map(move |client| cells.get(&(index, *client)).map(Cell::text).unwrap_or_default())
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut line = cells.fold(String::new(), |line, cell| line + "| " + &cell + " ");
    line.push_str("|\n");
    line
}

/// How often each client says nothing.
fn summary(cells: &Cells) -> String {
    let heads = ["Client", "rows", "✂ truncated in silence", "≠ altered in silence", "hangs"];
    let mut table = line(heads.map(str::to_owned).into_iter());
    table.push_str(&line(heads.map(|_| "---".to_owned()).into_iter()));
    for client in CLIENTS {
        let own = || cells.iter().filter(move |((_, who), _)| *who == client).map(|(_, cell)| &cell.verdict);
        let count = |is: fn(&Verdict) -> bool| own().filter(|verdict| is(verdict)).count().to_string();
        table.push_str(&line(
            [
                client.heading().to_owned(),
                count(|verdict| *verdict != Verdict::NotApplicable),
                format!("**{}**", count(|verdict| matches!(verdict, Verdict::Truncated(_)))),
                count(|verdict| matches!(verdict, Verdict::Altered(_))),
                count(|verdict| matches!(verdict, Verdict::Hangs(_))),
            ]
            .into_iter(),
        ));
    }
    table
}
