//! Requests that are attempts of one another, and the time between them.

use super::calls::messages;
use super::seen::{Seen, Turn};
use crate::answered::Failure;
use crate::plan::Ending;
use crate::timeline::Outcome;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Attempts of one request, in their order: the same operation, model and messages.
pub(super) type Attempts<'a> = Vec<&'a Turn<'a>>;

/// The requests of a transcript as attempts, groups in the order of their first.
pub(super) fn attempts<'a>(seen: &'a Seen<'_>) -> Vec<Attempts<'a>> {
    let mut groups: Vec<Attempts<'a>> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for turn in &seen.turns {
        let call = &turn.exchange.call;
        let place = *places.entry((call.operation, &call.model_id, messages(turn))).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(turn);
    }
    groups
}

/// Whether two requests are the same in every member but those that name or time a request. Of bodies that are no JSON
/// only the SDK's id of the call can tell.
pub(super) fn is_unchanged(before: &Turn<'_>, after: &Turn<'_>) -> bool {
    const VOLATILE: &str = "requestMetadata";
    let same_call = is_one_invocation(before, after);
    let (before, after) = (&before.exchange.call.body, &after.exchange.call.body);
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return same_call };
    let rest = |(name, _): &(&String, &Value)| *name != VOLATILE;
    before.iter().filter(rest).count() == after.iter().filter(rest).count()
        && before.iter().filter(rest).all(|(name, value)| after.get(name) == Some(value))
}

/// Whether one call of an SDK made both requests.
pub(super) fn is_one_invocation(before: &Turn<'_>, after: &Turn<'_>) -> bool {
    let id = |turn: &Turn<'_>| turn.exchange.call.header("amz-sdk-invocation-id").map(str::to_owned);
    id(before).is_some() && id(before) == id(after)
}

/// How many calls of an SDK the attempts are, by `amz-sdk-invocation-id`; attempts without one count each for itself.
pub(super) fn invocations(attempts: &[&Turn<'_>]) -> usize {
    let ids: Vec<_> =
        attempts.iter().map(|turn| turn.exchange.call.header("amz-sdk-invocation-id")).collect();
    let stated: HashSet<&str> = ids.iter().flatten().copied().collect();
    stated.len() + ids.iter().filter(|id| id.is_none()).count()
}

/// The pauses that the client chose: from the end of a failed attempt to the start of the next.
///
/// Not counted: before a request that was changed; after an answer that the client itself left (its own time limit was the pause) or that was still open
/// (the end is not known); after an answer that asked for a pause; the first pause after the connection broke
/// (RFC 9113, section 8.7, for refused streams; a request on a dead keep-alive connection is sent again at once); after
/// expired credentials, which are refreshed and used at once.
pub(super) fn pauses(attempts: &[&Turn<'_>]) -> Vec<Duration> {
    let mut broke = false;
    let mut pauses = Vec::new();
    for pair in attempts.windows(2) {
        let Some(failure) = pair[0].given.failure.as_ref().filter(|_| is_unchanged(pair[0], pair[1])) else {
            continue;
        };
        let ended = failure.ended();
        let first_break = is_of_connection(ended) && !std::mem::replace(&mut broke, true);
        if first_break || *ended == Failure::Left || is_expired(failure) || asks_to_wait(pair[0]) {
            continue;
        }
        pauses.extend(pair[1].exchange.started.checked_sub(end(pair[0])));
    }
    pauses
}

/// When an exchange was over, from the start of the server.
pub(super) fn end(turn: &Turn<'_>) -> Duration {
    turn.exchange.started + turn.exchange.timeline.ended
}

/// Whether the connection failed, not the request.
fn is_of_connection(failure: &Failure) -> bool {
    let endings = |ending: &Ending| !matches!(ending, Ending::Complete | Ending::Stall);
    matches!(failure, Failure::Unended(ending) if endings(ending))
}

pub(super) fn is_expired(failure: &Failure) -> bool {
    failure.error().is_some_and(|(name, _)| name.starts_with("ExpiredToken"))
}

fn asks_to_wait(turn: &Turn<'_>) -> bool {
    let head = turn.exchange.timeline.plan.head();
    turn.exchange.timeline.outcome == Outcome::Played
        && head.is_some_and(|head| head.header("retry-after").or(head.header("x-amz-retry-after")).is_some())
}
