//! The writer executes a plan as the body of an answer. It is the only place in the server that waits for time.
//!
//! Times are absolute: start plus offset, never summed. It is a pull machine over the shared plan: no task and
//! no channel a stream, and one buffer and one write where the plan does not ask for more.

mod body;
mod head;
mod live;

pub(crate) use body::PlanBody;
pub(crate) use live::LiveBody;

use crate::control::{Control, Last};
use crate::recording::Recording;
use crate::responder::Coming;
use faultline_scenarios::plan::{Act, Action, Ending};
use faultline_scenarios::timeline::Outcome;
use faultline_wire::Header;
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;
use tokio::time::Duration;

/// Waits for `future`, at most so long.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

/// A short pause, for loops that would spin otherwise.
pub(crate) async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}

/// Waits until `moment`; not at all when it has passed.
pub(crate) async fn until(moment: tokio::time::Instant) {
    if moment > tokio::time::Instant::now() {
        tokio::time::sleep_until(moment).await;
    }
}

/// An exchange on its connection.
pub(crate) struct Play {
    recording: Option<Recording>,
    control: Arc<Control>,
    http2: bool,
}

impl Play {
    /// Ready to begin.
    pub(crate) fn new(recording: Recording, control: Arc<Control>) -> Self {
        control.answer_begins();
        Self { http2: recording.is_http2(), recording: Some(recording), control }
    }

    fn did(&mut self, count: usize) {
        if let Some(recording) = &mut self.recording {
            recording.did(count);
        }
    }

    /// Notes what of an answer that is still coming is handed over just now.
    fn grow(&mut self, action: Action) {
        if let Some(recording) = &mut self.recording {
            recording.grow(action);
        }
    }

    /// The regular end of such an answer.
    fn close(&mut self, at: Duration, trailers: &[Header]) {
        if let Some(mut recording) = self.recording.take() {
            recording.close(at, trailers);
        }
    }

    fn play_end(&mut self) {
        if let Some(mut recording) = self.recording.take() {
            recording.play_end();
        }
    }

    /// Ends the whole connection; the socket acts.
    fn end_connection(&mut self, ending: Ending) {
        let Some(recording) = self.recording.take() else { return };
        let ending = match ending {
            Ending::Reset | Ending::Goaway { .. } => ending,
            _ => Ending::Cut,
        };
        if let Err(Last { mut recording, .. }) = self.control.end(Last { ending, recording }) {
            recording.finish(elsewhere());
        }
    }
}

fn elsewhere() -> Outcome {
    Outcome::Failed("the ending of another answer closed the connection".to_owned())
}

impl Drop for Play {
    fn drop(&mut self) {
        if let Some(recording) = &mut self.recording
            && self.control.is_ending()
        {
            recording.finish(elsewhere());
        }
        self.control.answer_ends();
    }
}

/// HTTP trailers as hyper wants them; what HTTP cannot carry is left out.
fn trailers(pairs: &[Header]) -> HeaderMap {
    let pair =
        |(name, value): &Header| Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?));
    pairs.iter().filter_map(pair).collect()
}

/// Begins an answer that is still coming: waits for its head.
pub(crate) async fn begin_live(
    mut play: Play,
    mut coming: Receiver<Coming>,
) -> Result<Response<LiveBody>, h2::Error> {
    let (at, ending) = match coming.recv().await {
        Some(Coming::Head(at, head)) => {
            let parts = head::parts(&head, play.recording.as_ref().map_or("", Recording::request_id));
            play.grow(Action::new(at, Act::Head(head.clone())));
            return Ok(Response::from_parts(parts, LiveBody::new(play, &head, coming)));
        }
        Some(Coming::End(at, ending, _)) => (at, ending),
        Some(Coming::Data(..)) | None => (Duration::ZERO, Ending::Cut),
    };
    let ending = if play.http2 { ending } else { live::over_http1(ending) };
    play.grow(Action::new(at, Act::End(ending)));
    match ending {
        Ending::RstStream { code } => {
            play.play_end();
            Err(Reason::from(code).into())
        }
        Ending::Stall => std::future::pending().await,
        ending => {
            play.end_connection(ending);
            std::future::pending().await
        }
    }
}

/// Begins to execute: waits for the head's time and makes the response. A plan without a head ends here: by
/// an error that hyper turns into RST_STREAM, or by waiting for what the socket does.
pub(crate) async fn begin(mut play: Play) -> Result<Response<PlanBody>, h2::Error> {
    let Some((plan, start)) = play.recording.as_ref().map(|r| (Arc::clone(r.plan()), r.start())) else {
        return Err(Reason::INTERNAL_ERROR.into());
    };
    let Some(first) = plan.actions().first() else { return Err(Reason::INTERNAL_ERROR.into()) };
    if !first.at.is_zero() {
        tokio::time::sleep_until(start + first.at).await;
    }
    match &first.act {
        Act::Head(head) => {
            play.did(1);
            let parts = head::parts(head, play.recording.as_ref().map_or("", Recording::request_id));
            Ok(Response::from_parts(parts, PlanBody::new(play, plan, start)))
        }
        Act::End(Ending::RstStream { code }) if play.http2 => {
            play.play_end();
            Err(Reason::from(*code).into())
        }
        Act::End(Ending::Stall) | Act::Data { .. } => {
            play.did(1);
            std::future::pending().await
        }
        Act::End(ending) => {
            play.end_connection(*ending);
            std::future::pending().await
        }
    }
}
