//! What answers a call before faults: a reply as written, cast, or improvised; and why.
//!
//! Pure: it remembers nothing, and knows neither sessions nor faults.

use crate::book::{Book, Scenario};
use crate::cast::{Casting, cast, last, parts, plant};
use crate::compile::failure_plan;
use crate::exchange::Verdict;
use crate::file::Reply;
use crate::improvise;
use crate::plan::Plan;
use crate::seed::Seed;
use faultline_wire::Call;
use std::sync::Arc;

/// A plan, and why it is this one.
pub(crate) type Played = (Arc<Plan>, Verdict);

/// The reply of `scenario` to `call`, the `nth` of its session (from 1).
///
/// # Errors
/// Why no reply answers it.
pub(crate) fn scripted(
    book: &Book,
    scenario: &Scenario,
    call: &Call,
    nth: u64,
    session: &str,
) -> Result<Played, String> {
    match &book.cast {
        Some(casting) => as_cast(book, casting, scenario, call, nth, session),
        None => as_written(book, scenario, call, nth, session),
    }
}

/// The reply to a call that belongs to no scenario.
pub(crate) fn improvised(book: &Book, call: &Call, session: &str) -> Played {
    let seed = improvise_seed(0, session, call);
    let mut reply = improvise::reply(call, &seed);
    if let Some(casting) = &book.cast {
        plant(&mut reply, &casting.sentinel);
    }
    (improvise::played(&reply, call, &seed, book.speed), Verdict::Improvised)
}

fn as_written(
    book: &Book,
    scenario: &Scenario,
    call: &Call,
    nth: u64,
    session: &str,
) -> Result<Played, String> {
    let number = scenario.choose(call, nth)?;
    let verdict = Verdict::Scripted { scenario: scenario.name.clone(), reply: number + 1 };
    if scenario.file.replies[number].improvise.is_some() {
        let seed = improvise_seed(scenario.file.seed, session, call);
        return Ok((improvise::improvise(call, &seed, book.speed), verdict));
    }
    let plan = scenario.plan(number, call.operation, scenario.family(&call.model_id), book.speed);
    Ok((plan.unwrap_or_else(|error| Arc::new(failure_plan(&error))), verdict))
}

/// A request beyond the last reply is improvised, not unmatched: an agent that we have never seen may ask for more than
/// the script has (a title, a summary, its answer in another form). That is no failure of it, and it shall come to its end.
fn as_cast(
    book: &Book,
    casting: &Casting,
    scenario: &Scenario,
    call: &Call,
    nth: u64,
    session: &str,
) -> Result<Played, String> {
    let seed = improvise_seed(scenario.file.seed, session, call);
    let Some(number) = scenario.choose_cast(call, nth)? else {
        let mut reply = improvise::closing();
        plant(&mut reply, &casting.sentinel);
        return Ok((improvise::played(&reply, call, &seed, book.speed), Verdict::Improvised));
    };
    // Not of the turn: a call that is asked for again and again is the same call each time.
    let seed = Seed::new(scenario.file.seed).of("cast").of(session);
    let reply = cast_reply(casting, scenario, number, call, &seed);
    let plan = scenario.compile(&reply, number, call.operation, scenario.family(&call.model_id), book.speed);
    let plan = plan.unwrap_or_else(|error| failure_plan(&error));
    Ok((Arc::new(plan), Verdict::Scripted { scenario: scenario.name.clone(), reply: number + 1 }))
}

fn cast_reply(casting: &Casting, scenario: &Scenario, number: usize, call: &Call, seed: &Seed) -> Reply {
    let replies = &scenario.file.replies;
    let written = &replies[number];
    let mut reply = match written.improvise {
        Some(_) => improvise::reply(call, seed),
        None => cast(written, call, &parts(replies), &seed.of("cast")),
    };
    if last(replies) == Some(number) {
        plant(&mut reply, &casting.sentinel);
    }
    reply
}

/// The same turn of the same session improvises the same reply: a retry sees what the first attempt saw.
fn improvise_seed(seed: u64, session: &str, call: &Call) -> Seed {
    Seed::new(seed).of("improvise").of(session).of(call.assistant_turns() as u64)
}
