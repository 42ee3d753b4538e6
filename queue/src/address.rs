//! Where a queue is: a file, this process, or a NATS server. Credentials are kept and never shown.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use async_nats::ServerAddr;

use crate::error::QueueError;
use crate::id::is_name;

/// What the names of a deployment begin with on a NATS server, unless the address says otherwise.
const PREFIX: &str = "faultline";

/// The most characters of a prefix.
const LONGEST_PREFIX: usize = 32;

/// Where a queue is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// In this process, until that ends.
    Memory,
    /// In an SQLite file, which processes of one machine share.
    File(PathBuf),
    /// On a NATS server with JetStream.
    Nats(NatsAddress),
}

/// A NATS server and a deployment's names there: `nats://[user[:password]@]host[:port][/PREFIX]`. `tls://` asks for TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct NatsAddress {
    /// `nats://host:port`.
    pub(crate) server: String,
    /// A user's name with a password, or a token without one.
    pub(crate) credentials: Option<(String, Option<String>)>,
    pub(crate) prefix: String,
}

impl FromStr for Address {
    type Err = QueueError;

    fn from_str(text: &str) -> Result<Self, QueueError> {
        match text.split_once("://") {
            Some(("nats" | "tls", _)) => nats(text).map(Self::Nats),
            Some(_) => Err(bad("it is nats://…, tls://… or the path of a file")),
            None if text.is_empty() => Err(bad("it is blank")),
            None => Ok(Self::File(text.into())),
        }
    }
}

fn nats(text: &str) -> Result<NatsAddress, QueueError> {
    // What the parser says may quote what is secret.
    let url: ServerAddr = text.parse().map_err(|_| bad("it is no URL of a NATS server"))?;
    let inner = url.clone().into_inner();
    let path = inner.path().trim_matches('/');
    let prefix = if path.is_empty() { PREFIX } else { path };
    if !is_name(prefix, LONGEST_PREFIX) {
        return Err(bad("its path is a prefix of 1 to 32 of [A-Za-z0-9_-]"));
    }
    let host = inner.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("it names no host"))?;
    let server = format!("{}://{host}:{}", inner.scheme(), url.port());
    let credentials = url.username().map(|user| (decoded(user), url.password().map(decoded)));
    Ok(NatsAddress { server, credentials, prefix: prefix.to_owned() })
}

/// Bytes that a URL writes as `%40` and the like.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn bad(why: &str) -> QueueError {
    QueueError::BadAddress(why.to_owned())
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => out.write_str("memory"),
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Nats(NatsAddress { server, prefix, .. }) => write!(out, "{server}/{prefix}"),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Debug for NatsAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.server, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_file_or_a_server_and_shows_no_secret() {
        let check = |text: &str, shown: &str| {
            let address: Address = text.parse().unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!((address.to_string(), format!("{address:?}")), (shown.to_owned(), shown.to_owned()));
        };
        check("tasks.db", "tasks.db");
        check("nats://127.0.0.1:4333", "nats://127.0.0.1:4333/faultline");
        check("nats://me:s3cret%40x@host/blue", "nats://host:4222/blue");
        check("tls://token@[::1]:4333", "tls://[::1]:4333/faultline");
    }

    #[test]
    fn what_is_no_address_is_refused_without_quoting_it() {
        for bad in
            ["", "http://x", "nats://a:s3cret@", "nats://a:s3cret@h:port", "nats://h/a.b", "nats://h/a/b"]
        {
            let why = bad.parse::<Address>().unwrap_err().to_string();
            assert!(!why.contains("s3cret"), "{why}");
        }
    }

    #[test]
    fn credentials_are_decoded() {
        let Ok(Address::Nats(address)) = "nats://me:s3cret%40x@host".parse() else { panic!("it is one") };
        assert_eq!(address.credentials, Some(("me".to_owned(), Some("s3cret@x".to_owned()))));
    }
}
