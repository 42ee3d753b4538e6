//! O6: wall time is bounded: the run ends by itself, and where the scenario says so, within its time.

use super::seen::Seen;
use super::{Breach, Oracle};
use crate::run_end::RunExit;

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let Some(run) = seen.run() else { return Vec::new() };
    let within = seen.expect().and_then(|expect| expect.within).map(|span| span.0);
    let what = match within {
        _ if run.exit == RunExit::TimedOut => format!(
            "the run did not end within {:.1?}; an agent whose own limit is longer wants `--time-limit`",
            run.wall
        ),
        Some(within) if run.wall > within => {
            format!("the run took {:.1?}, {within:?} were allowed", run.wall)
        }
        _ => return Vec::new(),
    };
    let request = seen.turns.last().map(|turn| turn.exchange.id);
    vec![Breach { oracle: Oracle::WallTime, request, what }]
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
    }
}
