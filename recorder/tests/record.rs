//! Traffic through the recorder: the client gets what the upstream sends, and a cassette gives it again. The upstream is our
//! server behind TLS with strict signatures; the traffic is the library with its faults, over both protocols.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

mod common;

use bytes::Bytes;

use common::client::{Ask, End, Seen};
use common::{Folder, keys, record, soon, to, upstream};
use faultline_recorder::Mode;
use faultline_recorder::redact::Redactor;
use faultline_scenarios::file::OneOrMany;
use faultline_scenarios::{Scenario, Speed, load};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";

fn library() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library");
    let (mut scenarios, errors) = load::path(&folder);
    assert!(errors.is_empty(), "{errors:#?}");
    // A quota depends on the time between requests, and one that breaks off after a pause is too near our patience.
    let timed = |scenario: &Scenario| {
        scenario.file.faults.iter().any(|fault| fault.quota.is_some())
            || &*scenario.name == "transport/idle_close_short"
    };
    scenarios.retain(|scenario| scenario.file.admission.is_empty() && !timed(scenario));
    scenarios
}

/// The first request of a scenario.
fn first(scenario: &Scenario, http2: bool, number: usize) -> Ask {
    let prompt = scenario.file.prompt.as_ref().map_or("Go.", OneOrMany::first);
    let body = json!({"messages": [{"role": "user", "content": [{ "text": prompt }]}], "inferenceConfig": {"maxTokens": number}});
    let operation = if number % 3 == 2 { "converse" } else { "converse-stream" };
    let path = format!("/model/{MODEL}/{operation}");
    Ask::new(&path, body.to_string()).http2(http2).patience(SILENCE)
}

/// So many milliseconds without a byte are silence: of what stalls, or drips.
const SILENCE: u64 = 300;

/// Each request three times: faults strike some attempts and not others. Who is `known` to be silent is left soon, and
/// everybody else has time, however busy the machine is.
async fn ask_all(addr: SocketAddr, asks: &[Ask], known: Option<&[Seen]>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (number, ask) in asks.iter().flat_map(|ask| [ask; 3]).enumerate() {
        let patience =
            known.map(|known| if known[number].end == End::Silence { SILENCE } else { SILENCE * 30 });
        let ask = ask.clone().patience(patience.unwrap_or(SILENCE));
        seen.push(soon("an answer", ask.of(addr)).await);
    }
    seen
}

type Headers = Vec<(String, String)>;

/// What must be the same: everything but when it came, in how many pieces, and whether its length was told before.
fn same(seen: &Seen) -> (End, u16, Headers, Headers, Bytes) {
    let told = |(name, _): &&(String, String)| !["x-amzn-requestid", "content-length"].contains(&&**name);
    let headers = seen.headers.iter().filter(told).cloned().collect();
    (seen.end.clone(), seen.status, headers, seen.trailers.clone(), seen.body().into())
}

/// Whether it is kept as something else than it was.
fn holds_secrets(seen: &Seen) -> bool {
    Redactor::default().bytes(&seen.body()) != seen.body()
}

async fn library_over(http2: bool) {
    let scenarios = library();
    let asks: Vec<Ask> =
        scenarios.iter().enumerate().map(|(number, scenario)| first(scenario, http2, number)).collect();
    let names: Vec<String> = scenarios.iter().map(|scenario| scenario.name.to_string()).collect();
    let direct = common::serve(library(), Speed::Max).await;
    let direct = ask_all(direct.addr(), &asks, None).await;
    let behind = upstream(scenarios, Speed::Max).await;
    let folder = Folder::new("library");
    let bench = record(Mode::Record, folder.path(), Some(to(&behind, keys()))).await;
    let recorded = ask_all(bench.server.addr(), &asks, Some(&direct)).await;
    bench.server.stop().await;
    drop(bench.recorder);
    let replay = record(Mode::Replay, folder.path(), None).await;
    let replayed = ask_all(replay.server.addr(), &asks, Some(&direct)).await;
    let (mut same_count, mut kinds) = (0, std::collections::BTreeMap::new());
    for (at, seen) in direct.iter().enumerate() {
        if seen.end == End::Silence && recorded[at].end == End::Complete {
            // A busy machine was silent without meaning it.
            assert!(recorded[at].body().starts_with(&seen.body()), "{}", names[at / 3]);
            continue;
        }
        let name = format!("{} attempt {}", names[at / 3], at % 3 + 1);
        assert_eq!(same(&recorded[at]), same(seen), "recorded: {name}");
        if seen.status != 0 && !holds_secrets(seen) {
            assert_eq!(same(&replayed[at]), same(seen), "replayed: {name}");
            same_count += 1;
        }
        *kinds.entry(format!("{:?}", seen.end)).or_insert(0) += 1;
    }
    println!("{same_count} answers the same, recorded and replayed; ends: {kinds:?}");
    assert!(same_count > 800 && kinds.len() > 3, "{same_count} {kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_over_http1() {
    library_over(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_over_http2() {
    library_over(true).await;
}
