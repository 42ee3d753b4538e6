//! The verdict for people.

use super::{Case, Verdict};

/// The verdict in a few lines: problems first, then one line that says it all.
pub(crate) fn text(verdict: &Verdict) -> String {
    let mut lines: Vec<String> = verdict.cases.iter().filter_map(failed).collect();
    lines.extend(verdict.problems.iter().map(|problem| format!("  ✗ {problem}")));
    lines.extend(verdict.command.failure.iter().map(|failure| format!("  ✗ the command {failure}")));
    let word = if verdict.passed() { "passed" } else { "FAILED" };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (requests, played) = (verdict.requests, verdict.cases.len());
    lines.push(format!(
        "faultline: {word}: {requests} request{}, {played} scenario{} played",
        plural(requests),
        plural(played)
    ));
    lines.join("\n")
}

fn failed(case: &Case) -> Option<String> {
    let problem = case.problem.as_ref()?;
    let session =
        if case.session.is_empty() { String::new() } else { format!(" in session `{}`", case.session) };
    Some(format!("  ✗ {}{session}: {problem}", case.scenario))
}
