//! What a report card says, as plain data. It must not know how it is drawn, nor where it comes from.
//!
//! Every text is taken as foreign: renderers escape and shorten it.

use crate::page::data::{Request, Verdict};
use crate::page::units::count;
use serde::{Deserialize, Serialize};

/// An agent through every scenario, judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Card {
    /// The agent: its command line or its address.
    pub agent: String,
    /// The command line that made the card.
    pub command: String,
    /// The version of faultline.
    pub version: String,
    /// When it started, in the words of the caller.
    pub started: String,
    /// Wall time of the whole run, milliseconds.
    pub elapsed_ms: f64,
    /// What two runs without any fault told.
    pub calibration: Calibration,
    /// The share of exercised scenarios that had to pass, percent.
    pub threshold: f64,
    /// Whether the run is a success: the threshold is reached, and nothing failed that is not known.
    pub success: bool,
    /// The scenarios in the order of the library.
    pub results: Vec<Graded>,
    /// Entries of the baseline that are no longer true, each with why.
    pub outdated: Vec<String>,
    /// Where the run was interrupted: how many scenarios it did not get to. They are not in `results`.
    pub interrupted: Option<usize>,
}

/// What two runs without any fault told about the agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calibration {
    /// Whether it asks for streams.
    pub streams: bool,
    /// How many tools it offers.
    pub tools: usize,
    /// How often its standard output holds an answer when all is well; 0: answers are not printed, so only its exit
    /// code and the wire are judged.
    pub printed: usize,
    /// What it says of itself in `user-agent`.
    pub user_agent: String,
    /// How long the run with one text took, milliseconds.
    pub run_ms: f64,
    /// What was odd about the runs; empty when nothing was.
    pub note: String,
}

/// One scenario and the judgement on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Graded {
    /// The group: the first folder of its name.
    pub group: String,
    /// The scenario's name.
    pub name: String,
    /// What happens in it and why it matters.
    pub about: String,
    /// The public incidents it stands for.
    pub citations: Vec<String>,
    /// What a robust agent makes of it.
    pub expectation: String,
    /// The judgement.
    pub verdict: Verdict,
    /// Why it was skipped; empty otherwise.
    pub skipped: String,
    /// Every rule that was broken, the most telling first.
    pub breaches: Vec<Breach>,
    /// The reason in the baseline, when the failure is a known one.
    pub known: Option<String>,
    /// How the agent ended: `success`, `exit code 1`, `stopped after 30 s`.
    pub end: String,
    /// Wall time of its run, milliseconds.
    pub wall_ms: f64,
    /// How many requests it sent.
    pub calls: usize,
    /// The command that plays it again.
    pub replay: String,
    /// What it printed as its answer; of failed ones only.
    pub stdout: String,
    /// What it printed beside; of failed ones only.
    pub stderr: String,
    /// What it sent and got; of failed ones only.
    pub requests: Vec<Request>,
}

/// A rule that was broken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Breach {
    /// The rule's id: `O1` to `O12`, or `expect`.
    pub oracle: String,
    /// The rule in a few words; may be empty.
    pub rule: String,
    /// The request that shows it, from 1 within the scenario.
    pub request: Option<u64>,
    /// What was wrong, in a sentence.
    pub what: String,
}

/// How many scenarios ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// As a robust agent does.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not judged.
    pub skipped: usize,
    /// Of the failed ones, those that the baseline knows.
    pub known: usize,
}

impl Tally {
    /// Counts results.
    pub fn of<'a>(results: impl IntoIterator<Item = &'a Graded>) -> Self {
        let mut tally = Self::default();
        for result in results {
            match result.verdict {
                Verdict::Passed => tally.passed += 1,
                Verdict::Failed => tally.failed += 1,
                Verdict::Skipped => tally.skipped += 1,
            }
            tally.known += usize::from(result.verdict == Verdict::Failed && result.known.is_some());
        }
        tally
    }

    /// Scenarios that put the agent to the test.
    pub fn exercised(self) -> usize {
        self.passed + self.failed
    }

    /// The mark for it.
    pub fn mark(self) -> Mark {
        Mark::of(self.passed, self.exercised())
    }

    pub(super) fn counts(self) -> [(Verdict, usize); 3] {
        [(Verdict::Passed, self.passed), (Verdict::Failed, self.failed), (Verdict::Skipped, self.skipped)]
    }
}

/// A share of passed scenarios, as tenths of a percent, rounded down: 100 % means every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    per_mille: usize,
}

impl Mark {
    /// The share of `passed` in `all`; nothing of nothing is 0.
    pub fn of(passed: usize, all: usize) -> Self {
        Self { per_mille: (passed * 1000).checked_div(all).unwrap_or(0) }
    }

    /// Percent with one decimal.
    #[expect(clippy::cast_precision_loss, reason = "at most 1000")]
    pub fn percent(self) -> f64 {
        self.per_mille as f64 / 10.0
    }

    /// The letter: A+ is 100 %, A from 95, B from 85, C from 70, D from 50, F below.
    pub fn letter(self) -> &'static str {
        match self.per_mille {
            1000 => "A+",
            950.. => "A",
            850.. => "B",
            700.. => "C",
            500.. => "D",
            _ => "F",
        }
    }
}

impl Card {
    /// How many scenarios ended how.
    pub fn tally(&self) -> Tally {
        Tally::of(&self.results)
    }

    /// The groups in order of appearance, each with its results and their numbers from 1.
    pub(super) fn groups(&self) -> Vec<(&str, Vec<(usize, &Graded)>)> {
        let mut groups: Vec<(&str, Vec<(usize, &Graded)>)> = Vec::new();
        for (number, result) in (1..).zip(&self.results) {
            match groups.iter_mut().find(|(name, _)| *name == result.group) {
                Some((_, results)) => results.push((number, result)),
                None => groups.push((&result.group, vec![(number, result)])),
            }
        }
        groups
    }

    /// The failures, new ones first, with their numbers.
    pub(super) fn failures(&self) -> Vec<(usize, &Graded)> {
        let failed = (1..).zip(&self.results).filter(|(_, result)| result.verdict == Verdict::Failed);
        let (new, known): (Vec<_>, Vec<_>) = failed.partition(|(_, result)| result.known.is_none());
        new.into_iter().chain(known).collect()
    }

    /// Why scenarios were skipped, each reason with how many, in order of appearance.
    pub(super) fn skips(&self) -> Vec<(&str, usize)> {
        let mut reasons: Vec<(&str, usize)> = Vec::new();
        for result in self.results.iter().filter(|result| result.verdict == Verdict::Skipped) {
            match reasons.iter_mut().find(|(reason, _)| *reason == result.skipped) {
                Some((_, count)) => *count += 1,
                None => reasons.push((&result.skipped, 1)),
            }
        }
        reasons
    }

    /// That the card is not whole, in a few words.
    pub fn interruption(&self) -> Option<String> {
        self.interrupted.map(|left| format!("interrupted: {} not played", count(left, "scenario")))
    }

    /// The result in one sentence: `97 of 120 passed: 80.8 %, grade C`.
    pub fn sentence(&self) -> String {
        let tally = self.tally();
        let mark = tally.mark();
        if tally.exercised() == 0 {
            return "nothing was put to the test".to_owned();
        }
        let known =
            if tally.known > 0 { format!(", {} of the failures known", tally.known) } else { String::new() };
        format!(
            "{} of {} passed: {} %, grade {}{known}",
            tally.passed,
            tally.exercised(),
            mark.percent(),
            mark.letter()
        )
    }
}

impl Calibration {
    /// What was found, in one line.
    pub fn sentence(&self) -> String {
        let tools = match self.tools {
            0 => "offers no tools".to_owned(),
            1 => "offers 1 tool".to_owned(),
            tools => format!("offers {tools} tools"),
        };
        let printed = match self.printed {
            0 => "does not print its answers (judged by exit code and wire alone)".to_owned(),
            1 => "prints its answer".to_owned(),
            times => format!("prints its answer {times} times"),
        };
        let streams = if self.streams { "streams" } else { "does not stream" };
        let note = if self.note.is_empty() { String::new() } else { format!("; {}", self.note) };
        format!("the agent {streams}, {tools}, {printed}{note}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_of_them_is_a_hundred_percent() {
        for (passed, all, percent, letter) in [
            (0, 0, 0.0, "F"),
            (1, 1, 100.0, "A+"),
            (2999, 3000, 99.9, "A"),
            (97, 120, 80.8, "C"),
            (85, 100, 85.0, "B"),
            (1, 2, 50.0, "D"),
            (1, 3, 33.3, "F"),
        ] {
            let mark = Mark::of(passed, all);
            assert!((mark.percent() - percent).abs() < 1e-9, "{passed} of {all}: {}", mark.percent());
            assert_eq!(mark.letter(), letter, "{passed} of {all}");
        }
    }

    #[test]
    fn a_card_without_exercised_scenarios_claims_nothing() {
        let skipped = Graded { skipped: "it waits".to_owned(), ..Graded::default() };
        let card = Card { results: vec![skipped.clone(), skipped], ..Card::default() };
        assert_eq!(card.sentence(), "nothing was put to the test");
        assert_eq!(card.skips(), [("it waits", 2)]);
    }

    #[test]
    fn new_failures_stand_before_known_ones() {
        let failed = |known: Option<&str>| Graded {
            verdict: Verdict::Failed,
            known: known.map(str::to_owned),
            ..Graded::default()
        };
        let card = Card { results: vec![failed(Some("old")), failed(None)], ..Card::default() };
        let numbers: Vec<usize> = card.failures().into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [2, 1]);
        assert_eq!(card.sentence(), "0 of 2 passed: 0 %, grade F, 1 of the failures known");
    }
}
