//! O11: cancel closes the stream: an answer that nobody reads any more is not left open, for it is paid for.
//!
//! Four signs. An agent that was stopped went on reading, or asked again. A run ended by itself, and its stream was still open well after. A service had answered or was left, and
//! went on reading. The same request was sent again while the stream of the attempt before stayed open. A client that
//! left is what should be.

use super::attempts::{attempts, end};
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::run_end::RunExit;
use crate::timeline::Outcome;
use std::time::Duration;

/// How long closing may take: the end of a process closes its sockets, and the server must notice.
const GRACE: Duration = Duration::from_secs(1);

/// How long an agent may take to notice that it was stopped, and to end: a busy machine is slow.
const NOTICE: Duration = Duration::from_secs(2);

/// A request that was on its way already when the agent was stopped.
const AT_ONCE: Duration = Duration::from_millis(100);

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let open = goes_on(seen).or_else(|| seen.turns.iter().find_map(|turn| open_after_run(seen, turn)));
    open.or_else(|| left(seen)).or_else(|| open_beside_retry(seen)).into_iter().collect()
}

fn goes_on(seen: &Seen<'_>) -> Option<Breach> {
    seen.run()?.interrupted?;
    let interrupt = seen.transcript.scenario.file.interrupt?;
    let place = usize::try_from(interrupt.call).ok()?.checked_sub(1)?;
    let at = seen.turns.get(place)?.exchange.started + interrupt.after.0;
    let read_on = |turn: &Turn<'_>| {
        let over = end(turn).checked_sub(at + NOTICE)? + NOTICE;
        let what = format!("request {} was read for {over:.1?} after the interruption", turn.exchange.id);
        Some(turn.breach(Oracle::CancelCloses, what))
    };
    let asked = |turn: &Turn<'_>| {
        let later = turn.exchange.started.checked_sub(at + AT_ONCE)? + AT_ONCE;
        let what = format!("request {} was sent {later:.1?} after the interruption", turn.exchange.id);
        (!interrupt.resume).then(|| turn.breach(Oracle::CancelCloses, what))
    };
    let before = seen.turns.iter().filter(|turn| turn.exchange.started <= at);
    before.rev().find_map(read_on).or_else(|| seen.turns.iter().find_map(asked))
}

fn open_after_run(seen: &Seen<'_>, turn: &Turn<'_>) -> Option<Breach> {
    let run = seen.run().filter(|run| run.exit != RunExit::TimedOut)?;
    // The run began before its first request, so it was over by then at the latest.
    let over = seen.turns.first()?.exchange.started + run.wall;
    let after = end(turn).checked_sub(over + GRACE)? + GRACE;
    let what = format!(
        "the stream of request {} was left open, {after:.1?} or more after the run had ended",
        turn.exchange.id
    );
    (turn.exchange.timeline.outcome == Outcome::ServerStopped)
        .then(|| turn.breach(Oracle::CancelCloses, what))
}

fn left(seen: &Seen<'_>) -> Option<Breach> {
    let count = seen.run()?.left_open;
    let answers = if count == 1 { "1 answer was" } else { &format!("{count} answers were") };
    let what = format!("{answers} still being read well after the run was over");
    let request = seen.turns.last().map(|turn| turn.exchange.id);
    (count > 0).then_some(Breach { oracle: Oracle::CancelCloses, request, what })
}

fn open_beside_retry(seen: &Seen<'_>) -> Option<Breach> {
    attempts(seen).iter().find_map(|group| group.windows(2).find_map(|pair| left_open(pair[0], pair[1])))
}

fn left_open(before: &Turn<'_>, after: &Turn<'_>) -> Option<Breach> {
    let open = end(before).checked_sub(after.exchange.started)?;
    let given_up = before.exchange.timeline.outcome != Outcome::Played && !before.given.is_whole();
    let (id, next) = (before.exchange.id, after.exchange.id);
    let what = format!(
        "the stream of request {id} stayed open for {open:.1?} after request {next} had taken its place"
    );
    (given_up && open > GRACE).then(|| before.breach(Oracle::CancelCloses, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    fn stalled() -> Bench {
        Bench::new("replies: [{message: [{text: a}]}]\nfaults: [{do: stall, at: messageStart}]\n").ask("go")
    }

    #[test]
    fn a_stream_is_closed_with_the_run_that_reads_it() {
        stalled().send_and_leave(2).wait(5000).failure("timeout").took(3000).check(breaches, &[]);
        stalled().send_until_stop(2, 3900).failure("timeout").took(3000).check(breaches, &[]);
        let open = "1: the stream of request 1 was left open, 2.0s or more after the run had ended";
        stalled().send_until_stop(2, 5000).failure("timeout").took(3000).check(breaches, &[open]);
        stalled().send_until_stop(2, 5000).timed_out().took(3000).check(breaches, &[]);
    }

    #[test]
    fn an_agent_that_was_stopped_reads_and_asks_no_more() {
        let stopped = |resume: bool| {
            let more = format!("interrupt: {{call: 1, after: 400ms, resume: {resume}}}");
            Bench::new(&format!(
                "prompt: [go, on]\nreplies: [{{message: [{{text: a}}]}}]\nfaults: [{{do: stall, at: messageStart}}]\n{more}\n"
            ))
            .ask("go")
        };
        let over = |bench: Bench| bench.failure("").took(9000).interrupted(450);
        over(stopped(false).send_until_stop(2, 450)).check(breaches, &[]);
        over(stopped(false).send_until_stop(2, 2300)).check(breaches, &[]);
        let read = "1: request 1 was read for 2.5s after the interruption";
        over(stopped(false).send_until_stop(2, 2900)).check(breaches, &[read]);
        let asked = |resume| over(stopped(resume).send_until_stop(2, 450).wait(300).send_until_stop(2, 1));
        asked(false).check(breaches, &["2: request 2 was sent 350.0ms after the interruption"]);
        asked(true).check(breaches, &[]);
        stopped(false).send_until_stop(2, 2900).failure("").took(9000).check(breaches, &[]);
    }

    #[test]
    fn a_service_that_was_left_reads_no_more() {
        let left =
            |count| stalled().send_until_stop(2, 900).failure("left").interrupted(400).left_open(count);
        left(0).check(breaches, &[]);
        left(1).check(breaches, &["1: 1 answer was still being read well after the run was over"]);
        left(2).check(breaches, &["1: 2 answers were still being read well after the run was over"]);
    }

    #[test]
    fn a_retry_takes_the_place_of_its_stream() {
        stalled().send_and_leave(2).send().check(breaches, &[]);
        let open = "1: the stream of request 1 stayed open for 4.0s after request 2 had taken its place";
        stalled().send_until_stop(2, 5000).back(4000).send_and_leave(2).check(breaches, &[open]);
        stalled().send_until_stop(2, 5000).back(900).send_and_leave(2).check(breaches, &[]);
    }
}
