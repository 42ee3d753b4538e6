//! How a turn's tools are run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use faultline_agent::tools::ToolFuture;
use faultline_agent::{
    AgentConfig, Conversation, Mode, Tool, ToolContext, ToolError, ToolOutput, ToolStatus, Toolbox,
};
use serde_json::{Map, Value, json};

use crate::script::*;

/// Sleeps `ms`, then does as its input says. Counts how many run at once.
#[derive(Clone, Default)]
struct Probe {
    running: Arc<AtomicUsize>,
    peak: Arc<AtomicUsize>,
    runs: Arc<AtomicUsize>,
}

impl Tool for Probe {
    fn name(&self) -> &str {
        "probe"
    }
    fn description(&self) -> &str {
        "A probe."
    }
    fn input_schema(&self) -> Value {
        json!({"type": "object"})
    }
    fn run<'a>(&'a self, input: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            self.runs.fetch_add(1, Ordering::SeqCst);
            let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.peak.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(input.get("ms").and_then(Value::as_u64).unwrap_or(0)))
                .await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            match input.get("do").and_then(Value::as_str) {
                Some("panic") => panic!("on purpose"),
                Some("fail") => Err(ToolError::new("the disk is full")),
                Some("fail blank") => Err(ToolError::new(" ")),
                Some("nothing") => Ok(ToolOutput::Text(String::new())),
                Some("list") => Ok(ToolOutput::Json(json!([1, 2]))),
                _ => Ok(ToolOutput::Text(format!("waited {}", input.get("ms").unwrap_or(&Value::Null)))),
            }
        })
    }
}

fn probes(inputs: &[Value]) -> Reply {
    let mut body = vec![ms()];
    for (at, input) in inputs.iter().enumerate() {
        let block = i32::try_from(at).unwrap();
        body.extend([
            tool(block, &format!("id{at}"), "probe"),
            frag(block, &input.to_string()),
            close(block),
        ]);
    }
    body.extend([stop("tool_use"), meta(1, 1)]);
    stream(body)
}

async fn run(probe: &Probe, inputs: &[Value], edit: impl FnOnce(&mut AgentConfig)) -> Outcome {
    let server = Server::new([probes(inputs), says("done")]);
    let mut config = config(Mode::Streaming);
    edit(&mut config);
    let toolbox = Toolbox::new().with(probe.clone()).unwrap();
    ask_on(&server, config, toolbox, &mut Conversation::new()).await
}

#[tokio::test(start_paused = true)]
async fn parallel_tools_run_side_by_side_and_answer_in_the_order_asked() {
    let probe = Probe::default();
    let outcome = run(&probe, &[json!({"ms": 300}), json!({"ms": 100}), json!({"ms": 200})], |_| {}).await;
    let results = outcome.last_message(1);
    let told: Vec<_> = results.as_array().unwrap().iter().map(|it| &it["toolResult"]).collect();
    let expected = [("id0", "waited 300"), ("id1", "waited 100"), ("id2", "waited 200")];
    for (result, (id, text)) in told.iter().zip(expected) {
        assert_eq!((&result["toolUseId"], &result["content"][0]["text"]), (&json!(id), &json!(text)));
    }
    assert_eq!(told.len(), 3);
    assert_eq!(probe.peak.load(Ordering::SeqCst), 3);
    assert!(outcome.result.unwrap().stats.elapsed < Duration::from_millis(400));
}

#[tokio::test(start_paused = true)]
async fn no_more_tools_run_at_once_than_allowed() {
    for limit in [1, 2] {
        let probe = Probe::default();
        let inputs: Vec<_> = (0..5).map(|_| json!({"ms": 10})).collect();
        let outcome = run(&probe, &inputs, |config| config.tool_concurrency = limit).await;
        assert_eq!(probe.peak.load(Ordering::SeqCst), limit);
        assert_eq!(outcome.last_message(1).as_array().unwrap().len(), 5);
        assert_eq!(probe.runs.load(Ordering::SeqCst), 5, "each runs once");
    }
}

#[tokio::test(start_paused = true)]
async fn every_call_gets_a_result_however_its_tool_ends() {
    let inputs = [
        json!({"do": "panic"}),
        json!({"do": "fail"}),
        json!({"do": "fail blank"}),
        json!({"ms": 999_999}),
        json!({"do": "nothing"}),
        json!({"do": "list"}),
    ];
    let expected = [
        (true, "The tool failed: it panicked."),
        (true, "the disk is full"),
        (true, "The tool failed without a message."),
        (true, "The tool gave no result within 60s and was stopped."),
        (false, "(the tool gave no output)"),
        (false, "[1,2]"),
    ];
    let outcome = run(&Probe::default(), &inputs, |_| {}).await;
    let results = outcome.last_message(1);
    for (at, (is_error, text)) in expected.into_iter().enumerate() {
        let result = &results[at]["toolResult"];
        assert_eq!((result["status"] == "error", &result["content"][0]["text"]), (is_error, &json!(text)));
    }
    let statuses: Vec<_> = outcome.result.unwrap().stats.tool_calls.iter().map(|call| call.status).collect();
    use ToolStatus::{Failed, Succeeded};
    assert_eq!(statuses, [Failed, Failed, Failed, Failed, Succeeded, Succeeded]);
}

#[tokio::test]
async fn an_unknown_tool_is_answered_with_the_tools_that_exist() {
    let outcome = ask([calls("a", "get_weather", &["{}"]), says("sorry")]).await;
    let result = &outcome.last_message(1)[0]["toolResult"];
    let text = "There is no tool named \"get_weather\". The tools are: calculator, get_order_status.";
    assert_eq!((&result["status"], &result["content"][0]["text"]), (&json!("error"), &json!(text)));
    assert_eq!(outcome.result.unwrap().stats.tool_calls[0].status, ToolStatus::Refused);
}

#[tokio::test]
async fn the_model_is_told_of_the_tools_and_an_empty_box_of_nothing() {
    let outcome = ask([says("hi")]).await;
    let tools = outcome.server.requests()[0]["toolConfig"]["tools"].clone();
    assert_eq!(tools[0]["toolSpec"]["name"], "calculator");
    assert_eq!(tools[1]["toolSpec"]["inputSchema"]["json"]["required"], json!(["order_id"]));
    let server = Server::new([says("hi")]);
    ask_on(&server, config(Mode::Streaming), Toolbox::new(), &mut Conversation::new()).await.result.unwrap();
    assert_eq!(server.requests()[0].get("toolConfig"), None);
}

#[tokio::test]
async fn a_tool_that_the_service_runs_itself_is_not_run_here() {
    let start = json!({"toolUse": {"name": "calculator", "toolUseId": "a", "type": "server_tool_use"}});
    let result = json!({"toolResult": {"toolUseId": "a", "type": "nova_grounding_result"}});
    let turn = stream([
        ms(),
        event("contentBlockStart", json!({"contentBlockIndex": 0, "start": start})),
        frag(0, "{}"),
        close(0),
        event("contentBlockStart", json!({"contentBlockIndex": 1, "start": result})),
        event(
            "contentBlockDelta",
            json!({"contentBlockIndex": 1, "delta": {"toolResult": [{"text": "found"}]}}),
        ),
        close(1),
        text(2, "Found it."),
        close(2),
        stop("end_turn"),
    ]);
    let outcome = ask([turn]).await;
    assert_eq!((outcome.text(), outcome.started().len()), ("Found it.", 0));
    let call =
        json!({"toolUse": {"toolUseId": "a", "name": "calculator", "input": {}, "type": "server_tool_use"}});
    let outcome = ask_unary([unary("end_turn", json!([call, {"text": "Found it."}]))]).await;
    assert_eq!((outcome.text(), outcome.started().len()), ("Found it.", 0));
}
