//! Failures that are known: a file of names, each with its reason. Pure.

use faultline_dashboards::Verdict;
use faultline_dashboards::card::{Card, Graded};
use std::collections::{BTreeMap, HashSet};

/// The reason of failures that nobody has given one yet.
const NO_REASON: &str = "known failure";

/// Known failures by scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Baseline(BTreeMap<String, String>);

impl Baseline {
    /// Reads `name: reason`, as YAML or JSON.
    ///
    /// # Errors
    /// When it is anything else.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Self::default());
        }
        let known: BTreeMap<String, Option<String>> = serde_saphyr::from_str(text)
            .map_err(|why| format!("a baseline is lines of `scenario: reason`: {why}"))?;
        let reasoned = |(name, reason): (String, Option<String>)| match reason {
            Some(reason) if !reason.trim().is_empty() => Ok((name, reason)),
            _ => Err(format!("`{name}` has no reason: give a reason why its failure is accepted")),
        };
        known.into_iter().map(reasoned).collect::<Result<_, _>>().map(Self)
    }

    /// Marks the failures that are known.
    pub(crate) fn mark(&self, results: &mut [Graded]) {
        for result in results.iter_mut().filter(|result| result.verdict == Verdict::Failed) {
            result.known = self.0.get(&result.name).cloned();
        }
    }

    /// The entries that are no longer true: the scenario passes now, or nothing in the library is called so. An entry
    /// whose scenario was not played, or skipped, may be true.
    pub(crate) fn outdated(&self, results: &[Graded], library: &HashSet<&str>) -> Vec<String> {
        let passes = |name: &str| {
            results.iter().any(|result| result.name == name && result.verdict == Verdict::Passed)
        };
        let say = |name: &String| {
            if passes(name) {
                return Some(format!("{name} passes now: take it out"));
            }
            (!library.contains(name.as_str())).then(|| format!("{name} is no scenario: take it out"))
        };
        self.0.keys().filter_map(say).collect()
    }

    /// A baseline with every failure of `results`. Reasons that were given stay; what was not put to the test keeps its
    /// entry.
    pub(crate) fn renewed(&self, results: &[Graded]) -> Self {
        let mut known = self.0.clone();
        for result in results {
            if result.verdict == Verdict::Passed {
                known.remove(&result.name);
            } else if result.verdict == Verdict::Failed {
                known.entry(result.name.clone()).or_insert_with(|| NO_REASON.to_owned());
            }
        }
        Self(known)
    }

    /// The file. JSON texts are YAML texts.
    pub(crate) fn to_text(&self) -> String {
        let lines = self.0.iter().map(|(name, reason)| {
            format!(
                "{}: {}\n",
                serde_json::Value::from(name.as_str()),
                serde_json::Value::from(reason.as_str())
            )
        });
        format!("# Failures that are accepted, each with its reason.\n{}", lines.collect::<String>())
    }
}

/// Whether a card is a success. With a baseline, known failures count as passed, and one new failure is one too many.
pub(crate) fn succeeds(card: &Card, has_baseline: bool) -> bool {
    let tally = card.tally();
    let accepted = tally.passed + tally.known;
    #[expect(clippy::cast_precision_loss, reason = "numbers of scenarios are small")]
    let share = accepted as f64 * 100.0 >= card.threshold * tally.exercised() as f64;
    let all_known = !has_baseline || tally.known == tally.failed;
    tally.exercised() > 0 && share && all_known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(name: &str, verdict: Verdict) -> Graded {
        Graded { name: name.to_owned(), verdict, ..Graded::default() }
    }

    fn results() -> Vec<Graded> {
        vec![
            graded("a/new", Verdict::Failed),
            graded("a/old", Verdict::Failed),
            graded("a/fixed", Verdict::Passed),
            graded("a/skipped", Verdict::Skipped),
        ]
    }

    const TEXT: &str = "a/old: our SDK does that\na/fixed: was bad\na/skipped: needs time\na/gone: renamed\n";

    #[test]
    fn known_failures_are_marked_and_entries_that_are_no_longer_true_are_told() {
        let baseline = Baseline::parse(TEXT).unwrap();
        let mut results = results();
        baseline.mark(&mut results);
        let known: Vec<Option<&str>> = results.iter().map(|result| result.known.as_deref()).collect();
        assert_eq!(known, [None, Some("our SDK does that"), None, None]);
        let library = HashSet::from(["a/new", "a/old", "a/fixed", "a/skipped"]);
        let outdated = ["a/fixed passes now: take it out", "a/gone is no scenario: take it out"];
        assert_eq!(baseline.outdated(&results, &library), outdated);
    }

    #[test]
    fn a_renewed_baseline_reads_back_and_keeps_reasons() {
        let renewed = Baseline::parse(TEXT).unwrap().renewed(&results());
        let read = Baseline::parse(&renewed.to_text()).unwrap();
        assert_eq!(read, renewed);
        assert_eq!(read.0["a/old"], "our SDK does that");
        assert_eq!(read.0["a/new"], NO_REASON);
        assert!(!read.0.contains_key("a/fixed") && read.0.contains_key("a/skipped"));
        let empty = Baseline::default();
        assert_eq!(Baseline::parse(&empty.to_text()), Ok(empty));
    }

    #[test]
    fn what_is_known_counts_as_passed_and_a_new_failure_is_one_too_many() {
        for (threshold, names, baseline, expected) in [
            (100.0, &["a/fixed"][..], false, true),
            (100.0, &["a/fixed", "a/old"], false, false),
            (50.0, &["a/fixed", "a/old"], false, true),
            (100.0, &["a/fixed", "a/old"], true, true),
            (50.0, &["a/fixed", "a/new"], true, false),
            (0.0, &["a/skipped"], false, false),
            (0.0, &["a/new"], false, true),
        ] {
            let mut results = results();
            results.retain(|result| names.contains(&result.name.as_str()));
            if baseline {
                Baseline::parse(TEXT).unwrap().mark(&mut results);
            }
            let card = Card { threshold, results, ..Card::default() };
            assert_eq!(succeeds(&card, baseline), expected, "{threshold} {names:?} {baseline}");
        }
    }

    #[test]
    fn json_is_a_baseline_too_and_a_reason_is_needed() {
        assert_eq!(Baseline::parse(r#"{"a/b": "it's: so"}"#).unwrap().0["a/b"], "it's: so");
        for empty in ["a/b: ''\n", "a/b:\n", "a/b: null\n", "a/b: ~\n", r#"{"a/b": " "}"#] {
            let why = Baseline::parse(empty).unwrap_err();
            assert!(why.starts_with("`a/b` has no reason: give a reason"), "{empty}: {why}");
        }
        assert!(Baseline::parse("- a/b\n").unwrap_err().contains("scenario: reason"));
    }
}
