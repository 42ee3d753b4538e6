//! One request from arrival to answer: admin or Bedrock, call, decision, writer.

use crate::admin;
use crate::barrier::Piece;
use crate::control::Control;
use crate::house::House;
use crate::protocol::{self, Read};
use crate::recording::Recording;
use crate::refusal::{self, Unreadable};
use crate::responder::{Arrival, RawRequest, Reply};
use crate::writer::{self, LiveBody, PlanBody, Play};
use bytes::Bytes;
use faultline_scenarios::exchange::{Answer, Exchange};
use faultline_scenarios::plan::Plan;
use faultline_scenarios::timeline::{Done, Outcome, Timeline};
use faultline_wire::exception::UNKNOWN_OPERATION;
use faultline_wire::{Call, Route};
use h2::Reason;
use http::{HeaderValue, Request, Response, header, request};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::{Duration, Instant};

/// A body of this server: a plan, or bytes that need none.
pub(crate) enum ServerBody {
    /// A plan under way.
    Plan(PlanBody),
    /// A plan that becomes known while it is under way.
    Live(LiveBody),
    /// Bytes; `None` when they were taken.
    Plain(Option<Bytes>),
}

/// Serves one request.
///
/// # Errors
/// The HTTP/2 error that ends the stream before its response; over HTTP/1.1 it closes the connection.
pub(crate) async fn serve(
    house: Arc<House>,
    control: Arc<Control>,
    request: Request<Incoming>,
) -> Result<Response<ServerBody>, h2::Error> {
    let (parts, body) = request.into_parts();
    if parts.uri.path().starts_with(admin::ROOT) {
        // Boxed, so that the rare path does not make every stream's future larger.
        return Ok(Box::pin(admin::serve(house, parts, body))
            .await
            .map(|bytes| ServerBody::Plain(Some(bytes))));
    }
    let Some(route) = Route::parse(parts.method.as_str(), parts.uri.path()) else {
        return Ok(unknown(&house, &parts));
    };
    let session = protocol::session(&parts.headers, &route.base, &house.default_session);
    let version = protocol::name(parts.version);
    let read = protocol::call(route, &parts.headers, body, house.body_limit).await;
    let Read { call, unreadable, body } = read.map_err(|_| h2::Error::from(Reason::CANCEL))?;
    let (start, call) = (Instant::now(), Arc::new(call));
    let raw = RawRequest { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    // The brain drops the raw request when it has decided: a slow answer must not hold it.
    let arrival =
        Arrival { session: Arc::clone(&session), call: Arc::clone(&call), now: start - house.began, raw };
    let (answer, live) = match reply(&house, arrival, unreadable)? {
        Reply::Ready(answer) => (answer, None),
        Reply::Later(answer) => (answer.await, None),
        Reply::Live(live) => {
            let answer = Answer { plan: Arc::new(Plan::empty()), decision: live.decision };
            (answer, Some((live.coming, live.bare)))
        }
    };
    let call = house.responder.kept(call);
    let exchange = exchange(&house, session, version, call, answer, start);
    match live {
        None => {
            let recording = Recording::new(exchange, start, house);
            Ok(writer::begin(Play::new(recording, control)).await?.map(ServerBody::Plan))
        }
        Some((coming, bare)) => {
            let recording = Recording::growing(exchange, start, house, bare);
            Ok(writer::begin_live(Play::new(recording, control), coming).await?.map(ServerBody::Live))
        }
    }
}

fn reply(house: &House, arrival: Arrival, unreadable: Option<Unreadable>) -> Result<Reply, h2::Error> {
    // As at AWS, who asks is looked at before what is asked.
    if let Some(denied) = house.auth.as_ref().and_then(|auth| auth.check(&arrival.raw).err()) {
        return Ok(refusal::denied(&denied).into());
    }
    match unreadable {
        Some(why) if why.is_too_long() || !house.responder.takes_anything() => {
            why.answer().map(Reply::Ready).map_err(|_| Reason::INTERNAL_ERROR.into())
        }
        _ => Ok(match house.cassettes.answer(&arrival.session, &arrival.call) {
            Some(answer) => answer.into(),
            None => house.responder.respond(arrival),
        }),
    }
}

fn exchange(
    house: &House,
    session: Arc<str>,
    protocol: &'static str,
    call: Arc<Call>,
    answer: Answer,
    start: Instant,
) -> Exchange {
    let (id, made) = house.next();
    let own = answer.plan.head().and_then(|head| head.header("x-amzn-requestid"));
    let request_id = own.map_or(made, str::to_owned);
    // What is recorded is what is executed.
    let plan = match protocol {
        crate::protocol::HTTP_2 => answer.plan,
        _ => answer.plan.over_http1().map_or(answer.plan, Arc::new),
    };
    let timeline = Timeline { plan, done: Done::default(), outcome: Outcome::Played, ended: Duration::ZERO };
    let started = start - house.began;
    Exchange { id, session, request_id, protocol, started, call, decision: answer.decision, timeline }
}

/// What Bedrock answers to a path that is no operation. Nothing to journal as an exchange, but not forgotten.
fn unknown(house: &House, parts: &request::Parts) -> Response<ServerBody> {
    let what = format!("{} {}", parts.method, parts.uri.path());
    tracing::warn!(%what, "no operation of Bedrock Runtime has this method and path");
    house.journal.stray(what);
    let (_, request_id) = house.next();
    let mut response =
        Response::new(ServerBody::Plain(Some(Bytes::from_static(UNKNOWN_OPERATION.as_bytes()))));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

impl Body for ServerBody {
    type Data = Piece;
    type Error = h2::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, h2::Error>>> {
        match self.get_mut() {
            Self::Plan(body) => Pin::new(body).poll_frame(cx),
            Self::Live(body) => Pin::new(body).poll_frame(cx),
            Self::Plain(bytes) => {
                Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(Piece::new(bytes, None)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Plan(body) => body.is_end_stream(),
            Self::Live(body) => body.is_end_stream(),
            Self::Plain(bytes) => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plan(body) => body.size_hint(),
            Self::Live(_) => SizeHint::default(),
            Self::Plain(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
        }
    }
}
