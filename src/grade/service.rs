//! An agent that is a service: asked by HTTP POST, its body is the answer.

use super::ask::{Ask, PLACE};
use super::capture::Captured;
use super::stop::Stop;
use crate::exit::Failure;
use faultline_scenarios::run_end::{RunEnd, RunExit};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(200);

/// Where a service listens and what it wants to be told.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    address: String,
    uri: Uri,
    body: String,
}

impl Service {
    /// The service at `url`; `body` is JSON with `{prompt}` where the prompt goes.
    ///
    /// # Errors
    /// When the address is not one of plain HTTP, or the body is no JSON, or has no place for the prompt.
    pub(crate) fn at(url: &str, body: &str) -> Result<Self, Failure> {
        let bad = |why: &str| Failure::usage(format!("--url {url}: {why}"));
        let uri: Uri = url.parse().map_err(|why| bad(&format!("{why}")))?;
        if uri.scheme_str() != Some("http") {
            return Err(bad("write http://host:port/path (TLS is not spoken to services)"));
        }
        let host = uri.host().ok_or_else(|| bad("it names no host"))?;
        if serde_json::from_str::<Value>(body).is_err() {
            return Err(Failure::usage(format!("--url-body {body}: this is no JSON")));
        }
        if !body.contains(PLACE) {
            return Err(Failure::usage(format!("--url-body {body}: write {PLACE} where the prompt goes")));
        }
        Ok(Self { address: format!("{host}:{}", uri.port_u16().unwrap_or(80)), uri, body: body.to_owned() })
    }

    /// Waits until somebody listens there; false when we were asked to stop.
    ///
    /// # Errors
    /// When nobody does within `limit`.
    pub(crate) async fn up(&self, limit: Duration, mut stop: Stop) -> Result<bool, Failure> {
        let connected = async {
            while TcpStream::connect(&self.address).await.is_err() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            done = tokio::time::timeout(limit, connected) => match done {
                Ok(()) => Ok(true),
                Err(_) => Err(Failure::usage(format!(
                    "nobody listened at {} for {limit:?} (--time-limit waits longer)",
                    self.uri
                ))),
            },
            () = stop.asked() => Ok(false),
        }
    }

    /// Asks it, prompt by prompt, and leaves once `interruption` is over; `None` when we were asked to stop.
    pub(crate) async fn ask(
        &self,
        ask: &Ask,
        interruption: impl Future<Output = ()>,
        mut stop: Stop,
    ) -> Option<RunEnd> {
        let (answer, started) = (Captured::default(), Instant::now());
        let mut interrupted = None;
        let exit = tokio::select! {
            exit = self.all(ask, &answer) => exit,
            () = tokio::time::sleep(ask.limit) => RunExit::TimedOut,
            () = interruption => {
                interrupted = Some(started.elapsed());
                RunExit::Failure("left by us".to_owned())
            }
            () = stop.asked() => return None,
        };
        let (stdout, wall) = (answer.text(), started.elapsed());
        // A service has no standard error that we could read: what it says of an error is its answer.
        let stderr = if exit == RunExit::Success { String::new() } else { stdout.clone() };
        Some(RunEnd { exit, stdout, stderr, wall, report: Value::Null, interrupted, left_open: 0 })
    }

    async fn all(&self, ask: &Ask, answer: &Captured) -> RunExit {
        for prompt in &ask.prompts {
            match self.post(Ask::body(prompt, &self.body), answer).await {
                Ok(status) if status.is_success() => answer.push(b"\n"),
                Ok(status) => return RunExit::Failure(format!("HTTP {}", status.as_u16())),
                Err(why) => return RunExit::Failure(format!("no answer: {why}")),
            }
        }
        RunExit::Success
    }

    async fn post(&self, body: String, answer: &Captured) -> Result<StatusCode, String> {
        let stream = TcpStream::connect(&self.address).await.map_err(|why| why.to_string())?;
        let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(|why| why.to_string())?;
        // A request that is given up takes its connection with it: that is how a client leaves.
        let mut connections = JoinSet::new();
        connections.spawn(connection);
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::post(path)
            .header(HOST, &self.address)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|why| why.to_string())?;
        let mut response = sender.send_request(request).await.map_err(|why| why.to_string())?;
        while let Some(frame) = response.frame().await {
            let frame = frame.map_err(|why| why.to_string())?;
            frame.data_ref().into_iter().for_each(|data| answer.push(data));
        }
        Ok(response.status())
    }
}
