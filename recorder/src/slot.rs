//! The place of a cassette: whose request it answers, and for which test. Pure.

use faultline_scenarios::Scenario;
use faultline_scenarios::file::{OneOrMany, When};
use faultline_scenarios::likeness::normal;
use faultline_scenarios::text_match::{NamedMatch, TextMatch};
use faultline_wire::Operation;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// So many takes of one request are in one file, and no more once they have so many bytes; others go on in another file, so
/// that to add one stays cheap and no file is too large to be loaded.
const TAKES: usize = 64;
const BYTES: u64 = 128 * 1024;

/// Which cassette a take belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The test that asked: a folder; empty for none.
    pub test: String,
    /// What tells its request from others.
    pub key: u64,
}

impl Slot {
    /// The place of what answers this condition.
    pub fn new(test: &str, when: &When) -> Self {
        Self { test: test.to_owned(), key: key(when) }
    }

    /// The place of a cassette; none for a scenario that is none.
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let test = scenario.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        scenario.file.when.as_ref().map(|when| Self::new(test, when))
    }
}

/// What tells one recorded request from another: its condition, without what changes from run to run.
fn key(when: &When) -> u64 {
    let like = |text: &Option<TextMatch>| match text {
        Some(TextMatch::Named(NamedMatch::Like(text))) => normal(text),
        _ => String::new(),
    };
    let operation = when.operation.as_ref().map(OneOrMany::all);
    let mut hasher = DefaultHasher::new();
    (operation, like(&when.model), when.turn, like(&when.text), &when.tool_results).hash(&mut hasher);
    hasher.finish()
}

/// A part of a cassette's file name: `converse-stream`.
pub(crate) fn file_name(operation: Operation) -> String {
    let mut name = String::new();
    for letter in operation.name().chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Whether a file with so many takes of so many bytes takes one more.
pub(crate) fn has_room(takes: usize, bytes: u64) -> bool {
    takes < TAKES && bytes < BYTES
}
