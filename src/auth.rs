//! Who may ask a server of ours: flags, and the keys behind them.

use crate::exit::Failure;
use faultline_mock_bedrock::auth::{Key, SigV4};
use std::sync::Arc;
use std::time::SystemTime;

/// What `faultline env` hands out.
const OWN: &str = "faultline:faultline";

/// In front of a Bedrock API key.
const BEARER: &str = "bearer:";

/// What is said of a key that is none.
const USAGE: &str = "--auth-keys: write ID:SECRET, ID:SECRET:TOKEN or bearer:KEY";

/// Who may ask.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AuthArgs {
    /// Refuse requests that are not signed as AWS wants them: key, host, path, body and clock.
    #[arg(long, value_enum, value_name = "HOW")]
    auth: Option<How>,
    /// A key that may sign, as ID:SECRET or ID:SECRET:TOKEN, or a Bedrock API key as bearer:KEY; several with commas.
    /// Default: the one of `faultline env`.
    #[arg(long, env = "FAULTLINE_AUTH_KEYS", hide_env_values = true, value_delimiter = ',', default_value = OWN)]
    #[arg(hide_default_value = true, requires = "auth")]
    auth_keys: Vec<String>,
}

/// How requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum How {
    /// AWS Signature Version 4.
    Sigv4,
}

impl AuthArgs {
    /// What the server checks; `None` where everybody may ask.
    ///
    /// # Errors
    /// When a key is no key. It is not shown.
    pub(crate) fn read(&self) -> Result<Option<SigV4>, Failure> {
        let Some(How::Sigv4) = self.auth else { return Ok(None) };
        let (bearers, keys): (Vec<&str>, Vec<&str>) =
            self.auth_keys.iter().map(String::as_str).partition(|text| text.starts_with(BEARER));
        let keys = keys.into_iter().map(key).collect::<Option<Vec<Key>>>();
        let keys = keys.ok_or_else(|| Failure::usage(USAGE))?;
        let bearers = bearers.iter().map(|text| text[BEARER.len()..].to_owned()).collect();
        Ok(Some(SigV4::new(keys, Arc::new(SystemTime::now)).or_bearers(bearers)))
    }
}

fn key(text: &str) -> Option<Key> {
    let (id, rest) = text.split_once(':')?;
    let (secret, token) = rest.split_once(':').map_or((rest, None), |(secret, token)| (secret, Some(token)));
    let whole = !id.is_empty() && !secret.is_empty();
    whole.then(|| Key { id: id.to_owned(), secret: secret.to_owned(), token: token.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_an_id_a_secret_and_perhaps_a_token() {
        let read = |text| key(text).map(|key| (key.id, key.secret, key.token));
        assert_eq!(read("a:b"), Some(("a".into(), "b".into(), None)));
        assert_eq!(read("a:b:c:d"), Some(("a".into(), "b".into(), Some("c:d".into()))));
        for bad in ["", "a", ":b", "a:"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
