//! How AWS refuses a request that is not signed as it must be.
//!
//! Recorded: unknown key, expired signature, mismatch. The other texts are those that AWS's documentation and
//! users quote for services of the same front door; they were not recorded from Bedrock.

use faultline_wire::AwsError;
use serde_json::Map;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is no `Authorization`.
    Missing,
    /// The header does not say everything, or names another scheme.
    Incomplete(String),
    /// Nobody has this Bedrock API key.
    Bearer,
    /// Nobody has this access key id, or its session token is another one.
    UnknownKey,
    /// Signed for another service.
    Service(String),
    /// The day of the scope is not that of the date.
    Scope {
        /// The day.
        day: String,
        /// The date.
        date: String,
    },
    /// `x-amz-date` is no date.
    Date(String),
    /// Signed too long ago.
    Expired {
        /// When it was signed.
        date: String,
        /// When it would have to be signed at the earliest.
        earliest: String,
        /// The server's time.
        now: String,
    },
    /// Signed in the future.
    NotYet {
        /// When it was signed.
        date: String,
        /// When it would have to be signed at the latest.
        latest: String,
        /// The server's time.
        now: String,
    },
    /// The signature does not cover the host.
    HostUnsigned,
    /// The stated hash is not that of the body.
    Payload,
    /// The signature is not that of the request: another secret, host, path, body, header.
    Mismatch,
}

/// What AWS says of a signature that is another one.
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

impl Denied {
    /// The member that holds the message: capital where a Bedrock API key is refused (anomalyco/opencode#47073).
    pub(crate) fn key(&self) -> &'static str {
        if matches!(self, Self::Bearer) { "Message" } else { "message" }
    }

    /// The refusal: 403, in the namespace of the front door.
    pub fn error(&self) -> AwsError {
        let (name, message) = self.words();
        AwsError { name: name.to_owned(), status: 403, message, extra: Map::new() }
    }

    fn words(&self) -> (&'static str, String) {
        const INVALID: &str = "InvalidSignatureException";
        match self {
            Self::Missing => {
                ("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned())
            }
            Self::Incomplete(header) => (
                "IncompleteSignatureException",
                format!(
                    "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization={}",
                    scheme(header)
                ),
            ),
            // The text was reported, its name was not.
            Self::Bearer => (
                "AccessDeniedException",
                "Authentication failed: Please make sure your API Key is valid.".to_owned(),
            ),
            Self::UnknownKey => (
                "UnrecognizedClientException",
                "The security token included in the request is invalid.".to_owned(),
            ),
            Self::Service(_) => {
                (INVALID, "Credential should be scoped to correct service: 'bedrock'. ".to_owned())
            }
            Self::Scope { day, date } => (
                INVALID,
                format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{day}' != '{}', from '{date}'.",
                    date.get(..8).unwrap_or(date)
                ),
            ),
            Self::Date(date) => (
                "IncompleteSignatureException",
                format!(
                    "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
                ),
            ),
            Self::Expired { date, earliest, now } => (
                INVALID,
                format!("Signature expired: {date} is now earlier than {earliest} ({now} - 5 min.)"),
            ),
            Self::NotYet { date, latest, now } => (
                INVALID,
                format!("Signature not yet current: {date} is still later than {latest} ({now} + 5 min.)"),
            ),
            Self::HostUnsigned => (
                INVALID,
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
            ),
            Self::Payload | Self::Mismatch => (INVALID, MISMATCH.to_owned()),
        }
    }
}

/// The first word of the header: what comes behind it may be a secret.
fn scheme(header: &str) -> &str {
    header.split(' ').next().unwrap_or_default()
}
