//! A child that is the measure: hyper with the same settings, sending the same pre-encoded bytes as one piece.
//! It reads the request and looks at nothing.

use crate::process::{commands, say_address};
use crate::workload::Workload;
use anyhow::{Result, bail};
use bytes::Bytes;
use faultline_scenarios::plan::EVENT_STREAM;
use http::{Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::{TcpListener, TcpStream};

/// One piece of unknown length: chunked over HTTP/1.1, as Bedrock streams are.
struct Once(Option<Bytes>);

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

/// Serves until standard input ends.
pub(crate) async fn run(workload: Workload) -> Result<()> {
    let plan = workload.plan()?;
    let Some(bytes) = plan.joined().cloned() else { bail!("the raw server has no pace") };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_address(listener.local_addr()?);
    let accepting = tokio::spawn(accept(listener, bytes));
    let mut commands = commands();
    while commands.recv().await.is_some() {}
    accepting.abort();
    Ok(())
}

async fn accept(listener: TcpListener, bytes: Bytes) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http2().max_concurrent_streams(4096);
    let builder = Arc::new(builder);
    while let Ok((tcp, _)) = listener.accept().await {
        tokio::spawn(serve(Arc::clone(&builder), tcp, bytes.clone()));
    }
}

async fn serve(builder: Arc<Builder<TokioExecutor>>, tcp: TcpStream, bytes: Bytes) {
    let _ = tcp.set_nodelay(true);
    let service = service_fn(|request| answer(request, bytes.clone()));
    let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
}

async fn answer(request: Request<Incoming>, bytes: Bytes) -> Result<Response<Once>, hyper::Error> {
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    let mut response = Response::new(Once(Some(bytes)));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(EVENT_STREAM));
    Ok(response)
}
