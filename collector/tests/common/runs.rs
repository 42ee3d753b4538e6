//! Runs of an agent as OTLP JSON, as many as are wanted, the same each time: an agent, four streams of sixty frames with a request
//! and the other side's span each, three tools.

use serde_json::{Value, json};

/// Spans of one run.
pub(crate) const SPANS: u64 = 16;
/// 2026-01-01, in milliseconds since 1970.
const BEGIN: u64 = 1_767_225_600_000;

/// The id of a run's trace.
pub(crate) fn trace_id(run: u64) -> String {
    format!("{:032x}", run + 1)
}

/// Bodies of requests to `/v1/traces` that hold so many spans in all, rounded down to whole runs.
pub(crate) fn batches(spans: u64) -> impl Iterator<Item = Vec<u8>> {
    let runs = spans / SPANS;
    (0..runs).step_by(32).map(move |first| {
        let (agents, models): (Vec<_>, Vec<_>) = (first..runs.min(first + 32)).map(run).unzip();
        let of = |service: &str, spans: Vec<Vec<Value>>| {
            let resource = json!({"attributes": [text("service.name", service)]});
            json!({"resource": resource, "scopeSpans": [{"spans": spans.concat()}]})
        };
        json!({"resourceSpans": [of("agent", agents), of("model", models)]}).to_string().into_bytes()
    })
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn double(key: &str, value: f64) -> Value {
    json!({"key": key, "value": {"doubleValue": value}})
}

fn whole(key: &str, value: u64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

/// The spans of one run: those of the agent, and those of who answered.
fn run(run: u64) -> (Vec<Value>, Vec<Value>) {
    let zero = BEGIN + run * 500;
    let span = |id: u64,
                parent: u64,
                name: &str,
                kind: u64,
                (from, to): (u64, u64),
                attributes: Vec<Value>| {
        let parent = (parent > 0).then(|| format!("{parent:016x}"));
        json!({
            "traceId": trace_id(run), "spanId": format!("{id:016x}"), "parentSpanId": parent, "name": name, "kind": kind,
            "startTimeUnixNano": ((zero + from) * 1_000_000).to_string(), "endTimeUnixNano": ((zero + to) * 1_000_000).to_string(),
            "attributes": attributes,
        })
    };
    let model = format!("model-{}", run % 3);
    let (mut agents, mut models) = (Vec::new(), Vec::new());
    for call in 0..4_u64 {
        let id = 2 + call * 4;
        // No two streams alike, and no generator of chance: the same figures each time.
        let slow = (run * 7 + call * 13) % 97;
        let (from, step) = (call * 2000, 4 + slow / 8);
        let first = 120 + slow * 3;
        let to = from + first + 60 * step + 20;
        let at = |frame: u64| (first + frame * step) as f64 / 1e3;
        let frames: Vec<Value> = (0..60).map(|frame| json!({"doubleValue": at(frame)})).collect();
        let mut told = vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.request.model", &model),
            whole("gen_ai.usage.input_tokens", 400 + slow),
            whole("gen_ai.usage.output_tokens", 60),
            json!({"key": "faultline.stream.frames", "value": {"arrayValue": {"values": frames}}}),
        ];
        models.push(span(id + 2, id + 1, &format!("chat {model}"), 2, (from + 1, to), told.clone()));
        told.extend([
            double("faultline.stream.first_event", at(0)),
            double("faultline.stream.first_text", at(3)),
            double("faultline.stream.longest_stall", step as f64 / 1e3),
        ]);
        let mut chat = span(id, 1, &format!("chat {model}"), 3, (from, to), told);
        let mut post = span(id + 1, id, "POST", 3, (from, to), vec![whole("http.response.status_code", 200)]);
        if call == 2 && run.is_multiple_of(10) {
            chat["events"] = json!([{"name": "faultline.retry", "timeUnixNano": ((zero + from + 50) * 1_000_000).to_string(),
                "attributes": [double("faultline.retry.delay", 0.05)]}]);
            post["attributes"] =
                json!([whole("http.response.status_code", 429), whole("http.request.resend_count", 1)]);
            post["status"] = json!({"code": 2, "message": "ThrottlingException: too many"});
        }
        agents.extend([chat, post]);
        let tool = match call {
            0 => Some(("get_order_status", 40)),
            1 => Some(("search", 300)),
            2 => Some(("charge", 900)),
            _ => None,
        };
        if let Some((tool, took)) = tool {
            let slow = if run % 500 == 3 && call == 1 { 6000 } else { took + slow };
            let told = vec![text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", tool)];
            let mut used = span(id + 3, 1, &format!("execute_tool {tool}"), 1, (to, to + slow), told);
            if run.is_multiple_of(25) && call == 2 {
                used["status"] = json!({"code": 2, "message": "declined"});
            }
            agents.push(used);
        }
    }
    let told = vec![
        text("gen_ai.operation.name", "invoke_agent"),
        text("gen_ai.conversation.id", &format!("talk-{}", run / 4)),
    ];
    agents.push(span(1, 0, "invoke_agent orders", 1, (0, 8000), told));
    (agents, models)
}
