//! The card as JUnit XML, which every CI system reads: a suite a group, a case a scenario.

use crate::verdict::case;
use faultline_dashboards::Verdict;
use faultline_dashboards::card::{Card, Graded};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The card as JUnit XML. A known failure is skipped, so that a build stays green as long as nothing new fails.
///
/// # Errors
/// When a text cannot be written as XML.
pub(crate) fn junit(card: &Card) -> Result<String, SerializeError> {
    let mut report = Report::new("faultline grade");
    let mut suites: Vec<TestSuite> = Vec::new();
    for result in &card.results {
        let name = if result.group.is_empty() { "(no group)" } else { &result.group };
        match suites.iter_mut().find(|suite| suite.name.as_str() == name) {
            Some(suite) => drop(suite.add_test_case(test_case(result))),
            None => {
                let mut suite = TestSuite::new(name);
                suite.add_test_case(test_case(result));
                suites.push(suite);
            }
        }
    }
    suites.extend(card.interruption().map(|why| interrupted(&why)));
    report.add_test_suites(suites);
    report.to_string()
}

/// An error, so that nobody takes half a card for a whole one.
fn interrupted(why: &str) -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(why);
    let mut case = TestCase::new("the whole run", status);
    case.set_classname("faultline");
    let mut suite = TestSuite::new("interrupted");
    suite.add_test_case(case);
    suite
}

fn test_case(result: &Graded) -> TestCase {
    let said = result.breaches.iter().map(|breach| format!("{}: {}", breach.oracle, breach.what));
    let said = said.chain([format!("replay: {}", result.replay)]).collect::<Vec<_>>().join("\n");
    let mut case = match (result.verdict, &result.known) {
        (Verdict::Passed, _) => case(&result.name, None),
        (Verdict::Failed, None) => case(&result.name, Some(&said)),
        (Verdict::Failed, Some(reason)) => left_out(&result.name, &format!("known: {reason}")),
        (Verdict::Skipped, _) => left_out(&result.name, &result.skipped),
    };
    case.set_time(Duration::try_from_secs_f64(result.wall_ms / 1e3).unwrap_or_default());
    case
}

fn left_out(name: &str, why: &str) -> TestCase {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    let mut case = TestCase::new(name, status);
    case.set_classname("faultline");
    case
}
