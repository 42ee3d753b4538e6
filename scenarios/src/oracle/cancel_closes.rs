//! O11: cancel closes the stream: an answer that nobody reads any more is not left open, for it is paid for.
//!
//! Two signs. A run ended by itself, and its stream was still open well after. The same request was sent again while
//! the stream of the attempt before stayed open. A client that left is what should be.

use super::attempts::{attempts, end};
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::run_end::RunExit;
use crate::timeline::Outcome;
use std::time::Duration;

/// How long closing may take: the end of a process closes its sockets, and the server must notice.
const GRACE: Duration = Duration::from_secs(1);

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let open = seen.turns.iter().find_map(|turn| open_after_run(seen, turn));
    open.or_else(|| open_beside_retry(seen)).into_iter().collect()
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
    fn a_retry_takes_the_place_of_its_stream() {
        stalled().send_and_leave(2).send().check(breaches, &[]);
        let open = "1: the stream of request 1 stayed open for 4.0s after request 2 had taken its place";
        stalled().send_until_stop(2, 5000).back(4000).send_and_leave(2).check(breaches, &[open]);
        stalled().send_until_stop(2, 5000).back(900).send_and_leave(2).check(breaches, &[]);
    }
}
