//! HTTP/2 clients with prior knowledge: hyper's, many streams on each connection.

use crate::workload::{PATH, body};
use anyhow::{Result, bail};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// A connection; clones share it, one for each stream.
#[derive(Clone)]
pub(crate) struct Connection {
    send: SendRequest<Full<Bytes>>,
    uri: http::Uri,
    body: Bytes,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let (send, connection) = handshake(TokioExecutor::new(), TokioIo::new(tcp)).await?;
        tokio::spawn(connection);
        Ok(Self { send, uri: format!("http://{address}{PATH}").parse()?, body: body().into() })
    }

    /// One request; `arrived` gets the number of body bytes whenever some arrive.
    pub(crate) async fn stream(&mut self, mut arrived: impl FnMut(usize)) -> Result<()> {
        let request = Request::post(self.uri.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(self.body.clone()))?;
        self.send.ready().await?;
        let mut response = self.send.send_request(request).await?;
        if response.status() != 200 {
            bail!("the server answers {}", response.status());
        }
        while let Some(frame) = response.body_mut().frame().await {
            if let Some(data) = frame?.data_ref().filter(|data| !data.is_empty()) {
                arrived(data.len());
            }
        }
        Ok(())
    }
}
