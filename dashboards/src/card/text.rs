//! The card for a terminal: groups, then each failure with why and how to see it again, then the result.

use super::data::{Card, Graded, Tally};
use super::paint::Paint;
use crate::page::escape::one_line;
use crate::page::units::{count, duration};
use std::fmt::Write as _;

/// Cells of a group's bar.
const BAR: usize = 20;
/// Characters of one line of prose; commands are never cut.
const WIDTH: usize = 200;

/// The card as text, with colours or without.
pub fn text(card: &Card, paint: Paint) -> String {
    let mut out = format!("{}\n\n", paint.dim(&one_line(&card.calibration.sentence(), WIDTH)));
    groups(card, paint, &mut out);
    for (_, result) in card.failures() {
        out.push('\n');
        failure(result, paint, &mut out);
    }
    skips(card, paint, &mut out);
    for (index, outdated) in card.outdated.iter().enumerate() {
        let gap = if index == 0 { "\n" } else { "" };
        let _ = writeln!(out, "{gap}baseline: {}", one_line(outdated, WIDTH));
    }
    verdict(card, paint, &mut out);
    out
}

fn groups(card: &Card, paint: Paint, out: &mut String) {
    let name = |group: &str| if group.is_empty() { "(no group)".to_owned() } else { one_line(group, 30) };
    let groups = card.groups();
    let width = groups.iter().map(|(group, _)| name(group).chars().count()).max().unwrap_or(0);
    for (group, results) in groups {
        let tally = Tally::of(results.into_iter().map(|(_, result)| result));
        let _ = writeln!(out, "{:<width$}  {}  {}", name(group), bar(tally, paint), numbers(tally, paint));
    }
}

/// Cells in proportion; whatever happened at all has one at least.
fn bar(tally: Tally, paint: Paint) -> String {
    let (passed, failed, skipped) = cells(tally);
    [paint.good(&"█".repeat(passed)), paint.bad(&"▒".repeat(failed)), paint.dim(&"·".repeat(skipped))]
        .concat()
}

fn cells(tally: Tally) -> (usize, usize, usize) {
    let Tally { passed, failed, skipped, .. } = tally;
    let some = |number: usize| usize::from(number > 0);
    let share = |number: usize| (number * BAR).div_ceil((passed + failed + skipped).max(1));
    let red = share(failed).min(BAR - some(passed) - some(skipped));
    let grey = share(skipped).min(BAR - red - some(passed));
    let rest = BAR - red - grey;
    match (passed, failed, skipped) {
        (0, 0, 0) => (0, 0, 0),
        (0, _, 0) => (0, red + rest, 0),
        (0, _, _) => (0, red, grey + rest),
        _ => (rest, red, grey),
    }
}

fn numbers(tally: Tally, paint: Paint) -> String {
    let passed = format!("{:>3} passed", tally.passed);
    let failed = format!("{:>3} failed", tally.failed);
    let skipped = format!("{:>3} skipped", tally.skipped);
    let failed = if tally.failed > 0 { paint.bad(&failed) } else { paint.dim(&failed) };
    format!("{passed}  {failed}  {}", paint.dim(&skipped))
}

fn failure(result: &Graded, paint: Paint, out: &mut String) {
    let known = result.known.as_ref().map(|reason| format!("  known: {}", one_line(reason, WIDTH)));
    let _ = writeln!(
        out,
        "{} {}{}",
        paint.bad("✗"),
        paint.bold(&one_line(&result.name, WIDTH)),
        paint.dim(&known.unwrap_or_default())
    );
    if let Some(first) = result.breaches.first() {
        let shown = first.request.map(|number| format!(" (request {number})")).unwrap_or_default();
        let _ = writeln!(out, "    {}  {}{shown}", one_line(&first.oracle, 10), one_line(&first.what, WIDTH));
    }
    if result.breaches.len() > 1 {
        let _ = writeln!(out, "    {}", paint.dim(&format!("and {} more", result.breaches.len() - 1)));
    }
    let _ = writeln!(out, "    {}", paint.dim(&one_line(&happened(result), WIDTH)));
    let _ = writeln!(out, "    replay: {}", one_line(&result.replay, usize::MAX));
}

/// What was seen from outside, in a line: the end of the agent and the exchange that shows the failure.
fn happened(result: &Graded) -> String {
    let end =
        format!("{} after {}, {}", result.end, duration(result.wall_ms), count(result.calls, "request"));
    let number = result.breaches.first().and_then(|breach| breach.request);
    let shows = |number: u64| result.requests.iter().find(|request| request.number == number);
    let Some(request) = number.and_then(shows).or(result.requests.last()) else { return end };
    let faults = match request.faults.as_slice() {
        [] => String::new(),
        faults => format!(", fault: {}", faults.join(" + ")),
    };
    let status = request.status.map(|status| format!("{status}, ")).unwrap_or_default();
    format!("{end}; request {} {} got {status}{}{faults}", request.number, request.operation, request.ending)
}

fn skips(card: &Card, paint: Paint, out: &mut String) {
    for (index, (reason, number)) in card.skips().into_iter().enumerate() {
        let gap = if index == 0 { "\n" } else { "" };
        let _ =
            writeln!(out, "{gap}{}", paint.dim(&format!("skipped {number}: {}", one_line(reason, WIDTH))));
    }
}

fn verdict(card: &Card, paint: Paint, out: &mut String) {
    let sentence = card.sentence();
    let sentence = if card.success { paint.good(&sentence) } else { paint.bad(&sentence) };
    let _ = writeln!(out, "\n{sentence}  {}", paint.dim(&format!("({})", duration(card.elapsed_ms))));
    if let Some(interruption) = card.interruption() {
        let _ = writeln!(out, "{}", paint.bad(&interruption));
    }
    if !card.success && card.threshold < 100.0 && card.interrupted.is_none() {
        let _ = writeln!(out, "{} % had to pass", card.threshold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(passed: usize, failed: usize, skipped: usize) -> String {
        bar(Tally { passed, failed, skipped, known: 0 }, Paint::NONE)
    }

    #[test]
    fn a_bar_has_one_width_and_hides_nothing_that_happened() {
        for (passed, failed, skipped) in
            [(120, 1, 1), (1, 120, 1), (1, 1, 120), (1, 0, 0), (0, 7, 0), (3, 3, 3), (0, 1, 1)]
        {
            let bar = drawn(passed, failed, skipped);
            assert_eq!(bar.chars().count(), BAR, "{bar}");
            for (number, cell) in [(passed, '█'), (failed, '▒'), (skipped, '·')] {
                assert_eq!(number > 0, bar.contains(cell), "{passed} {failed} {skipped}: {bar}");
            }
        }
        assert_eq!(drawn(0, 0, 0), "");
    }
}
