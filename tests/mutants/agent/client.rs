//! The SDK client, made by hand from what the environment says. Its retries are off: this agent has its own.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{
    BehaviorVersion, Config, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
    StalledStreamProtectionConfig,
};
use aws_sdk_bedrockruntime::error::BoxError;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use std::env;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Where the model is, and which.
pub(crate) struct Model {
    /// The SDK's client; its connections are pooled.
    pub(crate) client: Client,
    /// The model id.
    pub(crate) id: String,
}

/// A client for the endpoint, region and keys of the environment.
pub(crate) fn model() -> Result<Model, String> {
    let endpoint = first(&["AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"]);
    let region = first(&["AWS_REGION", "AWS_DEFAULT_REGION"]).ok_or("no AWS_REGION")?;
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(credentials()?)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_millis(800)).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let builder = aws_smithy_http_client::Builder::new();
    let plain = endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
    config.set_http_client(Some(if plain {
        builder.build_http()
    } else {
        builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(trust()?).build_https()
    }));
    config.set_endpoint_url(endpoint);
    let id =
        first(&["FAULTLINE_MODEL"]).unwrap_or_else(|| "us.anthropic.claude-sonnet-4-5-20250929-v1:0".into());
    Ok(Model { client: Client::from_conf(config.build()), id })
}

fn credentials() -> Result<Credentials, String> {
    let key = first(&["AWS_ACCESS_KEY_ID"]).ok_or("no AWS_ACCESS_KEY_ID")?;
    let secret = first(&["AWS_SECRET_ACCESS_KEY"]).ok_or("no AWS_SECRET_ACCESS_KEY")?;
    Ok(Credentials::new(key, secret, first(&["AWS_SESSION_TOKEN"]), None, "environment"))
}

fn trust() -> Result<TlsContext, String> {
    let store = match first(&["AWS_CA_BUNDLE", "SSL_CERT_FILE"]) {
        Some(path) => TrustStore::empty()
            .with_pem_certificate(std::fs::read(&path).map_err(|why| format!("{path}: {why}"))?),
        None => TrustStore::default(),
    };
    TlsContext::builder().with_trust_store(store).build().map_err(|why| why.to_string())
}

/// The first of these variables that says something.
pub(crate) fn first(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

/// What the head of an answer said, known also when its body never ends.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    wanted: &'static str,
    seen: Arc<Mutex<Seen>>,
}

/// The parts of a head that an error message needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The HTTP status; `None` before there was a head.
    pub(crate) status: Option<u16>,
    /// `content-type`.
    pub(crate) content_type: String,
    /// `x-amzn-RequestId`.
    pub(crate) request_id: Option<String>,
    /// `x-amzn-ErrorType` up to its colon.
    pub(crate) error_type: Option<String>,
}

impl Head {
    /// Of an answer over Converse or over ConverseStream.
    pub(crate) fn new(unary: bool) -> Self {
        let wanted = if unary { "application/json" } else { "application/vnd.amazon.eventstream" };
        Self { wanted, seen: Arc::default() }
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Head {
    fn name(&self) -> &'static str {
        "Head"
    }

    /// An answer of 200 that is no event stream comes from somebody between us and the service. The SDK would look
    /// for frames in it; as an error of a gateway its body is read and can be shown.
    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        let seen = head(response);
        if seen.status == Some(200) && !seen.content_type.starts_with(self.wanted) {
            *response.status_mut() = 421.try_into()?;
        }
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(())
    }
}

fn head(response: &HttpResponse) -> Seen {
    let header = |name: &str| response.headers().get(name).map(str::to_owned);
    Seen {
        status: Some(response.status().as_u16()),
        content_type: header("content-type").unwrap_or_default(),
        request_id: header("x-amzn-requestid"),
        error_type: header("x-amzn-errortype")
            .map(|kind| kind.split(':').next().unwrap_or_default().to_owned()),
    }
}
