//! The verdict for people.

use super::{Case, Verdict};
use crate::output::counted;
use std::collections::BTreeSet;

/// The verdict in a few lines: problems first, then one line that says it all.
pub(crate) fn text(verdict: &Verdict) -> String {
    let mut lines: Vec<String> = verdict.cases.iter().filter_map(failed).collect();
    lines.extend(verdict.problems.iter().map(|problem| format!("  ✗ {problem}")));
    lines.extend(verdict.command.failure.iter().map(|failure| format!("  ✗ the command {failure}")));
    let word = if verdict.passed() { "passed" } else { "FAILED" };
    let requests = counted(verdict.requests, "request");
    lines.push(format!("faultline: {word}: {requests}, {}{}", played(&verdict.cases), undecided(verdict)));
    lines.join("\n")
}

/// How many scenarios, and in how many sessions where one was played in several.
fn played(cases: &[Case]) -> String {
    let scenarios: BTreeSet<&str> = cases.iter().map(|case| case.scenario.as_str()).collect();
    let sessions: BTreeSet<&str> = cases.iter().map(|case| case.session.as_str()).collect();
    let played = format!("{} played", counted(scenarios.len(), "scenario"));
    if cases.len() == scenarios.len() {
        return played;
    }
    format!("{played} in {}", counted(sessions.len(), "session"))
}

fn undecided(verdict: &Verdict) -> String {
    match verdict.undecided {
        0 => String::new(),
        count => format!(", {} undecided", counted(count, "snapshot")),
    }
}

fn failed(case: &Case) -> Option<String> {
    let problem = case.problem.as_ref()?;
    let session =
        if case.session.is_empty() { String::new() } else { format!(" in session `{}`", case.session) };
    Some(format!("  ✗ {}{session}: {problem}", case.scenario))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::CommandEnd;

    fn check(cases: &[(&str, &str)], undecided: usize, expected: &str) {
        let case = |(session, scenario): &(&str, &str)| Case {
            session: (*session).to_owned(),
            scenario: (*scenario).to_owned(),
            requests: 1,
            problem: None,
        };
        let command = CommandEnd { command: "true".to_owned(), failure: None };
        let cases: Vec<Case> = cases.iter().map(case).collect();
        let verdict = Verdict { command, requests: cases.len(), cases, problems: Vec::new(), undecided };
        assert_eq!(text(&verdict), format!("faultline: {expected}"));
    }

    #[test]
    fn the_last_line_counts_scenarios_sessions_and_snapshots() {
        check(&[("", "a")], 0, "passed: 1 request, 1 scenario played");
        check(&[("", "a"), ("", "b")], 0, "passed: 2 requests, 2 scenarios played");
        check(&[("a@1", "a"), ("b@1", "b")], 0, "passed: 2 requests, 2 scenarios played");
        let six = ["1", "2", "3", "4", "5", "6"].map(|session| (session, "a"));
        check(&six, 0, "passed: 6 requests, 1 scenario played in 6 sessions");
        check(&six[..2], 1, "FAILED: 2 requests, 1 scenario played in 2 sessions, 1 snapshot undecided");
        check(&[("", "a")], 2, "FAILED: 1 request, 1 scenario played, 2 snapshots undecided");
    }
}
