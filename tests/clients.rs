//! Real clients judge the server: boto3, the AWS SDK for JavaScript over HTTP/2 and HTTP/1.1, the AWS SDK for
//! Rust, and the AWS CLI. Each runs every case of `clients/cases/` that names it and every scenario of the
//! library that has no faults, one after the other, and reports every difference before it fails.
//!
//! `FAULTLINE_CASE=name` runs the one case of that name and prints what each client and the server saw.

#[path = "clients/case.rs"]
mod case;
#[path = "clients/check.rs"]
mod check;
#[path = "clients/driver.rs"]
mod driver;
#[path = "clients/expect.rs"]
mod expect;
#[path = "clients/library.rs"]
mod library;
#[path = "clients/mcp.rs"]
mod mcp;
#[path = "clients/mcp_agent.rs"]
mod mcp_agent;
#[path = "clients/message.rs"]
mod message;
#[path = "clients/otel.rs"]
mod otel;
#[path = "clients/rust_request.rs"]
mod rust_request;
#[path = "clients/rust_sdk.rs"]
mod rust_sdk;
#[path = "clients/server.rs"]
mod server;
#[path = "clients/toolchain.rs"]
#[expect(dead_code, reason = "a client of the agent is no client of Bedrock")]
mod toolchain;
#[path = "clients/vcrpy.rs"]
mod vcrpy;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use case::{Case, Who};
use check::{Mismatch, Seen, check};
use driver::{Driver, Outcome};
use expect::Expect;
use server::{Bench, bench};
use toolchain::{AwsCli, Node, Python, Skip};

/// The longest that a client in a process of its own may take over one case.
const LIMIT: Duration = Duration::from_secs(60);
/// How often a case that measures time is tried: a busy machine is late now and then, a wrong server always.
const TIMED_TRIES: usize = 3;

/// A client, ready to judge.
enum Judge {
    Process(Box<Driver>),
    Rust,
}

impl Judge {
    fn new(who: Who) -> Result<Self, Skip> {
        let command = match who {
            Who::Rust | Who::All => return Ok(Self::Rust),
            Who::Boto3 => Python::ready()?.driver(),
            Who::AwsCli => AwsCli::ready()?.driver(),
            Who::JsH2 | Who::JsH1 => {
                let mut command = Node::ready()?.driver();
                command.env("NODE_EXTRA_CA_CERTS", &bench().ca);
                command
            }
        };
        Ok(Self::Process(Box::new(Driver::new(command, LIMIT))))
    }

    fn run(&mut self, bench: &Bench, task: &Value) -> Outcome {
        match self {
            Self::Process(driver) => driver.run(task),
            Self::Rust => bench.runtime.block_on(rust_sdk::run(task)),
        }
    }
}

/// What the driver is asked.
fn task(bench: &Bench, case: &Case, who: Who, session: &str) -> Value {
    let settings = &case.settings;
    // Node trusts the CA since its start; the others are told here.
    let told = settings.tls && !matches!(who, Who::JsH2 | Who::JsH1);
    json!({
        "id": session,
        "operation": case.operation,
        "endpoint": bench.endpoint(session, settings.tls),
        "request": case.request,
        "client": {
            "transport": (who == Who::JsH1).then_some("http1"),
            "max_attempts": settings.max_attempts,
            "read_timeout_ms": settings.read_timeout_ms,
            "stop_after_events": settings.stop_after_events,
            "bearer": settings.bearer,
            "ca_bundle": told.then_some(&bench.ca),
        },
    })
}

/// What this client speaks.
fn protocol(who: Who, tls: bool) -> &'static str {
    if who == Who::JsH2 || (who == Who::Rust && tls) { "HTTP/2.0" } else { "HTTP/1.1" }
}

/// Runs a case once, in a session of its own.
fn once(judge: &mut Judge, who: Who, case: &Case, expect: &Expect, attempt: usize) -> Vec<Mismatch> {
    let bench = bench();
    let session = format!("{}@{who}-{attempt}", case.name);
    let outcome = judge.run(bench, &task(bench, case, who, &session));
    let exchanges = bench.exchanges(&session, expect.exchanges.len());
    let model_id = case.request["modelId"].as_str().unwrap_or_default();
    let protocol = protocol(who, case.settings.tls);
    let bearer = case.settings.bearer.is_some();
    let seen = Seen { outcome: &outcome, exchanges: &exchanges, model_id, protocol, bearer };
    if only().is_some() {
        tell(&format!("{who}: {}", serde_json::to_string_pretty(&outcome).unwrap_or_default()));
        tell(&faultline_mock_bedrock::snapshot(&exchanges));
    }
    check(expect, &seen)
}

fn judged(judge: &mut Judge, who: Who, case: &Case, expect: &Expect) -> Vec<Mismatch> {
    let quiet = &bench().quiet;
    if expect.timing.is_none() {
        let _others_may_work = quiet.read().unwrap_or_else(PoisonError::into_inner);
        return once(judge, who, case, expect, 1);
    }
    let _alone = quiet.write().unwrap_or_else(PoisonError::into_inner);
    let mut wrong = Vec::new();
    for attempt in 1..=TIMED_TRIES {
        wrong = once(judge, who, case, expect, attempt);
        if wrong.is_empty() {
            break;
        }
    }
    wrong
}

/// Asks one client about every case.
fn agrees(who: Who) {
    let Ok(mut judge) = Judge::new(who) else { return };
    let (began, mut count, mut report) = (Instant::now(), 0, String::new());
    for case in bench().cases.iter().filter(|case| only().is_none_or(|name| name == case.name)) {
        let Some(expect) = case.expect.get(&who) else { continue };
        count += 1;
        let wrong = judged(&mut judge, who, case, expect);
        if !wrong.is_empty() {
            let _ = writeln!(report, "\n{} ({})", case.name, case.about);
        }
        for Mismatch { field, expected, got } in wrong {
            let _ = writeln!(report, "  {field}\n    expected {expected}\n    got      {got}");
        }
    }
    tell(&format!("{who}: {count} cases in {:.1} s", began.elapsed().as_secs_f64()));
    assert!(count > 0 || only().is_some(), "no case for {who}");
    assert!(report.is_empty(), "{who} disagrees:\n{report}");
}

/// The one case that was asked for, if any.
fn only() -> Option<String> {
    std::env::var("FAULTLINE_CASE").ok()
}

/// Past the capture of the test harness.
fn tell(text: &str) {
    // Nobody to tell is no reason to fail.
    let _ = writeln!(io::stderr(), "{text}");
}

#[test]
fn boto3_agrees() {
    agrees(Who::Boto3);
}

#[test]
fn js_over_http2_agrees() {
    agrees(Who::JsH2);
}

#[test]
fn js_over_http1_agrees() {
    agrees(Who::JsH1);
}

#[test]
fn rust_sdk_agrees() {
    agrees(Who::Rust);
}

#[test]
fn aws_cli_agrees() {
    agrees(Who::AwsCli);
}

#[test]
fn every_case_is_judged_by_two_clients_at_least() {
    let lonely: Vec<&str> =
        bench().cases.iter().filter(|case| case.expect.len() < 2).map(|case| &*case.name).collect();
    assert!(lonely.is_empty(), "{lonely:?}");
}
