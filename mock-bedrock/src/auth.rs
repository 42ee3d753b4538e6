//! Who may ask: AWS Signature Version 4, checked as strictly as AWS does, refused in its words.
//!
//! Keys are told to the server, the time is an argument. What AWS says was taken from recorded refusals; where a text was
//! not recorded, `denied.rs` says so.

mod authorization;
mod canonical;
mod denied;

pub use denied::Denied;

use crate::arrival::{RawBody, RawRequest};
use authorization::Authorization;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_types::date_time::{DateTime, Format};
use canonical::Canonical;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The service of the credential scope.
const SERVICE: &str = "bedrock";

/// How far the clock of a request may be off (AWS, "Elements of an AWS API request signature").
const SKEW: Duration = Duration::from_secs(300);

/// What a payload hash says that is no hash: the body is not signed, or each event of it is.
const UNHASHED: [&str; 2] = ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-EVENTS"];

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Who may ask.
#[derive(Clone)]
pub struct SigV4 {
    keys: Vec<Key>,
    bearers: Vec<String>,
    clock: Clock,
}

/// A key that may sign.
#[derive(Clone)]
pub struct Key {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token that must come with it, if it has one.
    pub token: Option<String>,
}

impl std::fmt::Debug for SigV4 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl SigV4 {
    /// Only these keys may ask.
    pub fn new(keys: Vec<Key>, clock: Clock) -> Self {
        Self { keys, bearers: Vec::new(), clock }
    }

    /// These too, each a Bedrock API key that stands in place of a signature.
    #[must_use]
    pub fn or_bearers(self, bearers: Vec<String>) -> Self {
        Self { bearers, ..self }
    }

    /// Whether the request is signed as it must be.
    ///
    /// # Errors
    /// AWS's refusal.
    pub fn check(&self, request: &RawRequest) -> Result<(), Denied> {
        if let Some(bearer) = bearer(request) {
            let known = self.bearers.iter().any(|known| known == bearer);
            return if known { Ok(()) } else { Err(Denied::Bearer) };
        }
        let given = Authorization::of(&request.headers)?;
        let key = self.keys.iter().find(|key| key.id == given.key_id).ok_or(Denied::UnknownKey)?;
        if token(request) != key.token.as_deref() {
            return Err(Denied::UnknownKey);
        }
        if given.service != SERVICE {
            return Err(Denied::Service(given.service));
        }
        let signed_at = date(&given.date)?;
        in_time(signed_at, &given.date, (self.clock)())?;
        let hash = payload_hash(request)?;
        let canonical =
            Canonical { normalized: true, ..Canonical::of(request) }.text(&given.signed_headers, &hash)?;
        if signature(&canonical, &given, &key.secret, signed_at) == given.signature {
            Ok(())
        } else {
            Err(Denied::Mismatch)
        }
    }
}

/// The signature of a canonical request (AWS, "Create a signed AWS API request", steps 3 and 4).
fn signature(canonical: &str, given: &Authorization, secret: &str, signed_at: SystemTime) -> String {
    let scope = format!("{}/{}/{}/aws4_request", given.day, given.region, given.service);
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", given.date, hex(canonical.as_bytes()));
    let key = generate_signing_key(secret, signed_at, &given.region, &given.service);
    calculate_signature(key, text.as_bytes())
}

fn bearer(request: &RawRequest) -> Option<&str> {
    request.headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

fn token(request: &RawRequest) -> Option<&str> {
    request.headers.get("x-amz-security-token").and_then(|value| value.to_str().ok())
}

/// The moment of `20150830T123600Z`.
fn date(text: &str) -> Result<SystemTime, Denied> {
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let (day, time) = ((part(0..4), part(4..6), part(6..8)), (part(9..11), part(11..13), part(13..15)));
    let extended = format!("{}-{}-{}T{}:{}:{}Z", day.0, day.1, day.2, time.0, time.1, time.2);
    let read = DateTime::from_str(&extended, Format::DateTime).ok().filter(|_| text.len() == 16);
    read.and_then(|date| SystemTime::try_from(date).ok()).ok_or_else(|| Denied::Date(text.to_owned()))
}

/// `20150830T123600Z` of a moment.
fn written(moment: SystemTime) -> String {
    let text = DateTime::from(moment).fmt(Format::DateTime).unwrap_or_default();
    let seconds: String = text.chars().filter(|letter| !"-:".contains(*letter)).take(15).collect();
    format!("{seconds}Z")
}

fn in_time(signed_at: SystemTime, date: &str, now: SystemTime) -> Result<(), Denied> {
    let (earliest, latest) = (now - SKEW, now + SKEW);
    let (date, now) = (date.to_owned(), written(now));
    if signed_at < earliest {
        return Err(Denied::Expired { date, earliest: written(earliest), now });
    }
    if signed_at > latest {
        return Err(Denied::NotYet { date, latest: written(latest), now });
    }
    Ok(())
}

/// The hash that was signed; it must be the body's.
fn payload_hash(request: &RawRequest) -> Result<String, Denied> {
    let stated = request.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    let RawBody::Whole(body) = &request.body else {
        return Ok(stated.unwrap_or(UNHASHED[1]).to_owned());
    };
    match stated {
        Some(word) if UNHASHED.contains(&word) => Ok(word.to_owned()),
        Some(stated) if stated != hex(body) => Err(Denied::Payload),
        _ => Ok(hex(body)),
    }
}

/// SHA-256 in hex.
fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
