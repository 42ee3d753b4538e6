//! A child that is an upstream: hyper, and frames that say when they left. What is asked is in the path: how many frames,
//! and how many microseconds lie between two.

use crate::process::{commands, say_address};
use anyhow::Result;
use bytes::Bytes;
use faultline_scenarios::plan::EVENT_STREAM;
use faultline_wire::{Delta, Event, FramedEvent};
use http::{Request, Response, header};
use http_body_util::{BodyExt, Channel};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

/// What stands before a stamp in a frame.
pub(crate) const STAMP: &[u8] = b"left ";

/// The digits of a stamp: nanoseconds since 1970.
pub(crate) const DIGITS: usize = 19;

/// Serves until standard input ends.
pub(crate) async fn run() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_address(listener.local_addr()?);
    let accepting = tokio::spawn(accept(listener));
    let mut commands = commands();
    while commands.recv().await.is_some() {}
    accepting.abort();
    Ok(())
}

async fn accept(listener: TcpListener) {
    while let Ok((tcp, _)) = listener.accept().await {
        tokio::spawn(serve(tcp));
    }
}

async fn serve(tcp: TcpStream) {
    let _ = tcp.set_nodelay(true);
    let builder = Builder::new(TokioExecutor::new());
    let _ = builder.serve_connection(TokioIo::new(tcp), service_fn(answer)).await;
}

/// The model id is `COUNT-MICROSECONDS`.
async fn answer(request: Request<Incoming>) -> Result<Response<Channel<Bytes, Infallible>>, hyper::Error> {
    let model = request.uri().path().split('/').nth(2).unwrap_or_default().to_owned();
    let (count, micros) = model.split_once('-').unwrap_or_default();
    let (count, micros) = (count.parse().unwrap_or(0), micros.parse().unwrap_or(0));
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    let (sender, channel) = Channel::new(16);
    tokio::spawn(send(sender, count, Duration::from_micros(micros)));
    let mut response = Response::new(channel);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(EVENT_STREAM));
    Ok(response)
}

async fn send(mut sender: http_body_util::channel::Sender<Bytes, Infallible>, count: u64, gap: Duration) {
    let mut due = Instant::now();
    for _ in 0..count {
        if !gap.is_zero() {
            due += gap;
            sleep_until(due).await;
        }
        if sender.send_data(frame()).await.is_err() {
            return;
        }
    }
}

fn frame() -> Bytes {
    let text = format!("left {:0DIGITS$}", now());
    let event = Event::ContentBlockDelta { index: 0, delta: Delta::Text(text) };
    FramedEvent::bare(event).encode().unwrap_or_default()
}

/// Nanoseconds since 1970: the one clock that processes share.
pub(crate) fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}
