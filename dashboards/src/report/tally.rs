//! How many of what passed. Counts only.

use super::data::Report;
use crate::page::data::Verdict;

/// Verdicts counted, over runs: one for each arm of each scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs that went as expected.
    pub passed: usize,
    /// Runs that did not.
    pub failed: usize,
    /// Runs that were not made.
    pub skipped: usize,
    /// Recordings that arrived unchanged.
    pub identical: usize,
    /// Recordings that did not.
    pub different: usize,
}

impl Tally {
    /// Counts a report.
    pub fn of(report: &Report) -> Self {
        let verdicts = || report.cases.iter().flat_map(|case| &case.arms).map(|arm| arm.verdict);
        let count = |wanted| verdicts().filter(|verdict| *verdict == wanted).count();
        let identical = report.replays.iter().filter(|replay| replay.identical).count();
        Self {
            passed: count(Verdict::Passed),
            failed: count(Verdict::Failed),
            skipped: count(Verdict::Skipped),
            identical,
            different: report.replays.len() - identical,
        }
    }

    /// Runs that were made: skipped ones are not among them.
    pub fn ran(&self) -> usize {
        self.passed + self.failed
    }

    /// Whether nothing went wrong, and there was something that could have.
    pub fn all_well(&self) -> bool {
        self.failed + self.different == 0 && self.passed + self.identical > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::{Arm, Case, Replay};

    #[test]
    fn an_empty_report_is_not_a_success() {
        assert!(!Tally::of(&Report::default()).all_well());
    }

    #[test]
    fn a_recording_that_differs_spoils_the_verdict_though_every_run_passed() {
        let arm = Arm { verdict: Verdict::Passed, ..Arm::default() };
        let mut report =
            Report { cases: vec![Case { arms: vec![arm], ..Case::default() }], ..Report::default() };
        assert!(Tally::of(&report).all_well());
        report.replays.push(Replay::default());
        let tally = Tally::of(&report);
        assert!(!tally.all_well());
        assert_eq!((tally.ran(), tally.passed, tally.different), (1, 1, 1));
    }
}
