//! An SDK client from plain settings. It reads no environment and no configuration files: no proxy variables, no
//! profiles, no instance metadata.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_bedrockruntime::config::{
    BehaviorVersion, Config, ConfigBag, Intercept, Region, RuntimeComponents, Token,
};
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::http::HTTP_BEARER_AUTH_SCHEME_ID;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use thiserror::Error;

/// Gives headers, name and value, on the task that sends the request.
#[derive(Clone)]
pub struct HeaderSource(Arc<dyn Fn() -> Vec<(String, String)> + Send + Sync>);

impl HeaderSource {
    /// Headers that `headers` gives. What is no header is left out.
    pub fn new(headers: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static) -> Self {
        Self(Arc::new(headers))
    }
}

impl std::fmt::Debug for HeaderSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeaderSource")
    }
}

/// Puts headers into requests before they are signed.
#[derive(Debug)]
struct WithHeaders(HeaderSource);

impl Intercept for WithHeaders {
    fn name(&self) -> &'static str {
        "WithHeaders"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        for (name, value) in (self.0.0)() {
            context.request_mut().headers_mut().try_insert(name, value)?;
        }
        Ok(())
    }
}

/// What a client needs to know.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Headers for each request that is sent, asked for when it is: those that carry a trace on. Default none.
    pub headers: Option<HeaderSource>,
    /// Where to send requests: `http://` speaks HTTP/1.1, `https://` HTTP/2 or 1.1 as the server chooses (ALPN). A base path
    /// is kept. `None` is the region's public endpoint.
    pub endpoint_url: Option<String>,
    /// Default `us-east-1`.
    pub region: String,
    /// SigV4 keys. The default is a dummy pair for servers that check no signatures.
    pub credentials: Credentials,
    /// A Bedrock API key, sent as a bearer token instead of a signature.
    pub bearer_token: Option<String>,
    /// PEM certificates to trust instead of the system's.
    pub ca_bundle_pem: Option<Vec<u8>>,
    /// How often the SDK sends one request at most; 1 is no retries. Default 3, the SDK's own.
    pub max_attempts: u32,
    /// Longest time to connect. Default 3.1 s, the SDK's own.
    pub connect_timeout: Option<Duration>,
    /// Longest time from the sent request to the first byte of the answer, per attempt. Default none, the SDK's own.
    pub read_timeout: Option<Duration>,
    /// Longest time for one attempt. For a stream it ends with the response's head. Default none.
    pub attempt_timeout: Option<Duration>,
    /// Longest time for a request with all its retries. For a stream it ends with the response's head. Default none.
    pub operation_timeout: Option<Duration>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            headers: None,
            endpoint_url: None,
            region: "us-east-1".to_owned(),
            credentials: Credentials::from_keys("AKIDEXAMPLE", "not-a-secret", None),
            bearer_token: None,
            ca_bundle_pem: None,
            max_attempts: 3,
            connect_timeout: Some(Duration::from_millis(3100)),
            read_timeout: None,
            attempt_timeout: None,
            operation_timeout: None,
        }
    }
}

/// Settings from which no client can be made.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The TLS settings were refused.
    #[error("the TLS settings cannot be used: {0}")]
    Tls(String),
}

/// Makes a client. Its connections are pooled, so keep it and clone it.
///
/// Certificates are parsed when the client first connects by `https://`; the TLS library may panic there on a PEM
/// file that holds no certificate. So the bundle is looked at here first.
///
/// # Errors
/// [`ClientError::Tls`] for a CA bundle without a PEM certificate.
pub fn client(settings: &ClientSettings) -> Result<Client, ClientError> {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .tls_context(tls_context(settings)?)
        .build_https();
    let mut config = Config::builder()
        // Pinned: a later SDK must not change time-outs and retries under a test's feet.
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(settings.max_attempts.max(1)))
        .timeout_config(timeouts(settings));
    if let Some(headers) = &settings.headers {
        config = config.interceptor(WithHeaders(headers.clone()));
    }
    config.set_endpoint_url(settings.endpoint_url.clone());
    config = match &settings.bearer_token {
        Some(token) => config
            .bearer_token(Token::new(token.clone(), None))
            .auth_scheme_preference([HTTP_BEARER_AUTH_SCHEME_ID]),
        None => config.credentials_provider(settings.credentials.clone()),
    };
    Ok(Client::from_conf(config.build()))
}

fn timeouts(settings: &ClientSettings) -> TimeoutConfig {
    let mut timeouts = TimeoutConfig::builder();
    timeouts.set_connect_timeout(settings.connect_timeout);
    timeouts.set_read_timeout(settings.read_timeout);
    timeouts.set_operation_attempt_timeout(settings.attempt_timeout);
    timeouts.set_operation_timeout(settings.operation_timeout);
    timeouts.build()
}

fn tls_context(settings: &ClientSettings) -> Result<TlsContext, ClientError> {
    let plain = settings.endpoint_url.as_deref().is_some_and(|url| url.starts_with("http://"));
    let trust = match &settings.ca_bundle_pem {
        Some(pem) if !has_certificate(pem) => {
            return Err(ClientError::Tls("the CA bundle holds no PEM certificate".to_owned()));
        }
        Some(pem) => TrustStore::empty().with_pem_certificate(pem.clone()),
        // The system's certificates cost milliseconds to load and nothing will ask for them.
        None if plain => TrustStore::empty(),
        None => TrustStore::default(),
    };
    TlsContext::builder().with_trust_store(trust).build().map_err(|error| ClientError::Tls(error.to_string()))
}

fn has_certificate(pem: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    pem.windows(BEGIN.len()).any(|window| window == BEGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_without_a_certificate_is_refused_with_a_reason() {
        let settings =
            ClientSettings { ca_bundle_pem: Some(b"nothing".to_vec()), ..ClientSettings::default() };
        let error = client(&settings).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the TLS settings cannot be used: the CA bundle holds no PEM certificate"
        );
    }
}
