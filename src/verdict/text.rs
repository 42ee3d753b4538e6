//! The verdict for people.

use super::{Case, Verdict};
use crate::output::counted;

/// The verdict in a few lines: problems first, then one line that says it all.
pub(crate) fn text(verdict: &Verdict) -> String {
    let mut lines: Vec<String> = verdict.cases.iter().filter_map(failed).collect();
    lines.extend(verdict.problems.iter().map(|problem| format!("  ✗ {problem}")));
    lines.extend(verdict.command.failure.iter().map(|failure| format!("  ✗ the command {failure}")));
    let word = if verdict.passed() { "passed" } else { "FAILED" };
    let (requests, played) = (counted(verdict.requests, "request"), counted(verdict.cases.len(), "scenario"));
    lines.push(format!("faultline: {word}: {requests}, {played} played"));
    lines.join("\n")
}

fn failed(case: &Case) -> Option<String> {
    let problem = case.problem.as_ref()?;
    let session =
        if case.session.is_empty() { String::new() } else { format!(" in session `{}`", case.session) };
    Some(format!("  ✗ {}{session}: {problem}", case.scenario))
}
