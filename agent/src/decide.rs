//! What follows from a whole reply: an answer, tools to run, or a failure. Pure.

use aws_sdk_bedrockruntime::types::StopReason;

use crate::cause::Cause;
use crate::reply::Reply;

/// The next step of the loop.
#[derive(Debug)]
pub(crate) enum Next {
    Answer,
    RunTools,
    Fail(Cause),
}

/// Decides by the stop reason and by what the reply holds; what it holds wins where both could be meant (a tool call
/// with `end_turn` runs, `tool_use` without a call is an answer).
pub(crate) fn decide(reply: &Reply) -> Next {
    let has_tools = reply.tool_uses().next().is_some();
    let stop = &reply.stop_reason;
    match stop {
        StopReason::EndTurn | StopReason::ToolUse if has_tools => Next::RunTools,
        StopReason::EndTurn | StopReason::ToolUse => answer_or_empty(reply),
        // The last block may have been cut, also if what is left of it parses.
        StopReason::MaxTokens | StopReason::StopSequence | StopReason::ModelContextWindowExceeded
            if has_tools =>
        {
            Next::Fail(Cause::ToolCallCut { stop_reason: stop.clone() })
        }
        StopReason::MaxTokens | StopReason::StopSequence | StopReason::ModelContextWindowExceeded => {
            answer_or_empty(reply)
        }
        // The guardrail's own text is meant for the reader. Its tool calls are not run.
        StopReason::GuardrailIntervened if reply.has_answer() => Next::Answer,
        _ => Next::Fail(Cause::Stopped { stop_reason: stop.clone() }),
    }
}

fn answer_or_empty(reply: &Reply) -> Next {
    if reply.has_answer() {
        Next::Answer
    } else {
        Next::Fail(Cause::EmptyReply { stop_reason: reply.stop_reason.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::{Block, ToolUse};

    fn check(stop: &str, blocks: &str, expected: &str) {
        let blocks = blocks
            .chars()
            .map(|kind| match kind {
                't' => Block::Text("hello".into()),
                'b' => Block::Text(" \n".into()),
                _ => Block::Tool(ToolUse {
                    id: "a".into(),
                    name: "x".into(),
                    input: Ok(serde_json::Map::new()),
                }),
            })
            .collect();
        let reply = Reply { blocks, stop_reason: StopReason::from(stop), usage: None, request_id: None };
        let next = match decide(&reply) {
            Next::Answer => "answer",
            Next::RunTools => "run",
            Next::Fail(Cause::ToolCallCut { .. }) => "cut",
            Next::Fail(Cause::EmptyReply { .. }) => "empty",
            Next::Fail(_) => "stopped",
        };
        assert_eq!(next, expected, "{stop} {:?}", reply.blocks);
    }

    #[test]
    fn each_stop_reason_has_its_consequence() {
        check("end_turn", "t", "answer");
        check("end_turn", "tX", "run");
        check("end_turn", "", "empty");
        check("end_turn", "b", "empty");
        check("tool_use", "X", "run");
        check("tool_use", "XX", "run");
        check("tool_use", "t", "answer");
        check("max_tokens", "t", "answer");
        check("max_tokens", "tX", "cut");
        check("max_tokens", "", "empty");
        check("stop_sequence", "t", "answer");
        check("stop_sequence", "X", "cut");
        check("model_context_window_exceeded", "t", "answer");
        check("model_context_window_exceeded", "X", "cut");
        check("guardrail_intervened", "t", "answer");
        check("guardrail_intervened", "tX", "answer");
        check("guardrail_intervened", "X", "stopped");
        check("content_filtered", "t", "stopped");
        check("malformed_model_output", "t", "stopped");
        check("malformed_tool_use", "tX", "stopped");
        check("brand_new_reason", "t", "stopped");
        check("brand_new_reason", "X", "stopped");
    }
}
