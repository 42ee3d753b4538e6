//! The collector's live page in a real browser: its numbers are the store's, keys are enough, nobody is disturbed, and a hundred
//! thousand spans leave it usable.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
mod command;
#[path = "../collector/tests/common/runs.rs"]
mod runs;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "shared helpers")]
mod served;
#[path = "clients/toolchain.rs"]
#[expect(dead_code, reason = "shared helpers")]
mod toolchain;

use command::{code, faultline, file, run, temporary, text};
use faultline_collector::view::duration;
use serde_json::{Value, json};
use served::{Served, post};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of this test's own, where nothing is.
fn store(name: &str) -> PathBuf {
    let path = temporary(name);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    path
}

fn collect(path: &Path) -> Served {
    Served::start(&mut faultline(&["collect", "--json", "--store", path.to_str().unwrap()]))
}

/// The browser, where there is one; in CI there must be.
fn browser() -> Option<toolchain::Node> {
    let node = toolchain::Node::ready().ok()?;
    if !Path::new("/usr/bin/chromium").exists() && std::env::var_os("CHROMIUM").is_none() {
        let why = "no Chromium: install Debian's package `chromium`, or set CHROMIUM";
        assert!(
            std::env::var_os("FAULTLINE_REQUIRE_ALL").is_none(),
            "FAULTLINE_REQUIRE_ALL is set, but {why}"
        );
        eprintln!("skipped: {why}");
        return None;
    }
    Some(node)
}

/// What somebody sees on the page.
fn seen(node: &toolchain::Node, collector: &Served, name: &str, body: Option<&str>) -> Value {
    let output = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/node/observe.mjs"))
        .arg(&node.home)
        .arg(format!("{}/", collector.said("url")))
        .arg(temporary(name))
        .args(body)
        .output()
        .unwrap();
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!((&seen["errors"], &seen["elsewhere"]), (&json!([]), &json!([])), "{said}");
    seen
}

/// What the page has to say where this is what `faultline latency` says.
fn expected(row: &Value) -> Value {
    let number = |value: &Value| duration(value.as_f64().unwrap());
    let end = |value: &Value| value.as_f64().map_or_else(|| "…".to_owned(), duration);
    let n = row["n"].as_u64().unwrap();
    let percentile = |which: usize, wanted: u64| {
        let told = &row["percentiles"][which];
        if n < wanted {
            return "n too small".to_owned();
        }
        format!("{} [{}, {}]", number(&told["value"]), end(&told["low"]), end(&told["high"]))
    };
    let percentiles = [percentile(0, 30), percentile(1, 300), percentile(2, 1000)];
    json!([
        row["name"],
        n.to_string(),
        number(&row["least"]),
        percentiles[0],
        percentiles[1],
        percentiles[2],
        number(&row["most"]),
        ""
    ])
}

/// An agent and the endpoint, both telling the same collector, so many times.
fn told(collector: &Served, times: usize) {
    let scenario = "\
faultline: 1
prompt: Where are orders A-10293 and B-4410?
pace: { first: 20ms, token: 4ms }
replies:
  - message:
      - text: Let me look both up, one after the other.
      - toolUse: { toolUseId: tooluse_a, name: get_order_status, input: { order_id: A-10293 } }
  - when: { toolResults: [tooluse_a] }
    message: [{ text: 'One is on its way, one is being packed.' }]
faults:
  - { do: { error: { type: ThrottlingException, message: Slow down. } }, call: 2, times: 1 }
";
    let path = file("page.yaml", scenario);
    let url = collector.said("url");
    for _ in 0..times {
        let agent = [env!("CARGO_BIN_EXE_faultline"), "agent", "Where are orders A-10293 and B-4410?"];
        let mut command = faultline(&["run", &path, "--otlp", &url, "--"]);
        let output = command.args(agent).env("OTEL_EXPORTER_OTLP_ENDPOINT", &url).output().unwrap();
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    }
}

#[test]
fn the_page_says_what_the_store_says_and_disturbs_nobody() {
    let Some(node) = browser() else { return };
    let path = store("page.db");
    let collector = collect(&path);
    told(&collector, 4);
    // Enough for percentiles.
    for batch in runs::batches(1600) {
        let body = text(&batch);
        assert!(
            post(&collector.address(), "/v1/traces", "content-type: application/json\r\n", &body).is_some()
        );
    }
    let path = path.to_str().unwrap();
    let said: Value = serde_json::from_slice(&run(&["latency", path, "--output", "json"]).stdout).unwrap();
    let span = json!({"traceId": "f".repeat(32), "spanId": "01".repeat(8), "name": "the newest", "startTimeUnixNano": "4102444800000000000", "endTimeUnixNano": "4102444801000000000"});
    let news =
        file("news.json", &json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).to_string());
    let seen = seen(&node, &collector, "page-", Some(&news));

    let rows = said["rows"].as_array().unwrap().iter();
    let (tools, calls): (Vec<&Value>, Vec<&Value>) =
        rows.partition(|row| row["name"].as_str().unwrap().starts_with("tool: "));
    assert_eq!(seen["latency"], calls.into_iter().map(expected).collect::<Value>());
    assert_eq!(seen["tools"].as_array().unwrap().len(), tools.len());
    assert!(seen["tools"].to_string().contains("search   ▲ slow"), "{}", seen["tools"]);
    for model in seen["tokens"].as_array().unwrap() {
        let told = &said["tokens"][model[0].as_str().unwrap()];
        let plain = |value: &Value| value.as_str().unwrap().replace(',', "");
        assert_eq!(
            (plain(&model[1]), plain(&model[2])),
            (told["input"].to_string(), told["output"].to_string())
        );
    }
    assert_eq!(seen["tokens"].as_array().unwrap().len(), said["tokens"].as_object().unwrap().len());
    let trouble =
        |name: &str, member: &str| assert_eq!(seen["trouble"][name], said[member].to_string(), "{name}");
    trouble("Requests throttled", "throttledRequests");
    trouble("Model calls throttled", "throttledCalls");
    trouble("Requests sent again", "retries");
    assert_eq!(seen["trouble"]["Waits told"], said["waits"]["n"].to_string());
    assert_eq!(
        (&seen["counts"]["Rejected"], &seen["counts"]["Turned away, no room"]),
        (&json!("0"), &json!("0"))
    );
    // A hundred runs, and four of the agent.
    assert_eq!(seen["matching"], "1–100 of 104");

    assert_eq!(seen["filterHasFocus"], "text");
    let waterfall = seen["waterfall"].as_array().unwrap();
    assert_eq!(waterfall[0][0], "invoke_agent faultline");
    let stream = &waterfall[1];
    let frames = stream[1].as_u64().unwrap();
    assert!(frames > 5 && stream[3].as_str().unwrap().contains(&format!("{frames} frames")), "{stream}");
    assert!(
        stream[2].to_string().contains("m-event") && stream[2].to_string().contains("m-text"),
        "{stream}"
    );
    let marks = seen["waterfall"].to_string();
    assert!(marks.contains("m-retry") && marks.contains("m-fault"), "{marks}");
    assert!(seen["attributes"].to_string().contains("faultline.stream.first_text"), "{}", seen["attributes"]);
    assert!(seen["stream"].as_str().unwrap().contains("longest silence"), "{}", seen["stream"]);

    assert_eq!((&seen["sent"], &seen["newer"]), (&json!(200), &json!("1 newer one: show")));
    assert_eq!((&seen["moved"], &seen["stillFocused"]), (&json!(false), &json!(true)));
    assert!(seen["first"].as_str().unwrap().starts_with("the newest"), "{}", seen["first"]);
    assert_eq!(seen["conversations"].as_array().unwrap().len(), 29);
    assert_eq!(seen["within"], "1–1 of 1", "the agent's last conversation has one trace");
}

#[test]
fn a_hundred_thousand_spans_leave_it_usable() {
    let Some(node) = browser() else { return };
    let collector = collect(&store("page-large.db"));
    for batch in runs::batches(100_000) {
        let body = text(&batch);
        assert!(
            post(&collector.address(), "/v1/traces", "content-type: application/json\r\n", &body).is_some()
        );
    }
    let seen = seen(&node, &collector, "page-large-", None);
    eprintln!("{seen}");
    assert_eq!(seen["matching"], "1–100 of 6,250");
    // In ms, and of a build that is not optimised, beside other tests.
    let within = |name: &str, most: u64| {
        let took = seen[name].as_u64().unwrap();
        assert!(took <= most, "{name}: {took} ms; {seen}");
    };
    within("ready", 30_000);
    for name in ["older", "nothing", "found", "opened"] {
        within(name, 3000);
    }
    within("slowest", 500);
    within("nodes", 3000);
}

#[test]
fn pages_of_others_are_kept_away_and_links_are_not() {
    let collector = collect(&store("page-guard.db"));
    let get = |host: &str, path: &str, more: &str| {
        let mut socket = std::net::TcpStream::connect(collector.address()).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{more}\r\n");
        std::io::Write::write_all(&mut socket, request.as_bytes()).unwrap();
        std::io::read_to_string(socket).unwrap()
    };
    let check = |host: &str, path: &str, more: &str, status: &str| {
        let answer = get(host, path, more);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host} {path} {more}: {answer}");
    };
    let own = collector.address();
    for path in ["/", "/page.js", "/api/traces"] {
        check(&own, path, "", "200");
        check("evil.example", path, "", "403");
        check(&own, path, "origin: http://evil.example\r\n", "403");
        check(&own, path, "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\n", "403");
    }
    let link = "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n";
    check(&own, "/", link, "200");
    assert!(get(&own, "/", "").contains("content-security-policy: default-src 'none'; script-src 'self'"));
}
