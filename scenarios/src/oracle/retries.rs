//! O5: retries are bounded, spaced and jittered; none on permanent errors. Judged from what arrived.
//!
//! Attempts are counted within one call of an SDK and across calls: who pays for a storm does not ask which layer made
//! it. Pauses are judged by all of them together: AWS SDKs draw the pause from 0 up (full jitter), so that a single short
//! one says nothing.

use super::attempts::{Attempts, attempts, invocations, is_expired, is_one_invocation, is_unchanged, pauses};
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::answered::Failure;
use faultline_wire::ErrorKind;
use std::time::Duration;

/// Attempts of one request beyond which they are a storm. SDKs make 3 to 5 (botocore legacy: 5), a careful agent
/// tries a call of its SDK two or three times.
const MOST_ATTEMPTS: usize = 10;

/// Retries after ModelErrorException (424). The model may do better once or twice; one run logged 247.
const MOST_MODEL_ERRORS: usize = 2;

/// Retries after expired credentials: they are refreshed once.
const MOST_REFRESHES: usize = 1;

/// Retries of one SDK call when the day's quota is used up: an SDK sees a 429 as any other and does not read its text.
/// botocore's legacy mode, the one with the most, sends 5 requests (botocore, `retries`, "legacy": `max_attempts` 5).
const MOST_BLIND: usize = 4;

/// Pauses that are no pauses: so many of them, all shorter. The JS SDK draws its first two from 0 to 100 ms and 0 to
/// 200 ms: two below 5 ms come by chance once in 800 runs, three below 20 ms once in 1000. A loop without a pause takes
/// 1 to 5 ms on loopback. One pause alone says nothing.
const NO_PAUSE: [(usize, Duration); 2] = [(3, Duration::from_millis(20)), (2, Duration::from_millis(5))];

/// From so many pauses on, equal ones are not drawn by chance.
const EQUAL_FROM: usize = 3;

/// Pauses are equal when the longest exceeds the shortest by at most this share. Three fully jittered ones fall so
/// close together once in some thousand runs; a timer on a busy machine stays within it from pauses of 100 ms on.
const EQUAL_SHARE: f64 = 0.02;

/// From so many pauses on, they must have grown.
const GROWTH_FROM: usize = 4;

/// Pauses did not grow when the longest exceeds the shortest by less than this factor. Four that double with full
/// jitter stay within it once in some thousand runs.
const GROWTH: f64 = 1.4;

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let groups = attempts(seen);
    groups
        .iter()
        .flat_map(|group| [storm(group), permanent(group), needless(group), spacing(group)])
        .flatten()
        .collect()
}

fn breach(at: &Turn<'_>, what: String) -> Breach {
    at.breach(Oracle::Retries, what)
}

fn storm(group: &Attempts<'_>) -> Option<Breach> {
    let last = group.get(MOST_ATTEMPTS)?;
    let first = group.first()?.name();
    let what = format!(
        "{first} was tried {} times, in {} SDK calls; more than {MOST_ATTEMPTS} are a storm",
        group.len(),
        invocations(group)
    );
    Some(breach(last, what))
}

/// The first retry too many after an error that another try cannot mend.
fn permanent(group: &Attempts<'_>) -> Option<Breach> {
    let mut spent = 0;
    for pair in group.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let Some(failure) = &before.given.failure else { continue };
        let is_blind =
            matches!(failure, Failure::Http { status: 429, .. }) && is_one_invocation(before, after);
        let allowed = retries_allowed(failure).map(|allowed| if is_blind { MOST_BLIND } else { allowed });
        let Some(allowed) = allowed.filter(|_| is_unchanged(before, after)) else { continue };
        spent += 1;
        if spent > allowed {
            let bound = if allowed == 0 { String::new() } else { format!(" more than {}", times(allowed)) };
            let inside = if invocations(&[before, after]) == 1 { "its SDK" } else { "the agent" };
            let (id, next) = (before.exchange.id, after.exchange.id);
            let why = failure.error().map_or("", |(_, message)| message);
            let what = format!(
                "{inside} sent request {id} again unchanged as request {next}{bound}; its answer {failure}: {why}"
            );
            return Some(breach(after, what));
        }
    }
    None
}

/// An answer that was complete, and was thrown away for what came after messageStop.
fn needless(group: &Attempts<'_>) -> Option<Breach> {
    let is_complete = |turn: &Turn<'_>| {
        let stop = turn.given.stop_reason.as_deref();
        matches!(stop, Some("end_turn" | "tool_use")) && !turn.given.content.is_empty()
    };
    let pair = group.windows(2).find(|pair| pair[0].given.late.is_some() && is_complete(pair[0]))?;
    let (id, next) = (pair[0].exchange.id, pair[1].exchange.id);
    let late = pair[0].given.late.as_ref()?;
    let what = match late {
        Failure::Exception { name, .. } => format!("a frame of {name} came after"),
        _ => "the connection broke after".to_owned(),
    };
    let what = format!(
        "request {id} was sent again as request {next} although its answer was complete: {what} messageStop"
    );
    (*late != Failure::Left).then(|| breach(pair[1], what))
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Whether no other try of the same request can succeed.
pub(super) fn is_permanent(failure: &Failure) -> bool {
    retries_allowed(failure) == Some(0)
}

/// How many retries of the unchanged request an error allows; `None`: as many as any.
fn retries_allowed(failure: &Failure) -> Option<usize> {
    let (name, message) = failure.error()?;
    let status = match failure {
        Failure::Http { status, .. } => *status,
        _ => ErrorKind::parse(name)?.status(),
    };
    let message = message.to_lowercase();
    match status {
        _ if is_expired(failure) => Some(MOST_REFRESHES),
        _ if name == ErrorKind::ModelError.name() => Some(MOST_MODEL_ERRORS),
        // The quota of the day: "Too many tokens per day, please wait before trying again."
        429 if message.contains("per day") => Some(0),
        // Marketplace subscriptions take a while: "... try again after 2 minutes."
        403 if message.contains("try again after") => None,
        408 | 424 | 425 | 429 => None,
        _ if name.to_lowercase().contains("throttl") => None,
        400..500 => Some(0),
        _ => None,
    }
}

fn spacing(group: &Attempts<'_>) -> Option<Breach> {
    let (first, last) = (group.first()?, group.last()?);
    let pauses = pauses(group);
    let why = unspaced(&pauses)?;
    let listed: Vec<String> = pauses.iter().take(8).map(|pause| format!("{:.0?}", rounded(*pause))).collect();
    let more = if pauses.len() > listed.len() { ", …" } else { "" };
    let what = format!("{} was tried {} times {why}: {}{more}", first.name(), group.len(), listed.join(", "));
    Some(breach(last, what))
}

fn rounded(pause: Duration) -> Duration {
    Duration::from_millis(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX))
}

/// What is wrong with the pauses between attempts.
fn unspaced(pauses: &[Duration]) -> Option<&'static str> {
    let longest = pauses.iter().max()?;
    let shortest = pauses.iter().min()?.as_secs_f64();
    let is_none = |(count, limit): &(usize, Duration)| pauses.len() >= *count && longest < limit;
    if NO_PAUSE.iter().any(is_none) {
        return Some("without a pause");
    }
    let grown = longest.as_secs_f64() / shortest.max(f64::MIN_POSITIVE);
    if pauses.len() >= EQUAL_FROM && grown <= 1.0 + EQUAL_SHARE {
        return Some("after equal pauses, without jitter");
    }
    (pauses.len() >= GROWTH_FROM && grown < GROWTH).then_some("after pauses that do not grow")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    #[test]
    fn pauses_are_judged_together() {
        let check = |millis: &[u64], expected: Option<&str>| {
            let pauses: Vec<Duration> = millis.iter().map(|ms| Duration::from_millis(*ms)).collect();
            assert_eq!(unspaced(&pauses), expected, "{millis:?}");
        };
        let none = Some("without a pause");
        check(&[], None);
        check(&[0], None);
        check(&[1, 2], none);
        check(&[1, 5], None);
        check(&[15, 19, 12], none);
        check(&[15, 20, 12], None);
        check(&[3, 700, 1900], None);
        check(&[40, 150], None);
        check(&[500, 505, 501], Some("after equal pauses, without jitter"));
        check(&[500, 515, 501], None);
        check(&[500, 505], None);
        check(&[500, 600, 480, 590], Some("after pauses that do not grow"));
        check(&[500, 600, 480, 680], None);
    }

    fn always(error: &str) -> Bench {
        Bench::new(&format!("replies: [{{message: [{{text: a}}]}}]\nfaults: [{{do: {error}}}]\n")).ask("go")
    }

    fn tried(bench: Bench, times: u64, pause: impl Fn(u64) -> u64) -> Bench {
        (1..times).fold(bench.send(), |bench, nth| bench.wait(pause(nth)).send())
    }

    #[test]
    fn attempts_have_a_bound_within_an_sdk_call_and_across() {
        let storm =
            "11: request 1 (ConverseStream m) was tried 11 times, in 4 SDK calls; more than 10 are a storm";
        let grown = |nth: u64| 90_u64 << nth;
        let calls = |count| {
            let id = |nth: u64| format!("call-{}", nth / 3);
            (0..count)
                .fold(always("throttle"), |bench, nth| bench.wait(grown(nth)).invocation(&id(nth)).send())
        };
        calls(10).check(breaches, &[]);
        calls(11).check(breaches, &[storm]);
    }

    #[test]
    fn a_pause_is_the_time_between_an_end_and_the_next_start() {
        let none = "3: request 1 (ConverseStream m) was tried 3 times without a pause: 1ms, 2ms";
        tried(always("throttle"), 3, |nth| nth).check(breaches, &[none]);
        tried(always("throttle"), 3, |nth| nth * 90).check(breaches, &[]);
        let equal = "4: request 1 (ConverseStream m) was tried 4 times after equal pauses, without jitter: 300ms, 300ms, 300ms";
        tried(always("throttle"), 4, |_| 300).check(breaches, &[equal]);
        tried(always("{error: {type: ThrottlingException, retryAfter: 1s}}"), 4, |_| 1000)
            .check(breaches, &[]);
        let reset = || always("reset, at: head");
        tried(reset(), 3, |_| 1).check(breaches, &[]);
        tried(reset(), 4, |_| 1).check(
            breaches,
            &["4: request 1 (ConverseStream m) was tried 4 times without a pause: 1ms, 1ms"],
        );
        let left = (0..4).fold(always("{stall: {}}, at: messageStart"), |bench, _| bench.send_and_leave(2));
        left.check(breaches, &[]);
    }

    #[test]
    fn two_bodies_that_nobody_can_read_may_be_two_requests() {
        let refused = || always("{error: {type: ValidationException, message: No.}}").unreadable();
        let twice = |bench: Bench| bench.send().wait(97).send();
        twice(refused()).check(breaches, &[]);
        let again = "2: its SDK sent request 1 again unchanged as request 2; its answer was HTTP 400 ValidationException: No.";
        twice(refused().invocation("one")).check(breaches, &[again]);
    }

    #[test]
    fn a_permanent_error_is_not_tried_again() {
        let check = |error: &str, times: u64, expected: &str| {
            let bench = tried(always(error), times, |nth| 97_u64 << nth);
            let expected: Vec<&str> = [expected].into_iter().filter(|text| !text.is_empty()).collect();
            bench.check(breaches, &expected);
        };
        let error = |kind: &str| format!("{{error: {{type: {kind}, message: No.}}}}");
        check(&error("ValidationException"), 1, "");
        check(
            &error("ValidationException"),
            2,
            "2: the agent sent request 1 again unchanged as request 2; its answer was HTTP 400 ValidationException: No.",
        );
        check(
            &error("AccessDeniedException"),
            2,
            "2: the agent sent request 1 again unchanged as request 2; its answer was HTTP 403 AccessDeniedException: No.",
        );
        check(&error("ResourceNotFoundException"), 2, "2: the agent sent…");
        check(&error("ModelErrorException"), 3, "");
        check(
            &error("ModelErrorException"),
            4,
            "4: the agent sent request 3 again unchanged as request 4 more than 2 times; its answer was HTTP 424 ModelErrorException: No.",
        );
        check("{error: {type: ExpiredTokenException, status: 403}}", 2, "");
        check("{error: {type: ExpiredTokenException, status: 403}}", 3, "3: the agent sent…");
        check("{error: {type: AccessDeniedException, message: Try again after 2 minutes.}}", 3, "");
        check(
            "{exception: {type: validationException, message: No.}}, at: start",
            2,
            "2: the agent sent request 1 again unchanged as request 2; its answer was broken off by a frame of validationException: No.",
        );
        check("{exception: {type: modelStreamErrorException}}, at: start", 4, "");
        check(
            "{throttle: {message: 'Too many tokens per day, please wait before trying again.'}}",
            2,
            "2: the agent sent…",
        );
        for kind in [
            "ThrottlingException",
            "ServiceUnavailableException",
            "InternalServerException",
            "ModelTimeoutException",
            "ModelNotReadyException",
        ] {
            check(&error(kind), 4, "");
        }
    }

    #[test]
    fn an_sdk_does_not_know_the_quota_of_the_day_and_an_agent_does() {
        let text = "Too many tokens per day, please wait before trying again.";
        let calls = |sizes: &[u64]| {
            let bench = always(&format!("{{throttle: {{message: '{text}'}}}}"));
            sizes.iter().enumerate().fold(bench, |bench, (nth, size)| {
                let bench = bench.wait(97).invocation(&format!("call-{nth}"));
                tried(bench, *size, |nth| 97_u64 << nth)
            })
        };
        calls(&[1]).check(breaches, &[]);
        calls(&[5]).check(breaches, &[]);
        let many = "6: its SDK sent request 5 again unchanged as request 6 more than 4 times; its answer was HTTP 429 ThrottlingException: Too many tokens per day, please wait before trying again.";
        calls(&[6]).check(breaches, &[many]);
        calls(&[1, 1])
            .check(breaches, &["2: the agent sent request 1 again unchanged as request 2; its answer was…"]);
        calls(&[3, 3])
            .check(breaches, &["4: the agent sent request 3 again unchanged as request 4; its answer was…"]);
    }

    #[test]
    fn an_error_whose_body_did_not_end_may_be_tried_again() {
        const BAD: &str = "{error: {type: ValidationException, message: No.}}";
        let broken = |fault: &str| always(&format!("{BAD}}}, {{do: {fault}, at: bytes 12"));
        let grown = |nth: u64| 97_u64 << nth;
        tried(broken("stall"), 3, grown).check(breaches, &[]);
        tried(broken("reset"), 3, grown).check(breaches, &[]);
        tried(broken("cut"), 3, grown).check(breaches, &[]);
        let left = (0..4).fold(broken("stall"), |bench, _| bench.send_and_leave(2));
        left.check(breaches, &[]);
        let whole = "2: the agent sent request 1 again unchanged as request 2; its answer was HTTP 400 ValidationException: No.";
        tried(always(BAD), 2, grown).check(breaches, &[whole]);
        // As HTTP sees it, this one ended, and its type stands in the head.
        tried(broken("{cut: {clean: true}}"), 2, grown).check(breaches, &["2: the agent sent…"]);
        always(BAD).send_and_leave(2).wait(97).send_and_leave(2).check(breaches, &[whole]);
    }

    #[test]
    fn a_complete_answer_is_not_asked_for_again() {
        let after = |fault: &str| always(&format!("{fault}, times: 1")).send().send();
        let again = "2: request 1 was sent again as request 2 although its answer was complete: a frame of throttlingException came after messageStop";
        after("{exception: {type: throttlingException}}, at: metadata").check(breaches, &[again]);
        after("reset, at: messageStop").check(breaches, &["2: request 1 was sent again…"]);
        after("reset, at: contentBlockStop 0").check(breaches, &[]);
        let empty = Bench::new("replies: [{message: []}]\nfaults: [{do: reset, at: messageStop}]\n");
        empty.ask("go").send().send().check(breaches, &[]);
    }

    #[test]
    fn a_request_that_was_mended_is_another_one() {
        let refused = || always("{error: {type: ValidationException}}").send();
        refused()
            .member("requestMetadata", serde_json::json!({"n": "2"}))
            .send()
            .check(breaches, &["2: the agent sent…"]);
        let again = always("{error: {type: ValidationException}}").invocation("one").send().send();
        again.check(breaches, &["2: its SDK sent…"]);
    }
}
