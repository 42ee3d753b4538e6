//! Whether a scenario was put to the test at all: an agent that cannot meet it has neither passed nor failed.
//!
//! No request at all is a failure, not a scenario that was not played.

use super::next_turn::asks;
use super::seen::{Seen, Turn};
use crate::file::Reply;
use crate::run_end::RunExit;
use faultline_wire::message::tools;

pub(super) fn exercised(seen: &Seen<'_>) -> Result<(), String> {
    if seen.transcript.exchanges.is_empty() {
        return Ok(());
    }
    let why = without_converse(seen)
        .or_else(|| without_tools(seen))
        .or_else(|| without_stream(seen))
        .or_else(|| without_interrupt(seen))
        .or_else(|| without_prompts(seen));
    why.map_or(Ok(()), Err)
}

fn without_converse(seen: &Seen<'_>) -> Option<String> {
    let first = seen.transcript.exchanges.first().filter(|_| seen.turns.is_empty())?;
    Some(format!(
        "the agent asks for {}, the scenario answers Converse and ConverseStream",
        first.call.operation.name()
    ))
}

fn without_tools(seen: &Seen<'_>) -> Option<String> {
    let offers = |turn: &Turn<'_>| !tools(&turn.exchange.call.body).is_empty();
    let scripted = seen.transcript.scenario.file.replies.iter().any(calls_tool);
    (scripted && !seen.turns.iter().any(offers))
        .then(|| "the scenario calls a tool, the agent offers none".to_owned())
}

fn calls_tool(reply: &Reply) -> bool {
    let block = |block: &serde_json::Map<_, _>| block.contains_key("toolUse");
    let event = |event: &serde_json::Map<String, serde_json::Value>| {
        event.get("contentBlockStart").is_some_and(|start| start.pointer("/start/toolUse").is_some())
    };
    reply.message.as_ref().is_some_and(|blocks| blocks.iter().any(block))
        || reply.events.as_ref().is_some_and(|events| events.iter().any(event))
}

fn without_stream(seen: &Seen<'_>) -> Option<String> {
    let file = &seen.transcript.scenario.file;
    let struck = seen.turns.iter().any(|turn| !turn.exchange.decision.faults.is_empty());
    let streams = seen.turns.iter().any(|turn| turn.exchange.call.operation.streams());
    (!file.faults.is_empty() && !struck && !streams)
        .then(|| "the faults strike streams, the agent asks for whole answers (Converse)".to_owned())
}

/// An agent that was done before anybody could stop it: one that does not stream where the stream stands still, say.
fn without_interrupt(seen: &Seen<'_>) -> Option<String> {
    let run = seen.run().filter(|_| seen.transcript.scenario.file.interrupt.is_some())?;
    (run.interrupted.is_none() && run.exit == RunExit::Success)
        .then(|| "the run was over before it could be interrupted".to_owned())
}

/// An agent that got a whole first answer and took no other prompt takes one prompt a run. Where the first went wrong,
/// O9 judges.
fn without_prompts(seen: &Seen<'_>) -> Option<String> {
    let prompts = seen.prompts();
    let took = |nth| seen.turns.iter().any(|turn| asks(seen, turn, nth));
    let well = seen.claims_success() || seen.turns.iter().all(|turn| turn.given.is_whole());
    (prompts.len() > 1 && well && !(1..prompts.len()).any(took))
        .then(|| format!("the scenario has {} prompts, the agent took one", prompts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;
    use faultline_wire::Operation;

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read best by value")]
    fn check(bench: Bench, expected: Result<(), &str>) {
        bench.seen(|seen| assert_eq!(exercised(seen), expected.map_err(str::to_owned)));
    }

    const TEXT: &str = "replies: [{message: [{text: a}]}]\n";

    #[test]
    fn faults_of_streams_need_a_stream() {
        let with = |fault: &str| Bench::new(&format!("{TEXT}faults: [{fault}]\n")).ask("go");
        let reset = "{do: corrupt, at: contentBlockDelta 0}";
        check(with(reset).send(), Ok(()));
        check(
            with(reset).operation(Operation::Converse).send(),
            Err("the faults strike streams, the agent asks for whole answers (Converse)"),
        );
        check(with("{do: throttle}").operation(Operation::Converse).send(), Ok(()));
        check(with("{do: throttle, call: 5}").send(), Ok(()));
    }

    #[test]
    fn tool_calls_need_tools() {
        let calls = "replies: [{message: [{toolUse: {toolUseId: a, name: look}}]}]\n";
        check(Bench::new(calls).ask("go").send(), Ok(()));
        let none = "the scenario calls a tool, the agent offers none";
        check(Bench::new(calls).ask("go").without_tools().send(), Err(none));
        let events = "replies: [{events: [{messageStart: {role: assistant}}, {contentBlockStart: {contentBlockIndex: 0, start: {toolUse: {toolUseId: a, name: look}}}}]}]\n";
        check(Bench::new(events).ask("go").without_tools().send(), Err(none));
        check(Bench::new(TEXT).ask("go").without_tools().send(), Ok(()));
    }

    #[test]
    fn several_prompts_need_an_agent_that_takes_them() {
        let two = |rest: &str| {
            let replies = "prompt: [one, two]\nreplies: [{message: [{text: a}]}, {message: [{text: b}]}]\n";
            Bench::new(&format!("{replies}{rest}")).ask("one").send()
        };
        let one = "the scenario has 2 prompts, the agent took one";
        check(two("").success("a"), Err(one));
        check(two("").keep().ask("two").send().success("b"), Ok(()));
        check(two("faults: [{do: no_stop}]\n").failure("lost"), Ok(()));
    }

    #[test]
    fn an_agent_of_another_operation_cannot_meet_a_scenario() {
        let other = Bench::new(TEXT).ask("go").operation(Operation::CountTokens).send();
        check(other, Err("the agent asks for CountTokens, the scenario answers Converse and ConverseStream"));
    }

    #[test]
    fn an_agent_that_is_done_cannot_be_interrupted() {
        let run = || Bench::new(&format!("{TEXT}interrupt: {{call: 1, after: 1s}}\n")).ask("go").send();
        check(run().success("a"), Err("the run was over before it could be interrupted"));
        check(run().failure("a"), Ok(()));
        check(run().failure("").interrupted(1000), Ok(()));
        check(run(), Ok(()));
    }

    #[test]
    fn no_request_is_no_excuse() {
        check(Bench::new(TEXT), Ok(()));
    }
}
