//! docs/FAULTS.md from the cells. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::iter;

use super::client::{COLUMNS, Client, Column};
use super::rows::{Group, Row};
use super::verdict::{Cell, Verdict};

/// The cells by row and client; a client that is not asked has none.
pub(crate) type Cells = BTreeMap<(usize, Client), Cell>;

/// What readers must know before the first table.
const INTRODUCTION: &str = include_str!("introduction.md");

/// A row with what its columns say.
struct Line<'a> {
    row: &'a Row,
    /// One a column: the cells of its clients, equal ones once.
    columns: Vec<Vec<(Client, Cell)>>,
}

/// The page.
pub(crate) fn page(groups: &[Group], cells: &Cells, versions: &str) -> String {
    let mut rows = groups.iter().flat_map(|group| &group.rows).enumerate();
    let mut tables = String::new();
    let mut all = Vec::new();
    for group in groups {
        let own = rows.by_ref().take(group.rows.len());
        let lines: Vec<Line<'_>> = own.map(|(index, row)| Line::of(index, row, cells)).collect();
        let _ = write!(tables, "\n## {}\n\n{}\n\n{}", group.title, group.about, table(&lines));
        all.extend(lines);
    }
    INTRODUCTION.replace("{versions}", versions).replace("{summary}", &summary(&all)) + &tables
}

impl<'a> Line<'a> {
    fn of(index: usize, row: &'a Row, cells: &Cells) -> Self {
        let column = |column: &Column| {
            if let Some(words) = row.unsteady.get(column) {
                return vec![(column.clients()[0], Cell::unsteady(words))];
            }
            let cell = |client: &Client| Some((*client, cells.get(&(index, *client))?.clone()));
            let mut said: Vec<(Client, Cell)> = column.clients().iter().filter_map(cell).collect();
            said.dedup_by(|one, other| one.1.text() == other.1.text());
            said
        };
        Self { row, columns: COLUMNS.iter().map(column).collect() }
    }

    fn text(&self, column: usize) -> String {
        match self.columns[column].as_slice() {
            [] => "not applicable".to_owned(),
            [(_, cell)] => cell.text(),
            several => {
                let one = |(client, cell): &(Client, Cell)| format!("{}: {}", client.scheme(), cell.text());
                several.iter().map(one).collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// A table without the columns that have nothing to say.
fn table(lines: &[Line<'_>]) -> String {
    let speaks = |column: &usize| lines.iter().any(|line| !line.columns[*column].is_empty());
    let (shown, left_out): (Vec<usize>, Vec<usize>) = (0..COLUMNS.len()).partition(speaks);
    let heading = |column: &usize| COLUMNS[*column].heading().to_owned();
    let heads = ["Fault", "Where"].map(str::to_owned);
    let mut table = joined(heads.into_iter().chain(shown.iter().map(heading)));
    table.push_str(&joined(iter::repeat_n("---".to_owned(), shown.len() + 2)));
    let mut last = "";
    for line in lines {
        let fault = if line.row.fault == last { String::new() } else { line.row.fault.clone() };
        let named = [fault, line.row.place.clone()].into_iter();
        table.push_str(&joined(named.chain(shown.iter().map(|column| line.text(*column)))));
        last = &line.row.fault;
    }
    if !left_out.is_empty() {
        let names: Vec<String> = left_out.iter().map(heading).collect();
        let _ = write!(table, "\nNot applicable: {}.\n", names.join("; "));
    }
    table
}

fn joined(cells: impl Iterator<Item = String>) -> String {
    cells.fold(String::new(), |line, cell| line + "| " + &cell + " ") + "|\n"
}

/// How often each client says nothing.
fn summary(lines: &[Line<'_>]) -> String {
    let heads = ["Client", "Rows", "✂ truncated in silence", "≠ altered in silence", "hangs"];
    let mut table = joined(heads.map(str::to_owned).into_iter());
    table.push_str(&joined(heads.map(|_| "---".to_owned()).into_iter()));
    for (nth, column) in COLUMNS.iter().enumerate() {
        let count = |is: fn(&Verdict) -> bool| {
            let has = |line: &&Line<'_>| line.columns[nth].iter().any(|(_, cell)| is(&cell.verdict));
            lines.iter().filter(has).count()
        };
        let truncated = count(|verdict| matches!(verdict, Verdict::Truncated(_)));
        let sometimes =
            count(|verdict| matches!(verdict, Verdict::Unsteady(words) if words.contains("SILENT")));
        let sometimes = if sometimes > 0 { format!(", {sometimes} more by chance") } else { String::new() };
        let cells = [
            column.heading().to_owned(),
            count(|_| true).to_string(),
            format!("**{truncated}**{sometimes}"),
            count(|verdict| matches!(verdict, Verdict::Altered(_))).to_string(),
            count(|verdict| matches!(verdict, Verdict::Hangs(_))).to_string(),
        ];
        table.push_str(&joined(cells.into_iter()));
    }
    table
}
