//! What is said of an import: of each file whose it is, how much of it was taken, what was not and why, where it went.

use crate::output::counted;
use faultline_recorder::import::{Imported, Skipped};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What became of one file.
pub(crate) struct Outcome {
    /// The file.
    pub(crate) path: PathBuf,
    /// What was in it, or why nothing could be taken.
    pub(crate) found: Result<Imported, String>,
    /// Whether its takes were written where they belong; a reason where not.
    pub(crate) went: Result<Option<PathBuf>, String>,
    /// Whether a file without anything to take is a problem: it was named, or had a kind.
    pub(crate) is_named: bool,
}

/// Everything that is said.
pub(crate) struct Report {
    /// Each file.
    pub(crate) outcomes: Vec<Outcome>,
    /// How many cassettes were written.
    pub(crate) cassettes: usize,
    /// What was replaced.
    pub(crate) replaced: Option<String>,
}

impl Outcome {
    /// Whether something is wrong with the file.
    pub(crate) fn is_bad(&self) -> bool {
        let broken = |imported: &Imported| imported.skipped.iter().any(|skipped| skipped.is_broken);
        self.went.is_err() || self.found.as_ref().map_or(self.is_named, broken)
    }

    fn taken(&self) -> usize {
        let written = matches!(self.went, Ok(Some(_)));
        self.found.as_ref().map_or(0, |imported| if written { imported.takes.len() } else { 0 })
    }

    fn to_text(&self) -> String {
        let path = self.path.display();
        let imported = match &self.found {
            Ok(imported) => imported,
            Err(why) => return format!("{path}: not imported: {why}\n"),
        };
        let mut out = match &self.went {
            Ok(Some(folder)) => {
                format!("{path}: {}, {} imported into {}\n", imported.kind, self.taken(), folder.display())
            }
            Ok(None) => format!("{path}: {}, nothing to import\n", imported.kind),
            Err(why) => format!("{path}: {}, not imported: {why}\n", imported.kind),
        };
        imported.skipped.iter().for_each(|skipped| out.push_str(&line(skipped)));
        for (note, count) in &imported.notes {
            out.push_str(&format!("  note: {note}{}\n", times(*count)));
        }
        out
    }

    fn to_json(&self) -> Value {
        let found = self.found.as_ref();
        let skipped = |skipped: &Skipped| json!({ "exchange": skipped.number, "why": skipped.why, "broken": skipped.is_broken });
        let problem = found.err().or(self.went.as_ref().err());
        json!({
            "file": self.path.display().to_string(),
            "kind": found.ok().map(|imported| imported.kind.name()),
            "imported": self.taken(),
            "into": self.went.as_ref().ok().and_then(|folder| Some(folder.as_ref()?.display().to_string())),
            "skipped": found.map_or_else(|_| Vec::new(), |imported| imported.skipped.iter().map(skipped).collect()),
            "notes": found.map_or_else(|_| Vec::new(), |imported| imported.notes.iter().map(|(note, _)| *note).collect()),
            "problem": problem,
        })
    }
}

fn line(skipped: &Skipped) -> String {
    let Skipped { number, why, is_broken } = skipped;
    format!("  {} exchange {number}: {why}\n", if *is_broken { "broken" } else { "skipped" })
}

fn times(count: usize) -> String {
    if count > 1 { format!(" ({count} times)") } else { String::new() }
}

impl Report {
    /// Whether a file has problems.
    pub(crate) fn is_bad(&self) -> bool {
        self.outcomes.iter().any(Outcome::is_bad)
    }

    /// For people.
    pub(crate) fn to_text(&self) -> String {
        let mut out: String = self.outcomes.iter().map(Outcome::to_text).collect();
        let taken: usize = self.outcomes.iter().map(Outcome::taken).sum();
        let files = counted(self.outcomes.len(), "file");
        let bad = self.outcomes.iter().filter(|outcome| outcome.is_bad()).count();
        let problems = if bad > 0 { format!(", {bad} with problems") } else { String::new() };
        let (exchanges, cassettes) = (counted(taken, "exchange"), counted(self.cassettes, "cassette"));
        out.push_str(&format!("{files}: {exchanges} imported into {cassettes}{problems}\n"));
        out.extend(self.replaced.iter().map(|line| format!("{line}\n")));
        out
    }

    /// For machines.
    pub(crate) fn to_json(&self) -> String {
        let files: Vec<Value> = self.outcomes.iter().map(Outcome::to_json).collect();
        format!("{}\n", json!({ "files": files, "cassettes": self.cassettes, "redacted": self.replaced }))
    }
}
