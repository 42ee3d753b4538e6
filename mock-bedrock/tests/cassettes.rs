//! Sessions are given cassettes while the server runs: over the admin API, by the handle, and taken away again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use common::{Fixed, bytes, h1, soon, stream};
use faultline_mock_bedrock::{Cassette, CassetteReader, Interaction, MockBedrock, Options, Source};
use faultline_scenarios::body_plan;
use faultline_scenarios::key::key;
use faultline_scenarios::plan::Ending;
use faultline_wire::{Call, Operation};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const PATH: &str = "/model/m/converse";

fn body(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": [{ "text": text }]}]})
}

/// A cassette that answers each of these words with itself.
fn saying(words: &str) -> Cassette {
    let interaction = |word: &str| {
        let call = Call {
            operation: Operation::Converse,
            model_id: "m".into(),
            base: String::new(),
            headers: Vec::new(),
            body: body(word),
        };
        let plan = body_plan(200, "text/plain", format!("recorded {word}").into(), Duration::ZERO);
        Interaction { when: key(&call), call, plan: Arc::new(plan) }
    };
    let interactions = words.split_whitespace().map(interaction).collect();
    Cassette { name: "words".into(), interactions, skipped: vec!["something".into()] }
}

/// Takes a text for the words of a cassette; a path for one word.
struct Words;

impl CassetteReader for Words {
    fn read(&self, source: Source<'_>) -> Result<Cassette, Vec<String>> {
        match source {
            Source::Content(bytes) if bytes.starts_with(b"!") => Err(vec!["no words".into(), "none".into()]),
            Source::Content(bytes) => Ok(saying(&String::from_utf8_lossy(bytes))),
            Source::Path(path) => Ok(saying(path)),
        }
    }
}

async fn server(reader: bool) -> MockBedrock {
    let brain = Fixed::one(stream(&[(0, bytes(4, 0), false)], 0, Ending::Complete));
    let cassettes = reader.then(|| Arc::new(Words) as _);
    MockBedrock::start(Options { cassettes, ..Options::default() }, brain).await.unwrap().unverified()
}

async fn admin(server: &MockBedrock, method: &str, query: &str, body: &str) -> (String, Value) {
    let path = format!("/_faultline/{query}");
    let text = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let answer = soon("the admin API", h1::send(server.addr(), &text)).await;
    (answer.status().to_owned(), serde_json::from_slice(&answer.body()).unwrap_or(Value::Null))
}

async fn ask(server: &MockBedrock, session: &str, word: &str) -> String {
    let path = if session.is_empty() { PATH.to_owned() } else { format!("/s/{session}{PATH}") };
    let answer =
        soon("an answer", h1::send(server.addr(), &h1::request(&path, "", &body(word).to_string()))).await;
    String::from_utf8_lossy(&answer.body()).into_owned()
}

#[tokio::test]
async fn a_session_is_answered_by_its_cassette_until_it_is_taken_away() {
    let server = server(true).await;
    let (status, said) = admin(&server, "POST", "cassettes?session=a", "one two").await;
    let expected = json!({"session": "a", "cassette": "words", "interactions": 2, "skipped": ["something"]});
    assert_eq!((status.as_str(), said), ("200", expected));
    assert_eq!(ask(&server, "a", "two").await, "recorded two");
    assert!(ask(&server, "a", "two").await.contains("each answer is played once"));
    assert!(!ask(&server, "b", "two").await.contains("recorded"), "another session has none");
    let (_, listed) = admin(&server, "GET", "cassettes", "").await;
    assert_eq!(listed["cassettes"][0]["played"], 1);
    assert_eq!(
        admin(&server, "POST", "cassettes?session=a", r#"{"path": "three"}"#).await.1["interactions"],
        1
    );
    assert_eq!(ask(&server, "a", "three").await, "recorded three", "the new one is in the old one's place");
    assert_eq!(admin(&server, "DELETE", "cassettes?session=a", "").await.1, json!({"forgotten": 1}));
    assert!(!ask(&server, "a", "three").await.contains("recorded"));
    let last = &soon("five answers", server.wait_for(5)).await[0];
    assert_eq!(last.plan_text(), "recorded two");
}

#[tokio::test]
async fn a_cassette_that_cannot_be_played_changes_nothing_and_every_problem_is_told() {
    let server = server(true).await;
    admin(&server, "POST", "cassettes", "one").await;
    let (status, said) = admin(&server, "POST", "cassettes", "!").await;
    assert_eq!((status.as_str(), &said["problems"]), ("400", &json!(["no words", "none"])));
    let (status, said) = admin(&server, "POST", "cassettes", " ").await;
    let problems = json!(["nothing in it can be played", "something"]);
    assert_eq!((status.as_str(), &said["problems"]), ("400", &problems));
    assert_eq!(ask(&server, "", "one").await, "recorded one", "the default session keeps what it had");
    let (status, _) = admin(&self::server(false).await, "POST", "cassettes", "one").await;
    assert_eq!(status, "501");
}

#[tokio::test]
async fn a_reset_takes_cassettes_away_and_the_handle_puts_them_in() {
    let server = server(false).await;
    for session in ["a", "b"] {
        server.insert_cassette(session, saying("one one"));
    }
    server.reset(Some("a"));
    assert!(!ask(&server, "a", "one").await.contains("recorded"));
    assert_eq!(ask(&server, "b", "one").await, "recorded one");
    server.reset(None);
    assert!(!ask(&server, "b", "one").await.contains("recorded"));
}

/// What an exchange sent, as text.
trait PlanText {
    fn plan_text(&self) -> String;
}

impl PlanText for faultline_scenarios::exchange::Exchange {
    fn plan_text(&self) -> String {
        String::from_utf8_lossy(&self.timeline.plan.body()).into_owned()
    }
}
