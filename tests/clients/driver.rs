//! A real client in a process of its own: a case goes in as a line of JSON, an outcome comes back.
//!
//! This file is where the two are written down. A case:
//!
//! ```json
//! { "id": "any text", "operation": "ConverseStream", "endpoint": "http://127.0.0.1:PORT/s/name",
//!   "request": { "modelId": "...", "messages": [] },
//!   "client": { "transport": "http1", "max_attempts": 1, "read_timeout_ms": 500, "bearer": "token",
//!               "ca_bundle": "/path/ca.pem", "stop_after_events": 3,
//!               "calls": 2, "pause_ms": 200, "parallel": 1 },
//!   "limit_ms": 4000 }
//! ```
//!
//! - `operation`: `Converse`, `ConverseStream`, `InvokeModel` or `InvokeModelWithResponseStream`.
//! - `request`: as the API reference spells it. Blobs are base64; the body of `InvokeModel` may be
//!   JSON itself.
//! - `client`: each field may be absent or null, which leaves the client's own default. `transport`
//!   is `default` or `http1` and concerns the JavaScript SDK alone; `max_attempts` counts the first
//!   attempt too; `read_timeout_ms` is the longest silence; with `stop_after_events` the client
//!   leaves after so many events. With `calls` the call is made so often, one after the other and `pause_ms` apart,
//!   with `parallel` so often at once (not in Python), by one client: the outcome is the last call's, its `attempts` are
//!   everybody's, and an error of any of them is its error.
//! - `limit_ms`: how long the call may take instead of the driver's own limit; the start of its process is not counted.
//!
//! The outcome is [`Outcome`]. This file knows no client and no server.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::iter;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many lines of what a driver said on stderr the report of its end quotes.
const QUOTED_LINES: usize = 12;
/// How long the stderr of a killed driver may stay silent before it is taken for finished.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a client made of one call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The case's own; none for a line that was no case.
    pub(crate) id: Option<String>,
    /// The HTTP status of the answer to the last attempt, if it came.
    pub(crate) status: Option<u16>,
    /// Its `x-amzn-RequestId`.
    pub(crate) request_id: Option<String>,
    /// Requests that the client really sent, the first one included.
    pub(crate) attempts: u32,
    /// What the stream handed out, in order, also before an error.
    pub(crate) events: Vec<Event>,
    /// The answer of a unary call.
    pub(crate) output: Option<Value>,
    /// The error that the caller saw. A stream that just ends is none.
    pub(crate) error: Option<ClientError>,
    /// When things happened.
    pub(crate) timing: Timing,
}

/// One event of a stream, as the client hands it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// The union member, such as `contentBlockDelta`, or `chunk`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Its value; for a `chunk` the JSON inside.
    pub(crate) payload: Value,
    /// Milliseconds since the call was made.
    pub(crate) at_ms: f64,
}

/// An error in the client's own words, or in ours when the driver itself failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClientError {
    /// The class of the exception; `ExitN` of the AWS CLI. `DriverError` is a case that the driver
    /// cannot run, `DriverTimeout` and `DriverDied` are said by [`Driver::run`].
    pub(crate) class: String,
    /// The error code of AWS, if the client saw one.
    pub(crate) code: Option<String>,
    /// The client's text.
    pub(crate) message: String,
    /// Whether the caller had the stream in hand already.
    pub(crate) during: During,
}

/// Where a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum During {
    /// Before the client answered its caller.
    Call,
    /// While its caller read the stream.
    Stream,
}

/// Milliseconds since the call was made; the making of the client is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// The first event, or the unary answer.
    pub(crate) first_ms: Option<f64>,
    /// The end, whatever it was.
    pub(crate) total_ms: f64,
}

impl Outcome {
    /// The text deltas of the stream, joined.
    pub(crate) fn text(&self) -> String {
        self.events.iter().filter_map(|event| event.payload.pointer("/delta/text")?.as_str()).collect()
    }

    /// The pieces that one content block arrived in, in order and not joined: of its text, its tool input or its
    /// reasoning.
    pub(crate) fn fragments(&self, block: u64) -> Vec<&str> {
        const PLACES: [&str; 3] = ["/delta/text", "/delta/toolUse/input", "/delta/reasoningContent/text"];
        let of_block = self.events.iter().filter(|event| event.payload["contentBlockIndex"] == block);
        of_block
            .filter_map(|event| PLACES.iter().find_map(|place| event.payload.pointer(place)?.as_str()))
            .collect()
    }

    /// The names of the events, in order.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.kind.as_str()).collect()
    }

    fn failed(case: &Value, class: &str, message: String) -> Self {
        let error = ClientError { class: class.to_owned(), code: None, message, during: During::Call };
        let id = case["id"].as_str().map(str::to_owned);
        Self { id, error: Some(error), ..Self::default() }
    }
}

/// A driver, started at its first case and again after it had to be killed.
#[derive(Debug)]
pub(crate) struct Driver {
    command: Command,
    limit: Duration,
    process: Option<Process>,
}

impl Driver {
    /// `limit` is the longest that one case may take, the start of the process included.
    pub(crate) fn new(mut command: Command, limit: Duration) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, limit, process: None }
    }

    /// Runs one case to its outcome. A driver that does not answer in time is killed and reported
    /// as `DriverTimeout`, one that ends as `DriverDied`, each with the last lines that it said.
    pub(crate) fn run(&mut self, case: &Value) -> Outcome {
        let answer = self.ask(case);
        answer.unwrap_or_else(|(class, message)| {
            let said = self.process.take().map(Process::end).unwrap_or_default();
            Outcome::failed(case, class, format!("{message}{said}"))
        })
    }

    fn ask(&mut self, case: &Value) -> Result<Outcome, (&'static str, String)> {
        let died = |error: io::Error| ("DriverDied", error.to_string());
        let own = case["limit_ms"].as_u64().map(Duration::from_millis);
        if self.process.is_none() {
            let process = self.process.insert(Process::start(&mut self.command).map_err(died)?);
            if own.is_some() {
                // No case, which a driver refuses: its answer shows that it has started.
                process.ask(&Value::Null, self.limit)?;
            }
        }
        let Some(process) = &mut self.process else { return Err(("DriverDied", String::new())) };
        let line = process.ask(case, own.unwrap_or(self.limit))?;
        serde_json::from_str(&line).map_err(|error| ("DriverError", format!("{error} in {line}")))
    }
}

/// A running driver. Two threads read what it writes, so that it never waits for us.
#[derive(Debug)]
struct Process {
    child: Child,
    stdin: ChildStdin,
    answers: Receiver<String>,
    said: Receiver<String>,
}

impl Process {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let missing = || io::Error::other("a pipe is missing");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let answers = lines(child.stdout.take().ok_or_else(missing)?);
        let said = lines(child.stderr.take().ok_or_else(missing)?);
        Ok(Self { child, stdin, answers, said })
    }

    /// The line that it answers to a case.
    fn ask(&mut self, case: &Value, limit: Duration) -> Result<String, (&'static str, String)> {
        let died = |error: io::Error| ("DriverDied", error.to_string());
        writeln!(self.stdin, "{case}").and_then(|()| self.stdin.flush()).map_err(died)?;
        self.answers.recv_timeout(limit).map_err(|why| match why {
            RecvTimeoutError::Timeout => ("DriverTimeout", format!("no answer in {limit:?}")),
            RecvTimeoutError::Disconnected => ("DriverDied", "it ended without an answer".to_owned()),
        })
    }

    /// Kills it, and gives the last lines that it said on stderr, ready to be appended.
    fn end(mut self) -> String {
        self.kill();
        let said = iter::from_fn(|| self.said.recv_timeout(LAST_WORDS).ok());
        let said: Vec<String> = said.filter(|line| !line.trim().is_empty()).collect();
        let last = &said[said.len().saturating_sub(QUOTED_LINES)..];
        if last.is_empty() { String::new() } else { format!("; it said: {}", last.join(" / ")) }
    }

    fn kill(&mut self) {
        // It fails for a process that is gone already, which is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The lines of a pipe, read by a thread that ends with the pipe.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
        for line in lines {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shell(script: &str, limit_ms: u64) -> Driver {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Driver::new(command, Duration::from_millis(limit_ms))
    }

    fn class(outcome: &Outcome) -> &str {
        outcome.error.as_ref().map_or("", |error| &error.class)
    }

    fn message(outcome: &Outcome) -> &str {
        outcome.error.as_ref().map_or("", |error| &error.message)
    }

    /// A driver that answers with what it was asked.
    fn echo(outcome: &Value) -> Outcome {
        shell("exec cat", 10_000).run(outcome)
    }

    fn stream_outcome() -> Value {
        json!({ "id": "a", "status": 200, "request_id": "r", "attempts": 1, "output": null, "error": null,
            "timing": { "first_ms": 1.5, "total_ms": 3.0 },
            "events": [
                { "type": "messageStart", "payload": { "role": "assistant" }, "at_ms": 1.5 },
                { "type": "contentBlockDelta", "at_ms": 2.0,
                  "payload": { "contentBlockIndex": 0, "delta": { "text": "Hel" } } },
                { "type": "contentBlockDelta", "at_ms": 2.5,
                  "payload": { "contentBlockIndex": 0, "delta": { "text": "lo" } } },
                { "type": "contentBlockDelta", "at_ms": 2.6,
                  "payload": { "contentBlockIndex": 1, "delta": { "toolUse": { "input": "" } } } },
                { "type": "contentBlockDelta", "at_ms": 2.7,
                  "payload": { "contentBlockIndex": 1, "delta": { "toolUse": { "input": "{}" } } } } ] })
    }

    #[test]
    fn an_outcome_comes_back_typed_and_whole() {
        let outcome = echo(&stream_outcome());
        assert_eq!(serde_json::to_value(&outcome).unwrap(), stream_outcome());
        assert_eq!(outcome.text(), "Hello");
        assert_eq!(outcome.fragments(1), ["", "{}"]);
        assert_eq!(outcome.kinds()[..2], ["messageStart", "contentBlockDelta"]);
    }

    #[test]
    fn one_process_serves_many_cases() {
        let mut driver = shell("exec cat", 10_000);
        driver.run(&stream_outcome());
        let first = driver.process.as_ref().map(|process| process.child.id());
        driver.run(&stream_outcome());
        assert!(first.is_some());
        assert_eq!(driver.process.as_ref().map(|process| process.child.id()), first);
    }

    #[test]
    fn a_driver_that_hangs_is_killed_and_the_next_case_gets_a_new_one() {
        let mut driver = shell("echo thinking >&2; read line; exec sleep 600", 300);
        let outcome = driver.run(&json!({ "id": "slow" }));
        assert_eq!(class(&outcome), "DriverTimeout");
        assert_eq!(message(&outcome), "no answer in 300ms; it said: thinking");
        assert_eq!(outcome.id.as_deref(), Some("slow"));
        assert!(driver.process.is_none());
        assert_eq!(class(&driver.run(&json!({}))), "DriverTimeout");
    }

    #[test]
    fn a_limit_of_the_case_s_own_counts_from_when_the_driver_has_started() {
        let mut driver = shell("sleep 1; read line; echo '{}'; read line; exec sleep 600", 10_000);
        assert_eq!(message(&driver.run(&json!({ "limit_ms": 100 }))), "no answer in 100ms");
    }

    #[test]
    fn a_driver_that_dies_is_reported_with_its_last_words() {
        let outcome = shell("read line; echo boom >&2; exit 3", 10_000).run(&json!({}));
        assert_eq!(class(&outcome), "DriverDied");
        assert!(message(&outcome).ends_with("; it said: boom"), "{}", message(&outcome));
    }

    #[test]
    fn a_driver_that_cannot_start_or_speaks_no_json_is_reported() {
        let nowhere = Command::new("faultline-no-such-driver");
        assert_eq!(class(&Driver::new(nowhere, Duration::from_secs(1)).run(&json!({}))), "DriverDied");
        assert_eq!(class(&shell("read line; echo hello", 10_000).run(&json!({}))), "DriverError");
    }
}
