//! `faultline grade` run as a user runs it, and its JSON.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Options that keep the matrix short. Agents mostly wait, so there are many more of them than cores; the limit is
/// well above what the clean agent takes at most.
const OPTIONS: [&str; 8] = ["grade", "--jobs", "8", "--speed", "100x", "--time-limit", "8s", "--json"];

/// A bug of the agent.
#[derive(Clone, Debug)]
pub(crate) struct Bug {
    /// Its name on the command line.
    pub(crate) name: String,
    /// What it does.
    pub(crate) what: String,
    /// Where it was seen.
    pub(crate) seen: String,
}

/// A report card: what became of each scenario, in the library's order.
#[derive(Debug, Deserialize)]
pub(crate) struct Card {
    results: Vec<Graded>,
}

/// A scenario on a card.
#[derive(Debug, Deserialize)]
pub(crate) struct Graded {
    /// Its group.
    pub(crate) group: String,
    /// Its name, which begins with its group.
    pub(crate) name: String,
    verdict: String,
    /// The rules that were broken.
    pub(crate) breaches: Vec<Breach>,
}

/// A broken rule.
#[derive(Debug, Deserialize)]
pub(crate) struct Breach {
    /// `O1` to `O12`, or `expect`.
    pub(crate) oracle: String,
    /// What was wrong.
    pub(crate) what: String,
}

impl Graded {
    /// Whether it was exercised and failed.
    pub(crate) fn failed(&self) -> bool {
        self.verdict == "failed"
    }
}

impl Card {
    /// What became of each scenario.
    pub(crate) fn results(&self) -> &[Graded] {
        &self.results
    }

    /// The scenarios that were exercised and passed.
    pub(crate) fn passed(&self) -> BTreeSet<String> {
        self.names(|graded| graded.verdict == "passed")
    }

    /// The scenarios that failed.
    pub(crate) fn failed(&self) -> BTreeSet<String> {
        self.names(Graded::failed)
    }

    /// Takes over the results of another run.
    pub(crate) fn replace(&mut self, newer: Card) {
        let mut newer: BTreeMap<String, Graded> =
            newer.results.into_iter().map(|graded| (graded.name.clone(), graded)).collect();
        for graded in &mut self.results {
            if let Some(other) = newer.remove(&graded.name) {
                *graded = other;
            }
        }
    }

    /// The failures and their reasons.
    pub(crate) fn explained(&self) -> String {
        let mut text = String::new();
        for graded in self.results.iter().filter(|graded| graded.failed()) {
            text.push_str(&format!("{}\n", graded.name));
            let why = graded.breaches.iter().map(|breach| format!("  {} {}\n", breach.oracle, breach.what));
            text.extend(why);
        }
        text
    }

    fn names(&self, wanted: impl Fn(&Graded) -> bool) -> BTreeSet<String> {
        self.results.iter().filter(|graded| wanted(graded)).map(|graded| graded.name.clone()).collect()
    }
}

/// Every bug that the agent knows.
pub(crate) fn bugs() -> Vec<Bug> {
    let listed = Command::new(agent()).arg("--bugs").output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let bug = |line: &str| {
        let mut parts = line.split('\t').map(str::to_owned);
        let mut part = || parts.next().unwrap();
        Bug { name: part(), what: part(), seen: part() }
    };
    text.lines().map(bug).collect()
}

/// The agent's card, with a bug or without; of the whole library, or of the scenarios that are named.
pub(crate) fn grade(bug: Option<&str>, only: &BTreeSet<String>) -> Card {
    let again = if only.is_empty() { "" } else { "-again" };
    let name = format!("mutant-{}{again}.json", bug.unwrap_or("none"));
    let json = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultline"));
    command.args(OPTIONS).arg(&json).args(only.iter().flat_map(|name| ["--only", name]));
    command.arg("--").arg(agent()).args(bug.iter().flat_map(|name| ["--bug", name]));
    let done = command.output().unwrap();
    let text = std::fs::read_to_string(&json);
    let read = text.ok().and_then(|text| serde_json::from_str(&text).ok());
    read.unwrap_or_else(|| panic!("no card of {bug:?}: {}", String::from_utf8_lossy(&done.stderr)))
}

/// The example that cargo builds beside the command, but not for `--test mutants` alone: an old one judges nothing.
fn agent() -> PathBuf {
    let agent = Path::new(env!("CARGO_BIN_EXE_faultline")).with_file_name("examples").join("mutant");
    let modified = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutants/agent");
    let newest =
        std::fs::read_dir(sources).unwrap().flatten().filter_map(|file| modified(&file.path())).max();
    assert!(modified(&agent) >= newest, "build the agent first: cargo build --example mutant");
    agent
}
