//! Programs of others beside ours: Rotel between our sender and our collector, boto3 with OpenTelemetry's instrumentation as a
//! sender, Arize Phoenix as a store (with `FAULTLINE_PHOENIX` alone: it takes 854 MB).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
mod command;
#[path = "support/prometheus.rs"]
mod prometheus;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "no model is asked here")]
mod served;
#[path = "clients/toolchain.rs"]
#[expect(dead_code, reason = "each test file uses a part of it")]
mod toolchain;
#[path = "support/until.rs"]
mod until;

use command::{code, faultline, file, run, temporary, text};
use faultline_collector::query::{self, Wanted};
use faultline_collector::store::to_read;
use prometheus::get;
use serde_json::Value;
use served::Served;
use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use toolchain::{Botocore, Phoenix, Rotel};
use until::until;

/// A program of others that is killed with its test.
struct Peer(Child);

impl Peer {
    fn start(command: &mut Command, log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Self(command.env("NO_PROXY", "*").env("no_proxy", "*").spawn().unwrap())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago: these programs do not say which one they took.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn collect(store: &Path) -> Served {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", store.display()));
    }
    Served::start(&mut faultline(&["collect", "--json", "--store", store.to_str().unwrap()]))
}

/// The agent with two tools whose second model call is throttled once, told to `collector`.
fn two_tools(collector: &str) {
    let agent = ["--attempts", "3", "--capture-content", "Where are orders A-10293 and B-4410?"];
    let mut command =
        faultline(&["run", "examples/two_tools.yaml", "--", env!("CARGO_BIN_EXE_faultline"), "agent"]);
    let output = command.args(agent).env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).output().unwrap();
    assert_eq!((code(&output), output.status.success()), (0, true), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("did not reach"), "{}", text(&output.stderr));
}

/// What is the same in every run: of each span its name, kind, status, parent, attributes by name and kind, and events.
fn shapes(store: &Path) -> Vec<String> {
    let store = to_read(store).unwrap();
    let traces = query::traces(&store, &Wanted::default()).unwrap();
    assert_eq!(traces.len(), 1, "one trace");
    let spans = query::spans(&store, traces[0].number).unwrap();
    let name = |id: &[u8]| spans.iter().find(|it| it.span.span_id == id).map(|it| it.span.name.clone());
    let kind =
        |value: &dyn std::fmt::Debug| format!("{value:?}").split('(').next().unwrap_or_default().to_owned();
    let mut shapes: Vec<String> = spans
        .iter()
        .map(|stored| {
            let span = &stored.span;
            let value = |it: &opentelemetry_proto::tonic::common::v1::KeyValue| {
                let value = it.value.as_ref().and_then(|value| value.value.as_ref());
                format!("{}: {}", it.key, value.map_or_else(String::new, |value| kind(value)))
            };
            let attributes: BTreeSet<String> = span.attributes.iter().map(value).collect();
            let events: Vec<_> = span.events.iter().map(|event| &event.name).collect();
            let status = span.status.as_ref().map(|status| status.code);
            let parent = name(&span.parent_span_id);
            let (service, name, side) = (&stored.service, &span.name, span.kind);
            format!("{service} {name} {side} {status:?} below {parent:?} {attributes:?} {events:?}")
        })
        .collect();
    shapes.sort();
    shapes
}

#[test]
fn a_run_that_goes_through_rotel_arrives_whole() {
    let Ok(rotel) = Rotel::ready() else { return };
    let straight = temporary("peers-straight.db");
    let collector = collect(&straight);
    two_tools(&collector.said("url"));
    collector.stop();
    let expected = shapes(&straight);
    assert!(expected.len() > 8, "{expected:#?}");

    let through = temporary("peers-through.db");
    let collector = collect(&through);
    let (grpc, http) = (free(), free());
    let mut command = rotel.agent();
    command.args(["start", "--otlp-grpc-endpoint", &grpc, "--otlp-http-endpoint", &http]);
    command.args(["--exporter", "otlp", "--otlp-exporter-endpoint", &collector.said("grpc")]);
    command.arg("--pid-file").arg(temporary("peers-rotel.pid"));
    let _rotel = Peer::start(&mut command, &temporary("peers-rotel.log"));
    until(Duration::from_secs(30), "rotel does not listen", || TcpStream::connect(&http).is_ok());
    two_tools(&format!("http://{http}"));
    let counts =
        || -> Value { serde_json::from_str(&get(&collector.address(), "/api/counts", "").1).unwrap() };
    // More than there is to come would be wrong, too: the shapes say.
    until(Duration::from_secs(30), "not all spans came", || {
        counts()["spans"].as_u64().unwrap() >= expected.len() as u64
            && counts()["points"].as_u64().unwrap() > 0
    });
    let (_, metrics) = get(&collector.address(), "/metrics", "");
    assert!(metrics.contains("faultline_retries_total{"), "{metrics}");
    collector.stop();
    assert_eq!(shapes(&through), expected);
}

/// What boto3 asked, and the store that its spans are in.
fn told_by_boto3(botocore: &Botocore) -> (Value, PathBuf) {
    let scenario = file(
        "peers-boto3.yaml",
        "faultline: 1\nprompt: Hello?\nreplies: [{ message: [{ text: Good morning to you. }] }]\n",
    );
    let store = temporary("peers-boto3.db");
    let (collector, bedrock) =
        (collect(&store), Served::start(&mut faultline(&["serve", &scenario, "--json"])));
    let mut driver = botocore.driver();
    driver.args([bedrock.said("url"), collector.said("url"), "amazon.nova-lite-v1:0".to_owned()]);
    driver.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").env("NO_PROXY", "*").env("no_proxy", "*");
    let output = driver.output().unwrap();
    let said = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(code(&collector.stop()), 0);
    (said, store)
}

#[test]
fn spans_of_boto3s_instrumentation_are_read_in_their_old_spelling() {
    let Ok(botocore) = Botocore::ready() else { return };
    let (said, store) = told_by_boto3(&botocore);
    assert_eq!(said["events"].as_array().unwrap().last(), Some(&"metadata".into()), "{said}");
    let path = store.to_str().unwrap();
    let reader = to_read(&store).unwrap();
    let traces = query::traces(&reader, &Wanted::default()).unwrap();
    assert_eq!(traces.len(), 2);
    for trace in &traces {
        assert_eq!(
            (trace.root.as_deref(), trace.service.as_deref()),
            (Some("chat amazon.nova-lite-v1:0"), Some("foreign"))
        );
        let spans = query::spans(&reader, trace.number).unwrap();
        let names: Vec<&str> = spans[0].span.attributes.iter().map(|it| it.key.as_str()).collect();
        assert!(names.contains(&"gen_ai.system") && !names.contains(&"gen_ai.provider.name"), "{names:?}");
    }
    let chats = query::chats(&reader, query::Window::ALL).unwrap();
    let input = said["usage"]["inputTokens"].as_i64().unwrap();
    assert!(chats.iter().all(|chat| chat.model == "amazon.nova-lite-v1:0" && chat.error.is_none()));
    assert!(chats.iter().all(|chat| chat.usage.is_some_and(|usage| usage.input == input)), "{chats:?}");
    let latency = text(&run(&["latency", path]).stdout);
    assert!(latency.starts_with("2 model calls"), "{latency}");
    let list = text(&run(&["traces", "list", path]).stdout);
    assert_eq!(list.matches("chat amazon.nova-lite-v1:0").count(), 2, "{list}");
    let shown = text(&run(&["traces", "show", path]).stdout);
    assert!(shown.contains("chat amazon.nova-lite-v1:0"), "{shown}");
}

#[test]
fn phoenix_shows_agent_model_and_tool() {
    let Ok(phoenix) = Phoenix::ready() else { return };
    let (http, grpc) = (free(), free());
    let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
    let folder = prometheus::folder("peers-phoenix");
    let mut command = phoenix.driver();
    command
        .env("PHOENIX_HOST", "127.0.0.1")
        .env("PHOENIX_PORT", port(&http))
        .env("PHOENIX_GRPC_PORT", port(&grpc))
        .env("PHOENIX_WORKING_DIR", &folder)
        .envs(
            ["TELEMETRY_ENABLED", "ALLOW_EXTERNAL_RESOURCES"]
                .map(|name| (format!("PHOENIX_{name}"), "false")),
        )
        .envs(
            ["DISABLE_AGENT_ASSISTANT", "AGENTS_DISABLE_BASH", "AGENTS_DISABLE_WEB_ACCESS"]
                .map(|name| (format!("PHOENIX_{name}"), "true")),
        );
    let _phoenix = Peer::start(&mut command, &temporary("peers-phoenix.log"));
    until(Duration::from_secs(120), "phoenix does not listen", || TcpStream::connect(&http).is_ok());
    two_tools(&format!("http://{http}"));
    let spans = || -> Vec<Value> {
        let (_, body) = get(&http, "/v1/projects/default/spans?limit=100", "");
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        answer["data"].as_array().cloned().unwrap_or_default()
    };
    let kinds = || -> Vec<String> {
        let mut kinds: Vec<_> =
            spans().iter().map(|span| span["span_kind"].as_str().unwrap_or_default().to_owned()).collect();
        kinds.sort();
        kinds
    };
    let count = |kinds: &[String], kind: &str| kinds.iter().filter(|it| *it == kind).count();
    until(Duration::from_secs(60), "the agent did not come", || count(&kinds(), "AGENT") == 1);
    until(Duration::from_secs(30), "two tool calls did not come", || count(&kinds(), "TOOL") == 2);
    assert!(count(&kinds(), "LLM") >= 2, "{:?}", kinds());
    let _ = std::fs::remove_dir_all(folder);
}
