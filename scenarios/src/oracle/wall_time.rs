//! O6: wall time is bounded: the run ends by itself, and where the scenario says so, within its time.

use super::seen::Seen;
use super::{Breach, Oracle};
use crate::run_end::{RunEnd, RunExit};

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let Some(run) = seen.run() else { return Vec::new() };
    let within = seen.expect().and_then(|expect| expect.within).map(|span| span.0);
    let what = match within {
        _ if run.exit == RunExit::TimedOut => endless(run),
        Some(within) if run.wall > within => {
            format!("the run took {:.1?}, {within:?} were allowed", run.wall)
        }
        _ => return Vec::new(),
    };
    let request = seen.turns.last().map(|turn| turn.exchange.id);
    vec![Breach { oracle: Oracle::WallTime, request, what }]
}

fn endless(run: &RunEnd) -> String {
    let Some(at) = run.interrupted else {
        return format!(
            "the run did not end within {:.1?}; an agent whose own limit is longer wants `--time-limit`",
            run.wall
        );
    };
    let on = run.wall.saturating_sub(at);
    format!("the run went on for {on:.1?} after it was interrupted, until it was killed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    #[test]
    fn a_run_ends_by_itself_and_in_its_time() {
        let run = |rest: &str| {
            Bench::new(&format!("replies: [{{message: [{{text: a}}]}}]\n{rest}")).ask("go").send()
        };
        let within = "expect: {within: 2s}";
        run("").success("a").took(9000).check(breaches, &[]);
        run(within).success("a").took(2000).check(breaches, &[]);
        run(within).success("a").took(2001).check(breaches, &["1: the run took 2.0s, 2s were allowed"]);
        let stopped =
            "1: the run did not end within 9.0s; an agent whose own limit is longer wants `--time-limit`";
        run("").timed_out().took(9000).check(breaches, &[stopped]);
        run(within).timed_out().took(9000).check(breaches, &[stopped]);
        let went_on = "1: the run went on for 5.0s after it was interrupted, until it was killed";
        run("").timed_out().took(5400).interrupted(400).check(breaches, &[went_on]);
    }
}
