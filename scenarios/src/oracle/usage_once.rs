//! O10: usage is counted once per attempt, from what the agent reports of itself; without a report nobody can tell.
//!
//! An attempt that brought usage has one entry with its figures. An answer that began and broke before `metadata` has a
//! `null`. An HTTP error may have one: attempts inside an SDK are not seen by the agent.

use super::seen::{Seen, Turn};
use super::{Breach, Oracle};
use crate::plan::EVENT_STREAM;
use crate::timeline::Outcome;
use serde_json::{Map, Value};

/// The figures that are compared. Input, cache reads and cache writes are apart: their sum is what the model read.
const FIGURES: [&str; 4] = ["inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"];

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let Some(entries) = seen.run().and_then(|run| run.report.get("usage")?.as_array()) else {
        return Vec::new();
    };
    let what = unequal_counts(seen, entries).or_else(|| unequal_sums(seen, entries));
    what.map(|what| Breach { oracle: Oracle::UsageOnce, request: None, what }).into_iter().collect()
}

/// Whether an answer told what it cost. All zeros say nothing.
fn told<'a>(turn: &'a Turn<'_>) -> Option<&'a Map<String, Value>> {
    turn.given.usage.as_ref().filter(|usage| FIGURES.iter().any(|name| figure(usage, name) > 0))
}

fn unequal_counts(seen: &Seen<'_>, entries: &[Value]) -> Option<String> {
    let attempts = seen.turns.len();
    let known = entries.iter().filter(|entry| !entry.is_null()).count();
    // What an answer told that the client left before its end may have been read or not.
    let surely = seen.turns.iter().filter(|turn| told(turn).is_some() && was_read(turn)).count();
    let perhaps = seen.turns.iter().filter(|turn| turn.given.usage.is_some()).count();
    let begun = |turn: &&Turn<'_>| {
        let timeline = &turn.exchange.timeline;
        timeline.plan.head().is_some_and(|head| head.status == 200) && !timeline.done.is_empty()
    };
    let due = seen.turns.iter().filter(begun).count();
    if known < surely || known > perhaps {
        return Some(format!("{known} attempts are reported with usage, {perhaps} told theirs"));
    }
    let count = entries.len();
    // Attempts that no connection carried are attempts of the agent all the same.
    let too_many = count > attempts && seen.transcript.scenario.file.admission.is_empty();
    (count < due || too_many).then(|| {
        format!("{count} attempts are reported, {attempts} were made, {due} of them began an answer")
    })
}

/// Whether the client must have read the whole answer: it stayed to its end, and the content type was no lie.
fn was_read(turn: &Turn<'_>) -> bool {
    let timeline = &turn.exchange.timeline;
    let kind = timeline.plan.head().and_then(|head| head.header("content-type"));
    timeline.outcome == Outcome::Played
        && (kind == Some(EVENT_STREAM)) == turn.exchange.call.operation.streams()
}

fn unequal_sums(seen: &Seen<'_>, entries: &[Value]) -> Option<String> {
    if seen.turns.iter().any(|turn| turn.given.usage.is_some() && !was_read(turn)) {
        return None;
    }
    let reported = |name: &str| {
        entries.iter().filter_map(Value::as_object).map(|usage| figure(usage, name)).sum::<u64>()
    };
    let given = |name: &str| seen.turns.iter().filter_map(told).map(|usage| figure(usage, name)).sum::<u64>();
    let name = FIGURES.into_iter().find(|name| reported(name) != given(name))?;
    Some(format!("the reported {name} add up to {}, the answers told {}", reported(name), given(name)))
}

fn figure(usage: &Map<String, Value>, name: &str) -> u64 {
    usage.get(name).and_then(Value::as_u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read best by value")]
    fn check(faults: &str, entries: Value, expected: &[&str]) {
        let usage = "{inputTokens: 10, outputTokens: 2, totalTokens: 92, cacheReadInputTokens: 80}";
        let text = format!("replies: [{{message: [{{text: a}}], usage: {usage}}}]\nfaults: [{faults}]\n");
        let report = json!({ "usage": entries });
        Bench::new(&text)
            .ask("go")
            .send()
            .wait(300)
            .send()
            .success("a")
            .report(report)
            .check(breaches, expected);
    }

    #[test]
    fn every_attempt_is_counted_once() {
        let all = json!({"inputTokens": 10, "outputTokens": 2, "cacheReadInputTokens": 80});
        check("", json!([all, all]), &[]);
        check("", json!([all]), &["-: 1 attempts are reported with usage, 2 told theirs"]);
        check("", json!([all, all, all]), &["-: 3 attempts are reported with usage, 2 told theirs"]);
        let uncached = json!({"inputTokens": 10, "outputTokens": 2});
        check(
            "",
            json!([all, uncached]),
            &["-: the reported cacheReadInputTokens add up to 80, the answers told 160"],
        );
        let cut = "{do: no_stop, times: 1}";
        check(cut, json!([null, all]), &[]);
        check(cut, json!([all]), &["-: 1 attempts are reported, 2 were made, 2 of them began an answer"]);
        check(
            cut,
            json!([{"inputTokens": 0, "outputTokens": 0}, all]),
            &["-: 2 attempts are reported with usage, 1 told theirs"],
        );
        check("{do: throttle, times: 1}", json!([all]), &[]);
        check("{do: throttle, times: 1}", json!([null, all]), &[]);
        check("{do: {content_type: {is: application/json}}, times: 1}", json!([null, all]), &[]);
        check(
            "{do: throttle, times: 1}",
            json!([null, null, all]),
            &["-: 3 attempts are reported, 2 were made, 1 of them began an answer"],
        );
    }

    #[test]
    fn without_a_report_nobody_can_tell() {
        check("", json!("unknown"), &[]);
        Bench::new("replies: [{message: [{text: a}]}]\n").ask("go").send().success("a").check(breaches, &[]);
    }
}
