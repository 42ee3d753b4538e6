//! The header `Authorization` of a signed request, read apart.

use super::Denied;
use http::HeaderMap;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authorization {
    /// The access key id.
    pub(super) key_id: String,
    /// `20150830`.
    pub(super) day: String,
    pub(super) region: String,
    pub(super) service: String,
    /// The names of the signed headers.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    /// The `x-amz-date` beside it: `20150830T123600Z`.
    pub(super) date: String,
}

impl Authorization {
    /// Reads it.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Denied> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let whole = text("authorization").ok_or(Denied::Missing)?;
        let rest = whole.strip_prefix(ALGORITHM).ok_or_else(|| Denied::Incomplete(whole.to_owned()))?;
        let part = |name: &str| {
            let parts = rest.split(',').map(str::trim);
            parts
                .filter_map(|part| part.split_once('='))
                .find(|(own, _)| *own == name)
                .map(|(_, value)| value.to_owned())
        };
        let incomplete = || Denied::Incomplete(whole.to_owned());
        let credential = part("Credential").ok_or_else(incomplete)?;
        let scope: Vec<&str> = credential.split('/').collect();
        let [key_id, day, region, service, "aws4_request"] = scope.as_slice() else {
            return Err(incomplete());
        };
        let date = text("x-amz-date").ok_or_else(incomplete)?.to_owned();
        if !date.starts_with(day) {
            return Err(Denied::Scope { day: (*day).to_owned(), date });
        }
        let signed = part("SignedHeaders").ok_or_else(incomplete)?;
        Ok(Self {
            key_id: (*key_id).to_owned(),
            day: (*day).to_owned(),
            region: (*region).to_owned(),
            service: (*service).to_owned(),
            signed_headers: signed.split(';').map(str::to_owned).collect(),
            signature: part("Signature").ok_or_else(incomplete)?,
            date,
        })
    }
}
