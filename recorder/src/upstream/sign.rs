//! How a request is proved to be ours: a signature made anew, a Bedrock API key, what the client sent, or nothing.
//!
//! A signature of the client's cannot go on: it covers our host, and it was made with keys that are none.

use super::Clock;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderName, HeaderValue, header, request};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// The service of the credential scope.
pub(super) const SERVICE: &str = "bedrock";

/// What stands for the hash of a body whose events are signed one by one.
const EVENTS: &str = "STREAMING-AWS4-HMAC-SHA256-EVENTS";

/// So long before their end keys are asked for anew.
const EARLY: Duration = Duration::from_secs(300);

/// How requests are proved to be ours.
#[derive(Clone)]
pub enum Auth {
    /// AWS Signature Version 4, with keys from this provider.
    SigV4 {
        /// Asked for keys, and again shortly before they expire.
        credentials: SharedCredentialsProvider,
        /// The region of the signature.
        region: String,
    },
    /// A Bedrock API key, as a bearer token.
    Bearer(String),
    /// The client's own bearer token goes on; a signature of the client's is dropped.
    Client,
    /// Nothing.
    Nobody,
}

/// Why a request cannot be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    /// There are no keys.
    #[error(
        "no AWS credentials: {0}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or AWS_BEARER_TOKEN_BEDROCK"
    )]
    Credentials(String),
    /// There are keys, but no signature.
    #[error("the request cannot be signed: {0}")]
    Signature(String),
}

/// Signs.
pub(super) struct Signer {
    auth: Auth,
    clock: Clock,
    keys: Mutex<Option<Credentials>>,
}

/// What the events of a body are signed with, one after the other.
pub(super) struct Chain {
    pub(super) credentials: Credentials,
    pub(super) region: String,
    pub(super) clock: Clock,
    /// The signature of the request, then of the last event.
    pub(super) last: String,
}

impl Signer {
    /// A signer by this clock.
    pub(super) fn new(auth: Auth, clock: Clock) -> Self {
        Self { auth, clock, keys: Mutex::new(None) }
    }

    /// Signs a request with this body.
    pub(super) async fn sign(
        &self,
        parts: &mut request::Parts,
        came: Option<HeaderValue>,
        body: &[u8],
    ) -> Result<(), SignError> {
        if let Some((keys, region)) = self.keys(parts, came).await? {
            let now = (self.clock)();
            signed(parts, SignableBody::Bytes(body), SigningSettings::default(), &keys, region, now)?;
        }
        Ok(())
    }

    /// Signs a request whose events follow; what they are signed with.
    pub(super) async fn sign_events(
        &self,
        parts: &mut request::Parts,
        came: Option<HeaderValue>,
    ) -> Result<Option<Chain>, SignError> {
        let Some((credentials, region)) = self.keys(parts, came).await? else { return Ok(None) };
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let body = SignableBody::Precomputed(EVENTS.to_owned());
        let last = signed(parts, body, settings, &credentials, region, (self.clock)())?;
        Ok(Some(Chain { credentials, region: region.to_owned(), clock: self.clock.clone(), last }))
    }

    /// The keys to sign with; none where something else proves the request, which is then in its headers. `came` is the
    /// client's own `authorization`.
    async fn keys(
        &self,
        parts: &mut request::Parts,
        came: Option<HeaderValue>,
    ) -> Result<Option<(Credentials, &str)>, SignError> {
        let token = match &self.auth {
            Auth::SigV4 { credentials, region } => {
                return Ok(Some((self.current(credentials).await?, region)));
            }
            Auth::Bearer(token) => HeaderValue::from_str(&format!("Bearer {token}")).ok(),
            Auth::Client => came.filter(|value| value.as_bytes().starts_with(b"Bearer ")),
            Auth::Nobody => None,
        };
        if let Some(mut token) = token {
            token.set_sensitive(true);
            parts.headers.insert(header::AUTHORIZATION, token);
        }
        Ok(None)
    }

    async fn current(&self, provider: &SharedCredentialsProvider) -> Result<Credentials, SignError> {
        let mut known = self.keys.lock().await;
        let now = (self.clock)();
        if let Some(keys) = known.as_ref().filter(|keys| is_good(keys, now)) {
            return Ok(keys.clone());
        }
        let keys = provider.provide_credentials().await;
        let keys = keys.map_err(|why| SignError::Credentials(super::causes(&why)))?;
        *known = Some(keys.clone());
        Ok(keys)
    }
}

fn is_good(keys: &Credentials, now: SystemTime) -> bool {
    keys.expiry().is_none_or(|end| end > now + EARLY)
}

/// Adds the headers of a signature; the signature.
fn signed(
    parts: &mut request::Parts,
    body: SignableBody<'_>,
    settings: SigningSettings,
    keys: &Credentials,
    region: &str,
    now: SystemTime,
) -> Result<String, SignError> {
    let failed = |why: &dyn std::fmt::Display| SignError::Signature(why.to_string());
    let identity = keys.clone().into();
    let params = v4::SigningParams::builder().identity(&identity).region(region).name(SERVICE);
    let params = params.time(now).settings(settings).build().map_err(|why| failed(&why))?;
    let text = |(name, value): (&'_ HeaderName, &'_ HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers: Vec<(String, String)> = parts.headers.iter().filter_map(text).collect();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let uri = parts.uri.to_string();
    let request = SignableRequest::new(parts.method.as_str(), uri, headers, body);
    let request = request.map_err(|why| failed(&why))?;
    let (instructions, signature) = sign(request, &params.into()).map_err(|why| failed(&why))?.into_parts();
    let (headers, _) = instructions.into_parts();
    for made in headers {
        let mut value = HeaderValue::from_str(made.value()).map_err(|why| failed(&why))?;
        value.set_sensitive(made.sensitive());
        parts.headers.insert(HeaderName::from_static(made.name()), value);
    }
    Ok(signature)
}
