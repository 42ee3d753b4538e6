//! The verdict as JUnit XML, which every CI system reads.

use super::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The verdict as JUnit XML: a test case for the command, one for each scenario played, one for strangers.
///
/// # Errors
/// When a text cannot be written as XML.
pub(crate) fn junit(verdict: &Verdict) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new("faultline");
    suite.add_test_case(case("the command succeeds", verdict.command.failure.as_deref()));
    for played in &verdict.cases {
        let session =
            if played.session.is_empty() { String::new() } else { format!(" @ {}", played.session) };
        suite.add_test_case(case(&format!("{}{session}", played.scenario), played.problem.as_deref()));
    }
    let problems = verdict.problems.join("\n");
    suite.add_test_case(case("every request is expected", (!problems.is_empty()).then_some(&problems)));
    let mut report = Report::new("faultline");
    report.add_test_suite(suite);
    report.to_string()
}

/// A case that succeeded, or failed with a problem.
pub(crate) fn case(name: &str, problem: Option<&str>) -> TestCase {
    let status = match problem {
        None => TestCaseStatus::success(),
        Some(problem) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(problem);
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname("faultline");
    case
}
