//! Which scenario catches which bug: as a matrix for people, and as the promises that every run must keep.

use crate::card::{Breach, Bug, Card, Graded, grade};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// So many files of a group are named; a library that grows need not change what is kept.
const NAMED: usize = 6;

/// So many of the scenarios that caught a bug by the clock alone are played again.
const CONFIRMED: usize = 4;

/// What became of a bug in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// The scenario was passed, or the clean agent does not pass it either.
    Passed,
    /// It failed, and would on any machine.
    Caught,
    /// It failed for a reason that hangs on the clock.
    CaughtByTime,
}

/// A bug and its cells.
#[derive(Debug)]
pub(crate) struct Row {
    bug: Bug,
    /// The scenarios in the library's order: group, name and what became of the bug there.
    cells: Vec<(String, String, Cell)>,
    /// The rules that it broke.
    rules: BTreeSet<String>,
}

impl Row {
    /// Grades the agent with this bug.
    pub(crate) fn new(bug: Bug, clean: &Card) -> Self {
        let card = grade(Some(&bug.name), &BTreeSet::new());
        let passed = clean.passed();
        let counts = |graded: &&Graded| graded.failed() && passed.contains(&graded.name);
        let breaches = card.results().iter().filter(counts).flat_map(|graded| &graded.breaches);
        let rules = breaches.map(|breach| breach.oracle.clone()).collect();
        let cell = |graded: &Graded| if counts(&graded) { cell(graded) } else { Cell::Passed };
        let cells =
            card.results().iter().map(|one| (one.group.clone(), one.name.clone(), cell(one))).collect();
        let row = Self { bug, cells, rules };
        if row.surely_caught() || !row.caught() { row } else { row.confirmed() }
    }

    /// Where only the clock caught the bug, it must catch it again, with less going on beside it.
    fn confirmed(mut self) -> Self {
        let by_time = self.cells.iter().filter(|(_, _, cell)| *cell == Cell::CaughtByTime);
        let some = by_time.take(CONFIRMED).map(|(_, name, _)| name.clone()).collect();
        if grade(Some(&self.bug.name), &some).failed().is_empty() {
            self.cells.iter_mut().for_each(|(_, _, cell)| *cell = Cell::Passed);
        }
        self
    }

    /// The bug.
    pub(crate) const fn bug(&self) -> &Bug {
        &self.bug
    }

    /// The bug's name.
    pub(crate) fn name(&self) -> &str {
        &self.bug.name
    }

    /// Whether some scenario caught it.
    pub(crate) fn caught(&self) -> bool {
        self.cells.iter().any(|(_, _, cell)| *cell != Cell::Passed)
    }

    /// Whether some scenario would catch it on any machine.
    pub(crate) fn surely_caught(&self) -> bool {
        self.cells.iter().any(|(_, _, cell)| *cell == Cell::Caught)
    }

    /// What was promised and did not catch it this time.
    pub(crate) fn escaped(&self, promised: &BTreeSet<String>) -> Vec<String> {
        let caught = |file: &&String| {
            let hit = |(_, name, cell): &(String, String, Cell)| {
                *cell != Cell::Passed && name.split('/').take(2).eq(file.split('/'))
            };
            self.cells.iter().any(hit)
        };
        promised.iter().filter(|file| !caught(file)).cloned().collect()
    }

    /// The scenario files that catch it on any machine, by group.
    fn files(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (group, name, _) in self.cells.iter().filter(|(_, _, cell)| *cell == Cell::Caught) {
            files.entry(group).or_default().insert(name.split('/').nth(1).unwrap_or(name));
        }
        files
    }
}

fn cell(graded: &Graded) -> Cell {
    let late = |breach: &Breach| breach.oracle == "O6" || breach.what.contains(OWN_CLOCK);
    let by_time = graded.breaches.iter().any(late) || graded.breaches.iter().all(hangs_on_the_clock);
    if by_time { Cell::CaughtByTime } else { Cell::Caught }
}

/// What the agent says where its own patience was over: a busy machine may have caused that, and all that came of it.
const OWN_CLOCK: &str = "Timeout: ";

/// Whether a slow machine could have broken the rule. A request that is sent again although that is useless is no
/// matter of time; pauses between attempts and the length of a run are.
fn hangs_on_the_clock(breach: &Breach) -> bool {
    match breach.oracle.as_str() {
        "O5" => !breach.what.contains(" again "),
        "O6" => true,
        // Two seconds are the limit: who is barely late was held up.
        "O11" => breach.what.contains(" was read for 2."),
        _ => false,
    }
}

/// The whole matrix: a line a bug, a sign a scenario, groups apart.
pub(crate) fn printed(clean: &Card, rows: &[Row]) -> String {
    let mut text = "# caught   ~ caught by time   . passed\n\n".to_owned();
    let mut groups: Vec<(&str, usize)> = Vec::new();
    for graded in clean.results() {
        match groups.last_mut() {
            Some((group, count)) if *group == graded.group => *count += 1,
            _ => groups.push((&graded.group, 1)),
        }
    }
    let heads = groups.iter().map(|(group, count)| format!("{group:count$.count$} "));
    let _ = writeln!(text, "{:26}{}", "", heads.collect::<String>());
    for row in rows {
        let _ = writeln!(text, "{:26}{}", row.bug.name, signs(&row.cells));
    }
    let caught = rows.iter().filter(|row| row.caught()).count();
    let _ = write!(text, "\n{caught} of {} bugs caught", rows.len());
    text
}

fn signs(cells: &[(String, String, Cell)]) -> String {
    let mut signs = String::new();
    let mut before = None;
    for (group, _, cell) in cells {
        if before.replace(group).is_some_and(|before| before != group) {
            signs.push(' ');
        }
        signs.push(match cell {
            Cell::Passed => '.',
            Cell::Caught => '#',
            Cell::CaughtByTime => '~',
        });
    }
    signs
}

/// What catches which bug, as `caught.txt` keeps it: by bug, the files that catch it on any machine; or the rules,
/// where only the clock does.
pub(crate) fn kept(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let _ = writeln!(text, "{}: {} [{}]", row.bug.name, row.bug.what, row.bug.seen);
        let files = row.files();
        if files.is_empty() && row.caught() {
            let rules: Vec<&str> = row.rules.iter().map(String::as_str).collect();
            let _ = writeln!(text, "  by the clock alone: {}", rules.join(" "));
        } else if files.is_empty() {
            text.push_str("  NOT CAUGHT\n");
        }
        for (group, files) in files {
            let named: Vec<&str> = files.iter().copied().take(NAMED).collect();
            let _ = writeln!(text, "  {group}: {}", named.join(" "));
        }
    }
    text
}

/// What `caught.txt` promises of a bug: the scenario files that catch it, as `group/file`. None if it has no line.
pub(crate) fn promised(kept: &str, bug: &str) -> Option<BTreeSet<String>> {
    let head = format!("{bug}: ");
    let below = kept.lines().skip_while(|line| !line.starts_with(&head));
    let lines = below.skip(1).take_while(|line| line.starts_with("  "));
    kept.lines().any(|line| line.starts_with(&head)).then(|| lines.flat_map(files_of).collect())
}

fn files_of(line: &str) -> Vec<String> {
    match line.trim().split_once(": ") {
        Some((group, files)) if group != "by the clock alone" => {
            files.split_whitespace().map(|file| format!("{group}/{file}")).collect()
        }
        _ => Vec::new(),
    }
}
