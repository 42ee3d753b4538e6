//! O7: error type, message and request id reach the caller: they stand in what a failed run printed. So does the name of
//! the model that answered in the place of another.
//!
//! Spelling is the agent's own affair: letters and digits are compared, in any capitals, and a type counts without its
//! `Exception`.

use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::file::{ExpectedOutcome, Said};
use crate::run_end::{RunEnd, RunExit};

/// So many first characters stand for a message: some clients shorten it.
const ENOUGH: usize = 40;

/// Where an inference profile sends a request: in front of a model id (AWS, "Supported Regions and models for inference
/// profiles").
const REGIONS: [&str; 7] = ["us.", "eu.", "apac.", "global.", "jp.", "au.", "us-gov."];

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let Some(run) = failed_run(seen) else { return silent_fallback(seen).into_iter().collect() };
    let said = letters(&format!("{} {}", run.stdout, run.stderr));
    let failed: Vec<&Turn<'_>> = seen.turns.iter().filter(|turn| !turn.given.is_whole()).collect();
    let breach = |what: String| Breach {
        oracle: Oracle::ErrorReaches,
        request: failed.last().map(|turn| turn.exchange.id),
        what,
    };
    // Whoever stopped it knows the reason.
    if run.interrupted.is_some() {
        return Vec::new();
    }
    if said.is_empty() {
        return vec![breach("the run failed without a word about the reason".to_owned())];
    }
    let due = seen.expect().map(|expect| expect.says.as_slice()).unwrap_or_default();
    due.iter().filter_map(|part| missing(*part, &failed, &said)).map(breach).collect()
}

/// A run that ended well by another model than it asked first, and does not say so.
fn silent_fallback(seen: &Seen<'_>) -> Option<Breach> {
    let run = seen.run().filter(|run| run.exit == RunExit::Success)?;
    seen.expect().filter(|expect| expect.says.contains(&Said::Model))?;
    let model = |turn: &Turn<'_>| turn.exchange.call.model_id.clone();
    let (first, last) = (model(seen.turns.first()?), seen.turns.last()?);
    let answered = model(last);
    let name = REGIONS.iter().find_map(|region| answered.strip_prefix(region)).unwrap_or(&answered);
    let said = letters(&format!("{} {}", run.stdout, run.stderr));
    (answered != first && !said.contains(&letters(name))).then(|| Breach {
        oracle: Oracle::ErrorReaches,
        request: Some(last.exchange.id),
        what: format!("`{answered}` answered in the place of `{first}`, and the run does not say so"),
    })
}

/// The run, where it failed and was allowed to.
fn failed_run<'a>(seen: &Seen<'a>) -> Option<&'a RunEnd> {
    let allowed = matches!(seen.expected()?, ExpectedOutcome::Fails | ExpectedOutcome::Survives);
    seen.run().filter(|run| allowed && matches!(run.exit, RunExit::Failure(_)))
}

/// What of `part` is not in `said`, for none of the failed requests. Nothing is missing where no answer had it.
fn missing(part: Said, failed: &[&Turn<'_>], said: &str) -> Option<String> {
    let due: Vec<String> = failed.iter().filter_map(|turn| text_of(part, turn)).collect();
    let last = due.last()?;
    let holds = |text: &String| said.contains(&wanted(part, text));
    (!due.iter().any(holds)).then(|| format!("the run failed without saying the {}: {last:?}", word(part)))
}

fn text_of(part: Said, turn: &Turn<'_>) -> Option<String> {
    let failure = turn.given.failure.as_ref()?;
    let text = match part {
        Said::RequestId => turn.exchange.request_id.clone(),
        Said::Type => failure.error()?.0.to_owned(),
        Said::Message => failure.error()?.1.to_owned(),
        Said::Model => return None,
    };
    // Without a head the client never learned the id.
    let is_known = part != Said::RequestId || !turn.exchange.timeline.done.is_empty();
    Some(text).filter(|text| is_known && !text.is_empty())
}

/// What must stand in the output, in letters and digits.
fn wanted(part: Said, text: &str) -> String {
    match part {
        Said::Type => letters(text.strip_suffix("Exception").unwrap_or(text)),
        Said::Message => letters(&text.chars().take(ENOUGH).collect::<String>()),
        Said::RequestId | Said::Model => letters(text),
    }
}

fn word(part: Said) -> &'static str {
    match part {
        Said::Type => "error type",
        Said::Message => "message",
        Said::RequestId => "request id",
        Said::Model => "model",
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    fn run(fault: &str, says: &str, stderr: &str) -> Bench {
        let text = format!(
            "replies: [{{message: [{{text: a}}]}}]\nfaults: [{{do: {fault}}}]\nexpect: {{outcome: fails, says: [{says}]}}\n"
        );
        Bench::new(&text).ask("go").send().failure(stderr)
    }

    #[test]
    fn the_parts_that_a_scenario_names_stand_in_the_output() {
        let check = |says: &str, stderr: &str, expected: &[&str]| {
            run("throttle", says, stderr).check(breaches, expected);
        };
        let type_missing = "1: the run failed without saying the error type: \"ThrottlingException\"";
        for said in [
            "ThrottlingException",
            "throttlingException",
            "throttling exception",
            "Throttling error",
            "THROTTLING_EXCEPTION",
        ] {
            check("type", said, &[]);
        }
        check("type", "Connection error.", &[type_missing]);
        let message_missing = "1: the run failed without saying the message: \"Too many requests, please wait before trying again.\"";
        check("message", "Too many requests, please wait before trying again.", &[]);
        check("message", "error: 'Too many requests, please wait before tr...'", &[]);
        check("message", "Too many requests", &[message_missing]);
        check("requestId", "failed (request id: id-1)", &[]);
        check("requestId", "failed", &["1: the run failed without saying the request id: \"id-1\""]);
        check("type, message", "oh", &[type_missing, message_missing]);
    }

    #[test]
    fn some_word_is_due_and_no_more_than_the_answer_had() {
        run("throttle", "", "no").check(breaches, &[]);
        run("throttle", "", " \n").check(breaches, &["1: the run failed without a word about the reason"]);
        run("reset, at: start", "type, message", "lost").check(breaches, &[]);
        let half = "{error: {type: ValidationException}}}, {do: stall, at: bytes 12";
        run(half, "type, message", "timed out").check(breaches, &[]);
        run(half, "type, message", "")
            .check(breaches, &["1: the run failed without a word about the reason"]);
        let id_missing = "1: the run failed without saying the request id: \"id-1\"";
        run("corrupt, at: messageStart", "requestId", "lost").check(breaches, &[id_missing]);
        run("{exception: {type: internalServerException}}, at: start", "type", "internalServerException")
            .check(breaches, &[]);
    }

    #[test]
    fn who_answered_in_the_place_of_another_is_said() {
        let answered = |models: [&str; 2], says: &str, stdout: &str| {
            let text = format!(
                "replies: [{{message: [{{text: a}}]}}]\nfaults: [{{do: throttle, firstModel: true}}]\nexpect: {{outcome: survives, says: [{says}]}}\n"
            );
            let asked = Bench::new(&text).model(models[0]).ask("go").send();
            asked.model(models[1]).send().success(stdout)
        };
        let (two, silent) = (
            ["us.a.big-v1:0", "us.a.small-v1:0"],
            "2: `us.a.small-v1:0` answered in the place of `us.a.big-v1:0`, and the run does not say so",
        );
        answered(two, "type, model", "a").check(breaches, &[silent]);
        answered(two, "model", "a (by a.small-v1:0)").check(breaches, &[]);
        answered(two, "model", "a (by us.a.small-v1:0)").check(breaches, &[]);
        answered(two, "type", "a").check(breaches, &[]);
        answered([two[1], two[1]], "model", "a").check(breaches, &[]);
    }

    #[test]
    fn who_interrupted_a_run_needs_no_reason() {
        run("throttle", "type", "").interrupted(300).check(breaches, &[]);
    }

    #[test]
    fn a_run_that_did_not_fail_owes_no_error() {
        run("throttle", "type", "").success("").check(breaches, &[]);
        run("throttle", "type", "").timed_out().check(breaches, &[]);
    }
}
