//! O8: text that was shown is not shown twice: neither the final answer, nor what came before a break and came again.
//!
//! How often this agent prints an answer when all is well is given; it is judged where it prints its answers at all.

use super::attempts::attempts;
use super::said::dense;
use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use std::collections::HashMap;

/// A shorter text may come out more often by chance. In characters, white space not counted.
const LONG_ENOUGH: usize = 20;

/// So much of a text stands for it: an agent may lay out the rest anew. In characters, white space not counted.
const PROBE: usize = 60;

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let (Some(run), Some(prints), Some((word, _))) = (seen.run(), seen.prints(), seen.transcript.sentinel)
    else {
        return Vec::new();
    };
    let shown = dense(&run.stdout);
    // An agent that asks again of its own accord may be given the last reply, and print it, more than once.
    let due = prints * delivered(seen, &dense(word)).max(1);
    let final_answer = too_often(&shown, word, due).map(|what| {
        let request = seen.turns.last().map(|turn| turn.exchange.id);
        Breach { oracle: Oracle::ShownOnce, request, what: format!("the end of the answer {what}") }
    });
    final_answer.into_iter().chain(repeated(seen, &shown, prints)).collect()
}

/// The text that a broken answer brought, and that the next attempt brought again.
fn repeated(seen: &Seen<'_>, shown: &str, prints: usize) -> Option<Breach> {
    for group in attempts(seen) {
        for pair in group.windows(2) {
            let Some(probe) = common(pair[0], pair[1]) else { continue };
            let due = prints * delivered(seen, &probe).max(1);
            if let Some(what) = too_often(shown, &probe, due) {
                let what =
                    format!("the text that request {} brought before it broke {what}", pair[0].exchange.id);
                return Some(pair[1].breach(Oracle::ShownOnce, what));
            }
        }
    }
    None
}

fn common(before: &Turn<'_>, after: &Turn<'_>) -> Option<String> {
    if before.given.is_whole() {
        return None;
    }
    let (half, again) = (dense(&before.given.text()), dense(&after.given.text()));
    let same: String =
        half.chars().zip(again.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).take(PROBE).collect();
    (same.chars().count() >= LONG_ENOUGH).then_some(same)
}

/// How often whole messages hold `text`, attempts of one turn counted once.
fn delivered(seen: &Seen<'_>, text: &str) -> usize {
    let mut turns: HashMap<usize, usize> = HashMap::new();
    for turn in seen.turns.iter().filter(|turn| turn.given.is_whole()) {
        let count = dense(&turn.given.text()).matches(text).count();
        let most = turns.entry(turn.place()).or_default();
        *most = count.max(*most);
    }
    turns.values().sum()
}

fn too_often(shown: &str, text: &str, due: usize) -> Option<String> {
    let count = shown.matches(&dense(text)).count();
    (count > due).then(|| format!("came out {count} times instead of {due}: {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    const TEXT: &str = "replies: [{message: [{text: Your parcel has left the house. END1, fragments: [Your parcel has left, ' the house.', ' END1']}]}]\n";

    fn check(fault: &str, prints: usize, stdout: &str, expected: &[&str]) {
        let mut bench = Bench::new(&format!("{TEXT}{fault}")).ask("go").send();
        if !fault.is_empty() {
            bench = bench.wait(300).send();
        }
        bench.sentinel("END1", prints).success(stdout).check(breaches, expected);
    }

    #[test]
    fn the_end_of_the_answer_comes_out_as_often_as_ever() {
        check("", 1, "Your parcel has left the house. END1", &[]);
        check("", 2, "END1 END1", &[]);
        check("", 1, "END1\nEND1", &["1: the end of the answer came out 2 times instead of 1: \"END1\""]);
    }

    #[test]
    fn an_answer_that_was_given_on_two_turns_may_come_out_twice() {
        let two = "replies: [{message: [{text: Yes. END1}]}, {message: [{text: Yes. END1}]}]\n";
        let bench = || Bench::new(two).ask("go").send().keep().ask("on").send().sentinel("END1", 1);
        bench().success("END1\nEND1").check(breaches, &[]);
        let thrice = "2: the end of the answer came out 3 times instead of 2: \"END1\"";
        bench().success("END1\nEND1\nEND1").check(breaches, &[thrice]);
    }

    #[test]
    fn what_came_before_a_break_does_not_come_out_again() {
        let cut = "faults: [{do: no_stop, times: 1}]\n";
        let reset = "faults: [{do: reset, at: contentBlockDelta nth 2, times: 1}]\n";
        check(reset, 1, "Your parcel has\n left the house. END1", &[]);
        check(
            reset,
            1,
            "Your parcel has left the house.Your parcel has left the house. END1",
            &[
                "2: the text that request 1 brought before it broke came out 2 times instead of 1: \"Yourparcelhasleftthehouse.\"",
            ],
        );
        check(reset, 2, "Your parcel has left the house. Your parcel has left the house. END1 END1", &[]);
        check(
            "faults: [{do: reset, at: contentBlockDelta, times: 1}]\n",
            1,
            "Your parcel has leftYour parcel has left",
            &[],
        );
        check(cut, 1, "Your parcel has left the house. END1", &[]);
    }
}
