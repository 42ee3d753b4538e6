//! The scenario's own expectation: how the run ends, its answer, its tools.
//!
//! Where a sentinel was planted, its coming out stands for the expected texts: the replies were cast for another agent.
//! Without one, and where only the wire is known, the last answer that was delivered is judged. How many requests
//! arrive is for `verify`: agents differ.

use super::message_stop::false_success;
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::cast::{last, plant};
use crate::exchange::{Exchange, Verdict};
use crate::file::{Expect, ExpectedOutcome};
use crate::run_end::{RunEnd, RunExit};
use crate::verify::{calls_answered, last_answer};
use std::collections::HashSet;

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let file = &seen.transcript.scenario.file;
    let breach = |what: String| Breach {
        oracle: Oracle::Expectation,
        request: seen.turns.last().map(|turn| turn.exchange.id),
        what,
    };
    if seen.transcript.exchanges.is_empty() {
        return silence(seen).map(breach).into_iter().collect();
    }
    let Some(expect) = &file.expect else { return Vec::new() };
    let all = [outcome(seen, expect), nothing_struck(seen, expect), tools(seen, expect)];
    all.into_iter().flatten().map(breach).collect()
}

/// What is wrong where no request arrived. Connections that fail on purpose may never carry one: then only an honest
/// failure is left, where a failure is allowed.
fn silence(seen: &Seen<'_>) -> Option<String> {
    use ExpectedOutcome::{Recovers, Succeeds};
    if seen.transcript.scenario.file.admission.is_empty() {
        return Some("no request arrived".to_owned());
    }
    let run = seen.run()?;
    let came_out = seen.transcript.sentinel.is_some_and(|(word, _)| run.stdout.contains(word));
    match (&run.exit, seen.expected()) {
        (RunExit::Success, _) if !came_out => {
            Some("the run ended as a success, but no request arrived".to_owned())
        }
        (RunExit::Failure(how), Some(Succeeds | Recovers)) => Some(format!(
            "the run failed ({how}) and no request arrived, a success was expected{}",
            reason(seen, run)
        )),
        _ => None,
    }
}

fn outcome(seen: &Seen<'_>, expect: &Expect) -> Option<String> {
    use ExpectedOutcome::{Fails, Recovers, Succeeds, Survives};
    let Some(run) = seen.run() else { return on_the_wire(seen, expect) };
    match (&run.exit, expect.outcome) {
        // O6 says it.
        (RunExit::TimedOut, _) => None,
        (RunExit::Success, Fails) => {
            said_elsewhere(seen).then_some("the run ended as a success, a failure was expected".to_owned())
        }
        (RunExit::Success, Succeeds | Recovers | Survives) => {
            said_elsewhere(seen).then(|| answer(seen, run, expect))?
        }
        (RunExit::Failure(how), Succeeds | Recovers) => {
            Some(format!("the run failed ({how}), a success was expected{}", reason(seen, run)))
        }
        (RunExit::Failure(_), Fails | Survives) => None,
    }
}

/// Whether O1 has nothing to say of the success: else that says it all.
fn said_elsewhere(seen: &Seen<'_>) -> bool {
    false_success(seen).is_none()
}

/// What is wrong with the answer of a run that ended as a success.
fn answer(seen: &Seen<'_>, run: &RunEnd, expect: &Expect) -> Option<String> {
    let Some((word, _)) = seen.transcript.sentinel else {
        return (expect.outcome != ExpectedOutcome::Survives).then(|| on_the_wire(seen, expect))?;
    };
    let is_due = seen.final_answer_arrived() || sentinel_stands(seen);
    (is_due && !run.stdout.contains(word)).then(|| {
        format!("the run ended as a success, but the end of the answer never came out{}", unmatched(seen))
    })
}

/// Whether the script has a text for the sentinel to stand in.
fn sentinel_stands(seen: &Seen<'_>) -> bool {
    const MARK: &str = "sentinel";
    let replies = &seen.transcript.scenario.file.replies;
    let Some(reply) = last(replies).map(|at| &replies[at]) else { return false };
    let mut marked = reply.clone();
    plant(&mut marked, MARK);
    reply.improvise.is_some() || marked.message != reply.message || marked.events != reply.events
}

fn on_the_wire(seen: &Seen<'_>, expect: &Expect) -> Option<String> {
    let due = matches!(expect.outcome, ExpectedOutcome::Succeeds | ExpectedOutcome::Recovers);
    let scripted: Vec<&Exchange> =
        seen.turns.iter().filter(|turn| !turn.is_unmatched()).map(|turn| turn.exchange).collect();
    due.then(|| last_answer(expect, &scripted))?
}

/// Trying again and failing need something that went wrong. Faults of connections and of tools leave no trace in
/// exchanges.
fn nothing_struck(seen: &Seen<'_>, expect: &Expect) -> Option<String> {
    let file = &seen.transcript.scenario.file;
    let is_judged = !file.faults.is_empty() && file.admission.is_empty() && file.tools.is_empty();
    let struck = |turn: &Turn<'_>| !turn.exchange.decision.faults.is_empty() || !turn.given.is_whole();
    if !is_judged || seen.turns.iter().any(struck) {
        return None;
    }
    match (expect.outcome, seen.run().map(|run| &run.exit)) {
        (ExpectedOutcome::Recovers, _) => {
            Some("nothing went wrong, so nothing was recovered from".to_owned())
        }
        (ExpectedOutcome::Fails | ExpectedOutcome::Survives, Some(RunExit::Failure(how))) => {
            Some(format!("the run failed ({how}) before anything went wrong{}", reason(seen, seen.run()?)))
        }
        _ => None,
    }
}

/// Names are cast, so the results are counted: in the request that holds most, and over all of them, since a long
/// history may have been cut at its beginning.
fn tools(seen: &Seen<'_>, expect: &Expect) -> Option<String> {
    let due = matches!(expect.outcome, ExpectedOutcome::Succeeds | ExpectedOutcome::Recovers);
    let expected = expect.tools.as_ref().filter(|_| due)?.len();
    let answered: Vec<Vec<(&str, &str)>> =
        seen.turns.iter().map(|turn| calls_answered(turn.exchange)).collect();
    let most = answered.iter().map(Vec::len).max().unwrap_or(0);
    let all = answered.iter().flatten().collect::<HashSet<_>>().len();
    (most != expected && all != expected)
        .then(|| format!("results of {most} tool calls came back, {expected} were asked for"))
}

/// Why the run may have failed, as far as anybody says.
fn reason(seen: &Seen<'_>, run: &RunEnd) -> String {
    let said = run.stderr.lines().rfind(|line| !line.trim().is_empty());
    let said = said.map(|line| format!(": {:?}", line.trim())).unwrap_or_default();
    format!("{}{said}", unmatched(seen))
}

fn unmatched(seen: &Seen<'_>) -> String {
    let first = seen.turns.iter().find_map(|turn| match &turn.exchange.decision.verdict {
        Verdict::Unmatched { why } => Some(format!("; {} was unmatched: {why}", turn.name())),
        _ => None,
    });
    first.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;
    use serde_json::json;

    const TWO: &str = "replies:\n  - message: [{toolUse: {toolUseId: a, name: look}}]\n  - message: [{text: Both ship today. END1}]\n";

    fn played(rest: &str) -> Bench {
        Bench::new(&format!("{TWO}{rest}")).ask("go").send().keep().result("a", "1").send()
    }

    #[test]
    fn the_run_ends_as_expected() {
        let outcome = |outcome: &str| played(&format!("expect: {{outcome: {outcome}}}\n"));
        let failed = "2: the run failed (exit code 1), a success was expected: \"oh\"";
        let succeeded = "2: the run ended as a success, a failure was expected";
        outcome("succeeds").success("").check(breaches, &[]);
        outcome("succeeds").failure("well\noh\n").check(breaches, &[failed]);
        outcome("recovers").failure("oh").check(breaches, &[failed]);
        outcome("fails").failure("oh").check(breaches, &[]);
        outcome("fails").success("").check(breaches, &[succeeded]);
        outcome("survives").failure("oh").check(breaches, &[]);
        outcome("survives").success("").check(breaches, &[]);
        outcome("succeeds").timed_out().check(breaches, &[]);
        played("").failure("oh").check(breaches, &[]);
    }

    #[test]
    fn the_sentinel_stands_for_the_answer() {
        let said = |outcome: &str, stdout: &str| {
            let text = format!("expect: {{outcome: {outcome}, text: [was cast away]}}\n");
            played(&text).sentinel("END1", 1).success(stdout)
        };
        let lost = "2: the run ended as a success, but the end of the answer never came out";
        said("succeeds", "… END1").check(breaches, &[]);
        said("succeeds", "Both ship").check(breaches, &[lost]);
        said("survives", "Both ship").check(breaches, &[lost]);
        let silent = "replies: [{message: []}]\nexpect: {outcome: survives}\n";
        Bench::new(silent).ask("go").send().sentinel("END1", 1).success("").check(breaches, &[]);
    }

    #[test]
    fn without_a_sentinel_the_wire_is_judged() {
        let expect = |text: &str| played(&format!("expect: {{text: [{text}]}}\n"));
        expect("ship today").success("").check(breaches, &[]);
        expect("ship today").check(breaches, &[]);
        let lacks = "2: the last answer lacks \"tomorrow\": \"Both ship today. END1\"";
        expect("tomorrow").success("").check(breaches, &[lacks]);
        expect("tomorrow").check(breaches, &[lacks]);
    }

    #[test]
    fn recovering_and_failing_need_a_fault() {
        let one =
            |faults: &str| Bench::new(&format!("{TWO}{faults}expect: {{outcome: recovers}}\n")).ask("go");
        let fault = "faults: [{do: throttle, call: 1}]\n";
        one(fault).send().send().keep().result("a", "1").send().success("").check(breaches, &[]);
        let late = "faults: [{do: throttle, call: 9}]\n";
        one(late)
            .send()
            .keep()
            .result("a", "1")
            .send()
            .success("")
            .check(breaches, &["2: nothing went wrong, so nothing was recovered from"]);
    }

    #[test]
    fn as_many_results_come_back_as_were_asked_for() {
        let tools = |count: &str| played(&format!("expect: {{tools: [{count}]}}\n")).success("");
        tools("one").check(breaches, &[]);
        tools("one, two").check(breaches, &["2: results of 1 tool calls came back, 2 were asked for"]);
        tools("").check(breaches, &["2: results of 1 tool calls came back, 0 were asked for"]);
    }

    #[test]
    fn results_that_were_forgotten_later_came_back() {
        let three = "replies:\n  - message: [{toolUse: {toolUseId: a, name: look}}]\n  - message: [{toolUse: {toolUseId: b, name: look}}]\n  - message: [{text: Done.}]\norder: call\n";
        let calls = |tools: &str| {
            let bench = Bench::new(&format!("{three}expect: {{tools: [{tools}]}}\n")).ask("go").send().keep();
            let bench = bench.result("a", "1").send().forget();
            bench
                .ask("go")
                .message("assistant", json!([{"toolUse": {"toolUseId": "b", "name": "look"}}]))
                .result("b", "2")
                .send()
                .success("")
        };
        calls("one, two").check(breaches, &[]);
        calls("one, two, three").check(breaches, &["3: results of 1 tool calls came back, 3 were asked for"]);
    }

    #[test]
    fn an_agent_sends_something() {
        Bench::new(TWO).success("").check(breaches, &["-: no request arrived"]);
        Bench::new(TWO).failure("").check(breaches, &["-: no request arrived"]);
    }

    #[test]
    fn where_connections_fail_on_purpose_only_a_failure_needs_no_request() {
        let refused = |outcome: &str| {
            Bench::new(&format!("{TWO}admission: [{{do: refuse}}]\nexpect: {{outcome: {outcome}}}\n"))
        };
        let nothing = "-: the run ended as a success, but no request arrived";
        let failed = "-: the run failed (exit code 1) and no request arrived, a success was expected: \"oh\"";
        for outcome in ["fails", "survives"] {
            refused(outcome).failure("oh").check(breaches, &[]);
        }
        for outcome in ["fails", "survives", "succeeds"] {
            refused(outcome).success("").check(breaches, &[nothing]);
            refused(outcome).sentinel("END1", 1).success("I am done.").check(breaches, &[nothing]);
            refused(outcome).sentinel("END1", 1).success("… END1").check(breaches, &[]);
            refused(outcome).timed_out().check(breaches, &[]);
            refused(outcome).check(breaches, &[]);
        }
        refused("succeeds").failure("oh").check(breaches, &[failed]);
    }

    #[test]
    fn a_request_that_nobody_expected_is_the_reason_that_is_told() {
        let lost = played("expect: {}\n").keep().ask("more").send().failure("oh");
        lost.check(breaches, &["3: the run failed (exit code 1), a success was expected; request 3 (ConverseStream m) was unmatched: nearest is `one`: it has 2 replies, the request asks for turn 3: \"oh\""]);
    }
}
