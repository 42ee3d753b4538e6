//! One exchange with the upstream: what comes goes to the client first, at once and untouched, then into the take.
//!
//! It decides nothing: whether there is a take was decided before.

use crate::aside::Aside;
use crate::cassette::is_stream;
use crate::tap::Tap;
use crate::upstream::{SendError, Upstream, how};
use bytes::Bytes;
use faultline_mock_bedrock::{Coming, Part, RawRequest};
use faultline_scenarios::plan::{BODY, EVENT_STREAM, Ending, Head, Label};
use faultline_scenarios::recorded::HowEnded;
use faultline_wire::Header;
use http::{HeaderMap, Response, response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;

/// So much may wait for a slow client before the upstream is held up: pieces of the body.
pub(crate) const WAITING: usize = 64;

/// Headers of one connection (RFC 9110, 7.6.1).
const OF_THE_CONNECTION: [&str; 6] =
    ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// One exchange under way.
pub(crate) struct Relay {
    /// Who is asked.
    pub(crate) upstream: Arc<Upstream>,
    /// When the request came.
    pub(crate) began: Instant,
    /// The client.
    pub(crate) to: Sender<Coming>,
    /// What is kept of it.
    pub(crate) taking: Option<Aside>,
}

/// How an answer went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Went {
    /// There was one, and it is kept.
    Kept,
    /// There was one that is not kept.
    Passed,
    /// There was none.
    Unanswered,
}

impl Relay {
    /// Asks, and passes on what comes.
    pub(crate) async fn run(mut self, raw: RawRequest) -> Went {
        let answer = tokio::select! {
            answer = self.upstream.send(raw) => Some(answer),
            () = self.to.closed() => None,
        };
        if let Some(Ok(response)) = answer {
            return self.pass(response).await;
        }
        if let Some(taking) = self.taking.take() {
            taking.forget().await;
        }
        if let Some(Err(why)) = answer {
            self.refuse(why).await;
        }
        Went::Unanswered
    }

    /// There was no answer. A client that has left misses nothing.
    async fn refuse(self, why: SendError) {
        match why {
            SendError::Broke(how) => {
                tracing::warn!(upstream = %self.upstream.url(), ?how, "broke off before its answer");
                let end = Coming::End(self.began.elapsed(), ending(how), Vec::new());
                let _ = self.to.send(end).await;
            }
            SendError::NotSent(why) => {
                tracing::warn!("{why}");
                self.bad_gateway(&why).await;
            }
        }
    }

    /// There is nobody to ask: a gateway says 502 (RFC 9110, 15.6.3).
    async fn bad_gateway(self, why: &str) {
        let at = self.began.elapsed();
        let mut head = Head::new(502, "application/json");
        head.headers.push(("x-amzn-errortype".to_owned(), "FaultlineUpstreamException".to_owned()));
        let body = json!({ "message": format!("faultline: {why}") }).to_string();
        let label = Label { event: BODY.into(), index: None, gist: "".into() };
        let part = Part { label, bytes: Bytes::from(body) };
        let steps = [
            Coming::Head(at, head),
            Coming::Data(at, vec![part]),
            Coming::End(at, Ending::Complete, Vec::new()),
        ];
        for step in steps {
            if self.to.send(step).await.is_err() {
                return;
            }
        }
    }

    async fn pass(mut self, response: Response<Incoming>) -> Went {
        let (parts, body) = response.into_parts();
        let (at, head) = (self.began.elapsed(), head(&parts));
        if let Some(taking) = &self.taking {
            taking.head(at, head.status, head.headers.clone()).await;
        }
        let mut tap = Tap::new(is_stream(&head.headers));
        let there = self.to.send(Coming::Head(at, head)).await.is_ok();
        let (last, how, trailers) = match there {
            true => self.pass_body(body, &mut tap, at).await,
            false => (at, HowEnded::ClientLeft, Vec::new()),
        };
        // Who has all of it and does not wait for the end has not missed it.
        let how = if how == HowEnded::ClientLeft && tap.seen_last() { HowEnded::Complete } else { how };
        let at = self.began.elapsed().max(last);
        let kept = match self.taking {
            Some(taking) => taking.end(at, how, trailers.clone()).await,
            None => false,
        };
        let _ = self.to.send(Coming::End(at, ending(how), trailers)).await;
        if kept { Went::Kept } else { Went::Passed }
    }

    /// Passes the body on: when its last piece came, how it ended, its trailers.
    async fn pass_body(
        &mut self,
        mut body: Incoming,
        tap: &mut Tap,
        head_at: Duration,
    ) -> (Duration, HowEnded, Vec<Header>) {
        let (mut last, mut trailers) = (head_at, Vec::new());
        loop {
            let frame = tokio::select! {
                biased;
                frame = body.frame() => frame,
                () = self.to.closed() => return (last, HowEnded::ClientLeft, trailers),
            };
            let frame = match frame {
                None => return (last, HowEnded::Complete, trailers),
                Some(Err(why)) => return (last, how(&why), Vec::new()),
                Some(Ok(frame)) => frame,
            };
            match frame.into_data() {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => {
                    last = self.later(last);
                    let sent = self.to.send(Coming::Data(last, tap.parts(bytes.clone()))).await;
                    if let Some(taking) = &self.taking {
                        taking.data(last, bytes).await;
                    }
                    if sent.is_err() {
                        return (last, HowEnded::ClientLeft, trailers);
                    }
                }
                Err(other) => trailers = other.into_trailers().map(|map| pairs(&map)).unwrap_or_default(),
            }
        }
    }

    /// Now, but after `last`, in whole microseconds: what came apart has times that differ.
    fn later(&self, last: Duration) -> Duration {
        const STEP: Duration = Duration::from_micros(1);
        let now = Duration::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX));
        now.max(last + STEP)
    }
}

fn head(parts: &response::Parts) -> Head {
    let mut head = Head::new(parts.status.as_u16(), EVENT_STREAM);
    head.headers = pairs(&parts.headers);
    head.headers.retain(|(name, _)| !OF_THE_CONNECTION.contains(&name.as_str()));
    head
}

/// Names and values; a value that is no text loses what is none.
fn pairs(map: &HeaderMap) -> Vec<Header> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

/// The end as the client gets it.
fn ending(how: HowEnded) -> Ending {
    how.into()
}
