//! Does `faultline grade` have teeth? A small agent that does everything right must pass the whole library, and the
//! same agent with one bug, fifty of them one after the other, must fail some scenario that the clean one passes.
//!
//! The agent is `tests/mutants/agent`, an example target that shares no code with the house; the bugs and the public
//! threads they stand for are listed in its `bug.rs`. The command is run as a user runs it and judged by its JSON.
//!
//! `tests/mutants/caught.txt` names for each bug some of the scenario files that catch it: each of them must catch it in
//! every run. A slow machine makes more scenarios fail, never fewer, so what catches it besides is shown and not judged.
//! The whole matrix, scenario by scenario, is printed and written to `mutants.txt` in cargo's folder for test files, and
//! beside it `caught.txt` as this run would write it; a new bug's lines are taken from there.
//!
//! `FAULTLINE_BUG=name` runs the one bug of that name.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and this one prints a matrix"
)]

#[path = "mutants/card.rs"]
mod card;
#[path = "mutants/matrix.rs"]
mod matrix;

use card::{Bug, Card, bugs, grade};
use matrix::{Row, kept, printed, promised};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The promises: which scenario files catch which bug.
const CAUGHT: &str = include_str!("mutants/caught.txt");

/// The share of bugs that must be caught.
const TEETH: f64 = 0.95;

/// Bugs that the library leaves to judgement: where its scenarios say that an answer and an error are both right, it
/// catches neither. They are run and shown, and do not count; one that is caught after all no longer belongs here.
const ALLOWED: [&str; 2] = ["guardrail-is-success", "unknown-stop-is-success"];

/// How many bugs are graded at once.
const AT_ONCE: usize = 3;

/// How often the clean agent may try a scenario: a busy machine is late now and then, a wrong judge always.
const CLEAN_TRIES: usize = 3;

#[test]
fn grade_passes_a_clean_agent_and_catches_its_mutants() {
    let began = Instant::now();
    let clean = clean();
    let rows = graded(&picked(), &clean);
    let text = printed(&clean, &rows);
    println!("{text}\n{} bugs in {:.0?}", rows.len(), began.elapsed());
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/mutants.txt"), text).unwrap();
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/caught.txt"), kept(&rows)).unwrap();
    if std::env::var_os("FAULTLINE_BUG").is_some() {
        return;
    }
    let (allowed, judged): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| ALLOWED.contains(&row.name()));
    assert!(judged.len() >= 30, "a family of {} bugs is none", judged.len());
    let share = judged.iter().filter(|row| row.caught()).count() as f64 / judged.len() as f64;
    assert!(share >= TEETH, "only {:.1} % of the bugs are caught", share * 100.0);
    assert!(!allowed.iter().any(|row| row.surely_caught()), "caught after all: {allowed:?}");
    let escaped: Vec<String> = rows.iter().filter_map(|row| escaped(row, &clean)).collect();
    assert!(escaped.is_empty(), "no longer caught as caught.txt says:\n{}", escaped.join("\n"));
}

/// What no longer catches a bug although it is promised. It is looked at twice: only what is gone for good counts.
fn escaped(row: &Row, clean: &Card) -> Option<String> {
    let Some(promised) = promised(CAUGHT, row.name()) else {
        return Some(format!("{}: not in caught.txt", row.name()));
    };
    if row.escaped(&promised).is_empty() {
        return None;
    }
    let again = Row::new(row.bug().clone(), clean).escaped(&promised);
    (!again.is_empty()).then(|| format!("{}: {}", row.name(), again.join(" ")))
}

/// A row for each bug, several at a time: each run ends with a few slow scenarios that leave the machine idle.
fn graded(bugs: &[Bug], clean: &Card) -> Vec<Row> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut rows = Vec::new();
        while let Some(bug) = bugs.get(next.fetch_add(1, Ordering::Relaxed)) {
            rows.push(Row::new(bug.clone(), clean));
        }
        rows
    };
    let mut rows: Vec<Row> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    rows.sort_by_key(|row| bugs.iter().position(|bug| bug.name == row.name()));
    rows
}

/// The card of the clean agent, which passes everything that it gets to.
fn clean() -> Card {
    let mut card = grade(None, &BTreeSet::new());
    assert!(card.passed().len() >= 100, "the library is not there: {:?}", card.passed());
    for _ in 1..CLEAN_TRIES {
        let failed = card.failed();
        if failed.is_empty() {
            break;
        }
        println!("once more: {failed:?}");
        card.replace(grade(None, &failed));
    }
    assert!(card.failed().is_empty(), "the clean agent fails:\n{}", card.explained());
    card
}

fn picked() -> Vec<Bug> {
    let only = std::env::var("FAULTLINE_BUG").ok();
    let picked: Vec<Bug> =
        bugs().into_iter().filter(|bug| only.as_ref().is_none_or(|name| *name == bug.name)).collect();
    assert!(!picked.is_empty(), "no bug is called {only:?}");
    picked
}
