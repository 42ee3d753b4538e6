//! The endpoint behind the recorder: a request goes out as it came in, but for what belongs to the connection and to the
//! signature, and its answer comes back as it comes.
//!
//! It knows no cassette and no mode.

mod ending;
mod events;
mod outgoing;
mod sign;

pub use sign::Auth;

use crate::upstream::events::{Events, Resigned};
use crate::upstream::sign::Signer;
use bytes::Bytes;
pub(crate) use ending::how;
use faultline_mock_bedrock::{RawBody, RawRequest};
use faultline_scenarios::recorded::HowEnded;
use http::{Request, Response, Uri, Version, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// How much of one stream may be under way (HTTP/2), so that a slow reader holds up its own stream alone.
const WINDOW: u32 = 1 << 20;

/// A body on its way to the upstream.
type Body = UnsyncBoxBody<Bytes, Failed>;

/// Why a body cannot be sent on.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// An endpoint that requests are passed on to.
pub struct Upstream {
    base: Uri,
    signer: Signer,
    client: Client<HttpsConnector<HttpConnector>, Body>,
    /// For requests whose body goes on while the answer comes: they need HTTP/2, on clear text without asking.
    both_ways: Client<HttpsConnector<HttpConnector>, Body>,
}

/// Where an upstream is, and how it is talked to.
#[derive(Clone)]
pub struct Settings {
    /// Scheme, host and port, and perhaps a path in front of every path.
    pub url: String,
    /// How requests are proved to be ours.
    pub auth: Auth,
    /// Certificates to trust instead of the system's, as PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// The time of signatures.
    pub clock: Clock,
}

/// Why there is no upstream.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The URL is none, or not one of http and https.
    #[error("`{0}` is no endpoint: write https://host or http://host:port")]
    Url(String),
    /// The certificates cannot be read.
    #[error("the CA file holds no certificate: {0}")]
    Ca(String),
    /// There are none to trust.
    #[error("the system has no certificates to trust: {0}")]
    Roots(String),
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// It never got there.
    #[error("{0}")]
    NotSent(String),
    /// It got there, and the upstream broke off before its answer.
    #[error("the upstream broke off before its answer")]
    Broke(HowEnded),
}

impl Upstream {
    /// An upstream; nothing is connected yet.
    ///
    /// # Errors
    /// When the URL is none, or there is nothing to trust.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let Settings { url, auth, ca_pem, clock } = settings;
        let base = outgoing::base(&url).ok_or(SetupError::Url(url))?;
        let tls = tls(ca_pem.as_deref())?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT));
        let connector = |tls| HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        let any = connector(tls.clone()).enable_all_versions().wrap_connector(http.clone());
        let only_http2 = connector(tls).enable_http2().wrap_connector(http);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).http2_initial_stream_window_size(WINDOW);
        builder.http2_initial_connection_window_size(WINDOW * 16);
        let client = builder.build(any);
        let both_ways = builder.http2_only(true).build(only_http2);
        Ok(Self { base, signer: Signer::new(auth, clock), client, both_ways })
    }

    /// Where it is.
    pub fn url(&self) -> &Uri {
        &self.base
    }

    /// Passes a request on, and waits for the head of its answer.
    pub(crate) async fn send(&self, raw: RawRequest) -> Result<Response<Incoming>, SendError> {
        let not_sent = |why: &dyn std::fmt::Display| SendError::NotSent(why.to_string());
        let mut parts = outgoing::parts(&raw, &self.base).map_err(|why| not_sent(&why))?;
        let came = raw.headers.get(header::AUTHORIZATION).cloned();
        let (client, body) = match raw.body {
            RawBody::Whole(bytes) => {
                self.signer.sign(&mut parts, came, &bytes).await.map_err(|why| not_sent(&why))?;
                (&self.client, Full::new(bytes).map_err(|never| match never {}).boxed_unsync())
            }
            RawBody::Open(mut open) => {
                parts.version = Version::HTTP_2;
                let chain = self.signer.sign_events(&mut parts, came).await.map_err(|why| not_sent(&why))?;
                let body = open.take().ok_or_else(|| not_sent(&"the body was taken before"))?;
                (&self.both_ways, Resigned::new(body, chain.map(Events::new)).boxed_unsync())
            }
        };
        let answer = client.request(Request::from_parts(parts, body)).await;
        answer.map_err(|why| {
            if why.is_connect() {
                SendError::NotSent(format!("{} cannot be reached: {}", self.base, causes(&why)))
            } else {
                SendError::Broke(how(&why))
            }
        })
    }
}

/// An error and everything behind it, each once.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

fn tls(ca_pem: Option<&[u8]>) -> Result<ClientConfig, SetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|why| SetupError::Roots(why.to_string()))?;
    let Some(pem) = ca_pem else {
        let trusting = builder.with_native_roots().map_err(|why| SetupError::Roots(why.to_string()))?;
        return Ok(trusting.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|why| SetupError::Ca(why.to_string()))?;
        roots.add(certificate).map_err(|why| SetupError::Ca(why.to_string()))?;
    }
    if roots.is_empty() {
        return Err(SetupError::Ca("it is empty".to_owned()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
