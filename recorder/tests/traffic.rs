//! What else comes by: many takes of one request, clients that leave, an upstream that is gone, the corpus, and secrets in
//! every place where one can stand.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

mod common;
#[path = "../../tests/support/corpus.rs"]
mod support;

use common::client::{Ask, End};
use common::{Bench, Folder, keys, record, record_with, soon, start, to, to_url, upstream};
use faultline_mock_bedrock::{Options, Scripted};
use faultline_recorder::redact::Redactor;
use faultline_recorder::upstream::Auth;
use faultline_recorder::{Mode, Tally, import};
use faultline_scenarios::file::When;
use faultline_scenarios::text_match::{NamedMatch, TextMatch};
use faultline_scenarios::{Book, Scenario, Speed, load};
use faultline_wire::decoder::decode_all;
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

fn scenario(text: &str) -> Scenario {
    load::scenario("s", "s", &format!("faultline: 1\n{text}")).unwrap()
}

fn saying(text: &str) -> String {
    json!({"messages": [{"role": "user", "content": [{ "text": text }]}]}).to_string()
}

fn stream(text: &str) -> Ask {
    Ask::new("/model/m/converse-stream", saying(text))
}

fn whole(text: &str) -> Ask {
    Ask::new("/model/m/converse", saying(text))
}

/// Waits until everything is in its place, and ends.
async fn over(bench: Bench) -> Tally {
    soon("the end", bench.recorder.settled()).await;
    bench.server.stop().await;
    bench.recorder.tally()
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_of_one_request_replay_in_their_order_however_many_there_are() {
    let replies: String =
        (0..150).map(|number| format!("  - message: [{{ text: 'answer {number}.' }}]\n")).collect();
    let behind = upstream(vec![scenario(&format!("order: takes\nreplies:\n{replies}"))], Speed::Max).await;
    let folder = Folder::new("takes");
    let bench = record(Mode::Record, folder.path(), Some(to(&behind, keys()))).await;
    for number in 0..150 {
        let seen = soon("an answer", whole("Hi").of(bench.server.addr())).await;
        assert!(seen.text().contains(&format!("answer {number}.")));
    }
    assert_eq!(over(bench).await, Tally { kept: 150, ..Tally::default() });
    assert_eq!(
        folder.files().iter().filter(|(path, _)| path.extension().unwrap_or_default() == "yaml").count(),
        3
    );
    let replay = record(Mode::Replay, folder.path(), None).await;
    for number in (0..150).chain([149, 149]) {
        let seen = soon("an answer", whole("Hi").of(replay.server.addr())).await;
        assert!(seen.text().contains(&format!("answer {number}.")), "{number}: {}", seen.text());
    }
    assert_eq!(over(replay).await, Tally { played: 152, ..Tally::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_in_the_cassette_and_its_upstream_is_left_too() {
    let slow =
        "pace: { token: 10s }\nreplies: [{ message: [{ text: 'one two', fragments: ['one ', two] }] }]";
    let behind = upstream(vec![scenario(slow)], Speed::Written).await;
    let folder = Folder::new("leaves");
    let bench = record(Mode::Record, folder.path(), Some(to(&behind, keys()))).await;
    let seen = soon("silence", stream("Hi").patience(200).of(bench.server.addr())).await;
    assert_eq!(seen.end, End::Silence);
    assert_eq!(over(bench).await, Tally { kept: 1, ..Tally::default() });
    let files = folder.files();
    assert!(files[0].1.contains("how: client_left"), "{files:?}");
    soon("the upstream's end", async {
        while behind.exchanges().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_gone_or_strange_is_told_to_the_client() {
    let folder = Folder::new("gone");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = to_url(&format!("http://{free}"), None, Auth::Nobody);
    let bench = record(Mode::Record, folder.path(), Some(gone)).await;
    let seen = soon("an answer", stream("Hi").of(bench.server.addr())).await;
    assert_eq!((seen.status, seen.header("x-amzn-errortype")), (502, Some("FaultlineUpstreamException")));
    assert!(
        seen.text().contains("cannot be reached") && seen.text().contains(&free.to_string()),
        "{}",
        seen.text()
    );
    assert_eq!(over(bench).await, Tally { unanswered: 1, ..Tally::default() });
    assert!(folder.files().is_empty(), "{:?}", folder.files());

    // A CA that is another's.
    let behind = upstream(vec![scenario("replies: [{ message: [{ text: hi }] }]")], Speed::Max).await;
    let other =
        start(Options { tls: true, ..Options::default() }, Arc::new(Scripted::new(Book::new(Vec::new()))))
            .await;
    let strange = to_url(&behind.https_url(), Some(other.ca_pem().unwrap().to_vec()), keys());
    let bench = record(Mode::Spy, folder.path(), Some(strange)).await;
    let seen = soon("an answer", stream("Hi").of(bench.server.addr())).await;
    assert!(seen.status == 502 && seen.text().contains("certificate"), "{} {}", seen.status, seen.text());

    // Keys that are another's: the upstream's own refusal goes through.
    let bench = record(Mode::Spy, folder.path(), Some(to(&behind, Auth::Nobody))).await;
    let seen = soon("an answer", stream("Hi").of(bench.server.addr())).await;
    assert_eq!(
        (seen.status, seen.header("x-amzn-errortype").unwrap().split(':').next()),
        (403, Some("MissingAuthenticationTokenException"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_from_run_to_run_finds_its_cassette_and_another_question_does_not() {
    let behind = upstream(
        vec![scenario("replies: [{ message: [{ text: one }] }, { message: [{ text: two }] }]")],
        Speed::Max,
    )
    .await;
    let folder = Folder::new("volatile");
    let missing = |text: &'static str| record_one(&folder, Some(to(&behind, keys())), text);
    assert_eq!(missing("Today is 2026-11-27, job 6f1c2d3e-0000-4000-8000-0123456789ab. Go.").await.kept, 1);
    assert_eq!(missing("Today is 2027-01-01, job 00000000-1111-4222-8333-444444444444. Go.").await.played, 1);
    assert_eq!(missing("Today is 2026-11-27. Stop.").await.kept, 1);
}

async fn record_one(
    folder: &Folder,
    behind: Option<Arc<faultline_recorder::upstream::Upstream>>,
    text: &str,
) -> Tally {
    let bench = record(Mode::RecordMissing, folder.path(), behind).await;
    soon("an answer", stream(text).of(bench.server.addr())).await;
    over(bench).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nests_too_deep_for_a_file_is_kept_as_bytes() {
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let reply = json!({"message": [{"toolUse": {"name": "f", "toolUseId": "t", "input": {"deep": "here"}}}]})
        .to_string();
    let behind = upstream(vec![scenario(&format!("replies: [{reply}]"))], Speed::Max).await;
    let folder = Folder::new("deep");
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"Hi"}}]}}],"x":{deep}}}"#);
    let asks =
        ["converse", "converse-stream"].map(|name| Ask::new(&format!("/model/m/{name}"), body.clone()));
    let bench = record(Mode::Record, folder.path(), Some(to(&behind, keys()))).await;
    let mut recorded = Vec::new();
    for ask in &asks {
        recorded.push(soon("an answer", ask.of(bench.server.addr())).await.body());
    }
    over(bench).await;
    let replay = record(Mode::Replay, folder.path(), None).await;
    for (ask, recorded) in asks.iter().zip(recorded) {
        assert_eq!(soon("an answer", ask.of(replay.server.addr())).await.body(), recorded);
    }
}

/// The recordings of the corpus, each for who asks for it by its name.
fn asked_by_name(corpus: &Path) -> Vec<Scenario> {
    let named = |recording: import::Recording| {
        let mut scenario = recording.scenario;
        let text = Some(TextMatch::Named(NamedMatch::Equals(recording.name)));
        scenario.file.prompt = None;
        scenario.file.when = Some(When { text, ..When::default() });
        scenario
    };
    import::folder(corpus).0.into_iter().map(named).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_corpus_goes_through_and_comes_out_the_same() {
    let Some(corpus) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let (recordings, errors) = import::folder(&corpus);
    assert!(errors.is_empty() && recordings.len() > 100, "{errors:?}");
    let asks: Vec<Ask> = recordings
        .iter()
        .map(|recording| {
            let path = match recording.operation {
                faultline_wire::Operation::InvokeModelWithResponseStream => "invoke-with-response-stream",
                _ => "converse-stream",
            };
            Ask::new(&format!("/model/m/{path}"), saying(&recording.name))
        })
        .collect();
    let behind = upstream(asked_by_name(&corpus), Speed::Max).await;
    let folder = Folder::new("corpus");
    let bench = record(Mode::Record, folder.path(), Some(to(&behind, keys()))).await;
    for (ask, recording) in asks.iter().zip(&recordings) {
        let seen = soon("an answer", ask.of(bench.server.addr())).await;
        assert!(
            seen.body() == recording.bytes,
            "{} through the recorder: {} {}",
            recording.name,
            seen.status,
            seen.text()
        );
    }
    over(bench).await;
    let replay = record(Mode::Replay, folder.path(), None).await;
    let (mut same, mut cleaned) = (0, 0);
    for (ask, recording) in asks.iter().zip(&recordings) {
        let seen = soon("an answer", ask.of(replay.server.addr())).await;
        if seen.body() == recording.bytes {
            same += 1;
        } else {
            // Something in it looked like a secret: the frames are as many and whole.
            cleaned += 1;
            let frames = |bytes: &[u8]| decode_all(bytes).0.len();
            assert_eq!(frames(&seen.body()), frames(&recording.bytes), "{}", recording.name);
        }
    }
    eprintln!("{same} recordings the same, {cleaned} without a secret");
    assert!(same > 100 && cleaned < 8, "{same} {cleaned}");
}

/// One secret of each kind, put together here so that no scanner stops at this file.
fn secrets() -> Vec<String> {
    let letters =
        |count: usize| "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA".chars().cycle().take(count).collect::<String>();
    let upper = "A1B2C3D4E5F6G7H8";
    vec![
        format!("AKIA{upper}"),
        format!("ASIA{}", upper.replace('1', "9")),
        format!("eyJ{}.eyJ{}.{}", letters(20), letters(30), letters(25)),
        format!("ABSK{}", letters(60)),
        format!("bedrock-api-key-{}", letters(40)),
        format!("sk-ant-{}", letters(40)),
        format!("ghp_{}", letters(36)),
        "jo.secret@example.org".to_owned(),
        "987654321098".to_owned(),
        letters(40).replace('a', "Z"),
        format!("FwoG{}", letters(80).replace('B', "Q")),
        format!("MIIE{}", letters(64).replace('d', "W")),
        "hunter2-the-users-own".to_owned(),
    ]
}

/// A text that holds them all, each as people write it.
fn careless() -> String {
    let secrets = secrets();
    let mut text = secrets[..8].join(" and ");
    let _ = write!(text, " for arn:aws:bedrock:us-east-1:{}:inference-profile/x", secrets[8]);
    let _ = write!(text, " aws_secret_access_key={} aws_session_token: {}", secrets[9], secrets[10]);
    let (begin, end) = ("-----BEGIN RSA PRIVATE", "-----END RSA PRIVATE");
    let _ = write!(text, " {begin} KEY-----{}{end} KEY----- {}", secrets[11], secrets[12]);
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_file_name_journal_or_report() {
    let (text, secrets) = (careless(), secrets());
    let fragments: Vec<String> =
        text.chars().collect::<Vec<_>>().chunks(7).map(|part| part.iter().collect()).collect();
    let reply = json!({"message": [{"text": text, "fragments": fragments}, {"toolUse": {"name": "f", "toolUseId": "t", "input": {"note": text}}}]});
    let error = json!({"error": {"type": "ValidationException", "message": text}});
    let exception =
        json!({"do": {"exception": {"type": "throttlingException", "message": text}}, "at": "messageStop"});
    let scenarios = [
        ("stream", json!({"faultline": 1, "when": {"text": {"contains": "for stream"}}, "replies": [reply]})),
        (
            "refused",
            json!({"faultline": 1, "when": {"text": {"contains": "for refused"}}, "replies": [error]}),
        ),
        (
            "broken",
            json!({"faultline": 1, "when": {"text": {"contains": "for broken"}}, "replies": [reply], "faults": [exception]}),
        ),
    ];
    let scenarios = scenarios.map(|(name, file)| load::scenario(name, name, &file.to_string()).unwrap());
    let behind = upstream(scenarios.into(), Speed::Max).await;
    let folder = Folder::new("secrets");
    let rule = faultline_recorder::redact::Rule::regex("own", "hunter2-[a-z-]+").unwrap();
    let redactor = Arc::new(Redactor::new(vec![rule]));
    let bench =
        record_with(Mode::Record, folder.path(), Some(to(&behind, keys())), redactor.clone(), Speed::Max)
            .await;
    let arn = format!("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A{}%3Ainference-profile%2Fx", secrets[8]);
    let mut statuses = Vec::new();
    for session in ["stream", "refused", "broken"] {
        for operation in ["converse-stream", "converse"] {
            let ask = Ask::new(&format!("{arn}/{operation}"), saying(&format!("{text} for {session}")))
                .session(session)
                .header("authorization", &format!("Bearer {}", secrets[3]))
                .header("x-amz-security-token", &secrets[10])
                .header("cookie", &format!("id={}", secrets[9]))
                .header("x-amzn-bedrock-note", &text);
            let seen = soon("an answer", ask.of(bench.server.addr())).await;
            statuses.push(seen.status);
            let got = if operation == "converse" { seen.text() } else { String::new() };
            assert!(
                session == "broken" || got.is_empty() || got.contains(&secrets[0]),
                "the client gets what came: {got}"
            );
        }
    }
    assert_eq!(statuses, [200, 200, 400, 400, 200, 429]);
    let journal = format!("{:?}", bench.server.exchanges());
    let told = format!("{:?}", bench.told.lock().unwrap());
    let counts = format!("{:?}", redactor.counts());
    over(bench).await;
    let files = folder.files();
    assert_eq!(files.len(), 6, "{files:?}");
    let mut places = vec![("journal", journal), ("report", told), ("counts", counts.clone())];
    places.extend(files.iter().map(|(_, text)| ("file", text.clone())));
    places.extend(files.iter().map(|(path, _)| ("name", path.display().to_string())));
    for (place, held) in &places {
        for secret in &secrets {
            assert!(!held.contains(secret.as_str()), "{secret} in a {place}: {held}");
        }
    }
    for kind in ["access-key-id", "jwt", "bedrock", "api-key", "email", "account-id", "private-key", "own"] {
        assert!(counts.contains(kind), "{kind} is not in {counts}");
    }

    // Across fragments too: the words that were said, joined, hold none.
    let replay = record_with(Mode::Replay, folder.path(), None, redactor, Speed::Max).await;
    let seen = soon(
        "an answer",
        Ask::new(&format!("{arn}/converse-stream"), saying(&format!("{text} for stream")))
            .session("stream")
            .of(replay.server.addr()),
    )
    .await;
    let said: String = decode_all(&seen.body())
        .0
        .iter()
        .filter_map(|frame| serde_json::from_slice::<serde_json::Value>(frame.payload()).ok())
        .map(|payload| {
            let delta = &payload["delta"];
            delta["text"]
                .as_str()
                .or_else(|| delta["toolUse"]["input"].as_str())
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert!(said.contains("redacted-own-1") && said.matches("@redacted.invalid").count() == 2, "{said}");
    for secret in &secrets {
        assert!(!said.contains(secret.as_str()), "{secret} in {said}");
    }
}
