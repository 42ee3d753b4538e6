//! What a process tells a collector: whole, in one trace over processes, and never at the cost of what it does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    dead_code,
    reason = "a test fails by panicking; shared helpers"
)]

#[path = "support/command.rs"]
mod command;
#[path = "support/otlp.rs"]
mod otlp;
#[path = "support/served.rs"]
mod served;

use command::{faultline, file, text};
use otlp::{Collector, Told};
use served::Served;
use std::net::TcpListener;
use std::process::Output;
use std::time::{Duration, Instant};

const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/two_tools.yaml");
const PROMPT: &str = "Where are orders A-10293 and B-4410?";

/// The agent against a scenario, both told to a collector; one process within the other.
fn run(collector: &str, scenario: &str, agent: &[&str]) -> Output {
    let mut command = faultline(&["run", scenario, "--", env!("CARGO_BIN_EXE_faultline"), "agent"]);
    command.args(agent).env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).output().unwrap()
}

/// What both told of the agent with two tools, whose second model call is throttled once.
fn two_tools(more: &[(&str, &str)]) -> Told {
    let collector = Collector::start();
    let mut command =
        faultline(&["run", TOOLS, "--", env!("CARGO_BIN_EXE_faultline"), "agent", "--attempts", "3", PROMPT]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url).envs(more.iter().copied());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    collector.told()
}

#[test]
fn one_trace_shows_the_agent_and_the_server_with_the_injected_fault() {
    let told = two_tools(&[]);
    let names: Vec<&str> = told.spans.iter().map(|span| span.name.as_str()).collect();
    let count = |prefix: &str, kind: i32| {
        told.spans.iter().filter(|span| span.name.starts_with(prefix) && span.kind == kind).count()
    };
    assert_eq!((count("invoke_agent ", 1), count("execute_tool get_order_status", 1)), (1, 2), "{names:?}");
    assert_eq!((count("chat ", 3), count("POST", 3), count("chat ", 2)), (2, 3, 3), "{names:?}");
    assert!(told.spans.iter().all(|span| span.trace_id == told.spans[0].trace_id), "one trace");
    for span in &told.spans {
        let parent = told.spans.iter().find(|other| other.span_id == span.parent_span_id);
        let expected = match (span.name.split(' ').next().unwrap(), span.kind) {
            ("invoke_agent", _) => None,
            ("chat", 2) => Some("POST"),
            ("POST", _) => Some("chat"),
            _ => Some("invoke_agent"),
        };
        assert_eq!(parent.and_then(|parent| parent.name.split(' ').next()), expected, "{}", span.name);
    }
    let served: Vec<_> = told.spans.iter().filter(|span| span.kind == 2).collect();
    let faults: Vec<_> = served.iter().flat_map(|span| &span.events).map(|event| &*event.name).collect();
    assert_eq!(faults, ["faultline.fault"], "where it struck, once");
    let throttled = told.spans.iter().find(|span| span.kind == 3 && otlp::text(span, "error.type").is_some());
    assert_eq!(otlp::text(throttled.unwrap(), "error.type").as_deref(), Some("ThrottlingException"));
    let resent: Vec<_> =
        told.spans.iter().filter_map(|span| otlp::number(span, "http.request.resend_count")).collect();
    assert_eq!(resent, [1.0]);
    assert!(told.services.iter().all(|name| name == "faultline") && told.services.len() >= 2, "who told");
}

#[test]
fn time_to_first_chunk_is_less_than_the_total_of_every_stream_of_many_chunks() {
    let told = two_tools(&[]);
    let mut streams = 0;
    for span in told.spans.iter().filter(|span| span.name.starts_with("chat ")) {
        let frames = otlp::numbers(span, "faultline.stream.frames");
        if frames.len() < 2 || otlp::text(span, "error.type").is_some() {
            continue;
        }
        let total = (span.end_time_unix_nano - span.start_time_unix_nano) as f64 / 1e9;
        assert!(frames.windows(2).all(|pair| pair[0] <= pair[1]), "{frames:?}");
        assert!(frames[0] < total && *frames.last().unwrap() <= total + 1e-6, "{frames:?} in {total}");
        if span.kind == 3 {
            let first = otlp::number(span, "gen_ai.response.time_to_first_chunk").unwrap();
            assert!(first < total, "{first} of {total}");
            assert!(otlp::number(span, "faultline.stream.first_text").unwrap() >= first);
        }
        streams += 1;
    }
    assert_eq!(streams, 4, "two calls, each seen from both sides");
    let first = told.sum("gen_ai.client.operation.time_to_first_chunk");
    assert!(first > 0.0 && first < told.sum("gen_ai.client.operation.duration"));
}

#[test]
fn metrics_have_the_names_units_and_bounds_of_the_conventions_and_agree_with_the_spans() {
    let told = two_tools(&[]);
    let unit = |name: &str| told.metric(name).unit.clone();
    for name in [
        "gen_ai.client.operation.duration",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.client.operation.time_per_output_chunk",
        "gen_ai.execute_tool.duration",
        "gen_ai.invoke_agent.duration",
        "gen_ai.server.request.duration",
        "gen_ai.server.time_to_first_token",
        "gen_ai.server.time_per_output_token",
    ] {
        assert_eq!(unit(name), "s", "{name}");
    }
    assert_eq!(unit("gen_ai.client.token.usage"), "{token}");
    let calls: f64 = told
        .spans
        .iter()
        .filter(|span| span.name.starts_with("chat ") && span.kind == 3)
        .map(|span| (span.end_time_unix_nano - span.start_time_unix_nano) as f64 / 1e9)
        .sum();
    assert!((told.sum("gen_ai.client.operation.duration") - calls).abs() < 1e-6);
    let tokens: f64 = told
        .spans
        .iter()
        .filter(|span| span.name.starts_with("chat ") && span.kind == 3)
        .map(|span| {
            otlp::number(span, "gen_ai.usage.input_tokens").unwrap()
                + otlp::number(span, "gen_ai.usage.output_tokens").unwrap()
        })
        .sum();
    assert_eq!(told.sum("gen_ai.client.token.usage"), tokens);
    assert_eq!((told.sum("faultline.retries"), told.sum("faultline.throttles")), (1.0, 1.0));
    assert_eq!(told.sum("faultline.faults"), 1.0);
    let bounds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    assert_eq!(told.bounds("gen_ai.client.operation.duration"), bounds);
}

#[test]
fn logs_belong_to_the_trace_and_say_whose_they_are() {
    let told = two_tools(&[]);
    let retry = told.logs.iter().find(|log| otlp::body(log) == "faultline.retry").unwrap();
    assert_eq!(retry.trace_id, told.spans[0].trace_id);
    for (name, expected) in [("agent", "faultline"), ("event_type", "faultline.retry")] {
        assert_eq!(otlp::of(&retry.attributes, name).as_deref(), Some(expected));
    }
    assert!(otlp::of(&retry.attributes, "session").is_some_and(|session| session.len() == 32));
    assert!(otlp::of(&retry.attributes, "elapsed_ms").is_some());
}

#[test]
fn lines_of_json_say_whose_they_are_too() {
    let arguments = ["--log", "faultline_agent=info", "--log-format", "json", PROMPT];
    let mut command = faultline(&["run", TOOLS, "--", env!("CARGO_BIN_EXE_faultline"), "agent"]);
    let output = command.args(arguments).output().unwrap();
    let said = text(&output.stderr);
    let lines: Vec<serde_json::Value> =
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let retry =
        lines.iter().find(|line| line["event_type"] == "faultline.retry").unwrap_or_else(|| panic!("{said}"));
    assert_eq!(retry["agent"], "faultline");
    assert!(retry["session"].is_string() && retry["elapsed_ms"].is_u64(), "{retry}");
}

#[test]
fn content_is_told_only_where_it_is_asked_for_and_secrets_are_not() {
    let prompt = "My key is AKIAIOSFODNN7EXAMPLE. Are you there?";
    let scenario = "faultline: 1\nprompt: 'My key is AKIAIOSFODNN7EXAMPLE. Are you there?'\nreplies: [{ message: [{ text: Yes indeed. }] }]\n";
    let path = file("secret.yaml", scenario);
    let told = |flag: &[&str]| {
        let collector = Collector::start();
        let mut command = faultline(&["run", &path, "--", env!("CARGO_BIN_EXE_faultline"), "agent", prompt]);
        let output = command.args(flag).env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        format!("{:?}", collector.told())
    };
    let silent = told(&[]);
    assert!(!silent.contains("Yes indeed.") && !silent.contains("Are you there?"));
    let open = told(&["--capture-content"]);
    assert!(
        open.contains("Yes indeed.")
            && open.contains("Are you there?")
            && open.contains("gen_ai.input.messages")
    );
    assert!(!open.contains("AKIAIOSFODNN7EXAMPLE"), "a secret left");
}

#[test]
fn another_version_of_the_conventions_has_its_own_names() {
    let told = two_tools(&[("FAULTLINE_SEMCONV", "draft")]);
    assert!(told.metrics.iter().any(|metric| metric.name == "gen_ai.client.inference.duration"));
    assert!(told.metrics.iter().all(|metric| metric.name != "gen_ai.client.operation.duration"));
    let names: Vec<_> = told.spans.iter().flat_map(|span| &span.attributes).map(|it| &*it.key).collect();
    assert!(names.contains(&"gen_ai.usage.cache_write.input_tokens"), "{names:?}");
}

#[test]
fn a_dead_or_hanging_collector_changes_nothing_and_what_was_lost_is_said() {
    let dead = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    // It takes connections and never answers.
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let hangs = format!("http://{}", hanging.local_addr().unwrap());
    for collector in [&dead, &hangs] {
        let began = Instant::now();
        let output = run(collector, TOOLS, &[PROMPT]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(text(&output.stdout).ends_with("One is on its way, one is being packed.\n"));
        assert!(said.contains("of 8 spans did not reach"), "{said}");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

#[test]
fn nothing_is_lost_where_the_agent_fails_and_where_a_server_is_stopped() {
    let scenario = file(
        "denied.yaml",
        "faultline: 1\nprompt: Hi\nreplies: [{ message: [{ text: Yes. }] }]\nfaults: [{ do: { error: { type: AccessDeniedException, message: Not you. } } }]\n",
    );
    let collector = Collector::start();
    let mut command = faultline(&["serve", &scenario, "--lenient", "--json"]);
    let served = Served::start(command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url));
    let mut agent = faultline(&["agent", "Hi"]);
    agent.env("AWS_ENDPOINT_URL", served.said("url")).env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
    assert_eq!(agent.output().unwrap().status.code(), Some(1));
    served.stop();
    let told = collector.told();
    let failed: Vec<_> = told.spans.iter().map(|span| otlp::text(span, "error.type")).collect();
    assert_eq!(failed, vec![Some("AccessDeniedException".to_owned()); 4], "{:?}", told.spans);
}

#[test]
fn a_collector_that_is_none_is_refused() {
    let output = faultline(&["agent", "Hi", "--otlp", "localhost:4318"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("write http://127.0.0.1:4318"), "{}", text(&output.stderr));
}

#[test]
fn what_is_observed_is_told_by_the_command_and_by_its_child_and_is_kept() {
    let store = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("observed.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", store.display()));
    }
    let kept = store.to_str().unwrap();
    let agent = [env!("CARGO_BIN_EXE_faultline"), "agent", PROMPT];
    let mut command = faultline(&["run", TOOLS, "--observe", "--observe-store", kept, "--"]);
    // What the caller's own telemetry is sent to is not what observes.
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    let output = command
        .env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/v1/traces")
        .args(agent)
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.starts_with("faultline: watch it at http://127.0.0.1:"), "{said}");
    assert!(said.ends_with(&format!("faultline: 11 spans were observed, kept in {kept}: faultline collect --store {kept} shows them again\n")), "{said}");
    let list = text(&faultline(&["traces", "list", kept]).output().unwrap().stdout);
    assert!(list.contains("invoke_agent faultline") && list.contains(" faultline "), "{list}");
    assert_eq!(list.lines().count(), 2, "both sides tell one trace: {list}");
    let demo = faultline(&["demo", "examples/two_tools.yaml", "--observe", "--report", "/dev/null"])
        .output()
        .unwrap();
    let said = text(&demo.stderr);
    assert!(said.contains("spans were observed, nothing is kept: --observe-store FILE keeps it"), "{said}");
    let alone = faultline(&["run", TOOLS, "--observe-store", kept, "--", "true"]).output().unwrap();
    assert_eq!(alone.status.code(), Some(2), "it says what is kept, not that something is observed");
}
