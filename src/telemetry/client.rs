//! Sends telemetry over HTTP, on a runtime of its own: who exports has threads without one.

use super::args::Target;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use rustls::{ClientConfig, RootCertStore};
use std::time::Duration;
use tokio::runtime::Handle;

/// An answer says little; what says more is no collector.
const LARGEST_ANSWER: usize = 1 << 20;

/// A client with a pool of connections.
#[derive(Clone, Debug)]
pub(super) struct Client {
    runtime: Handle,
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Duration,
}

impl Client {
    /// A client whose requests run there.
    ///
    /// # Errors
    /// When the system's certificates are needed and cannot be read.
    pub(super) fn new(runtime: Handle, target: &Target) -> std::io::Result<Self> {
        let builder = HttpsConnectorBuilder::new();
        let builder = match target.url.starts_with("https:") {
            true => builder.with_native_roots()?,
            // They cost milliseconds to load, a machine may have none, and nothing will ask for them.
            false => builder.with_tls_config(
                ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
            ),
        };
        let connector = builder.https_or_http().enable_http1().build();
        Ok(Self {
            runtime,
            pool: Pool::builder(TokioExecutor::new()).build(connector),
            patience: target.patience,
        })
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (pool, patience) = (self.pool.clone(), self.patience);
        let whole = async move {
            let (head, body) = pool.request(request.map(Full::new)).await?.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER).collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        // The timer is the runtime's: it is made there.
        self.runtime.spawn(async move { tokio::time::timeout(patience, whole).await }).await??
    }
}
