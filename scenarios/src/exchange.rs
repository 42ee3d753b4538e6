//! One request and what became of it: what arrived, what was decided and why, what was sent.
//!
//! The journal keeps these; verification, reports and oracles read them. No secret gets in: see
//! [`safe_headers`].

use crate::plan::Plan;
use crate::timeline::Timeline;
use faultline_wire::{Call, Header};
use std::sync::Arc;
use std::time::Duration;

/// Why the answer is what it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// A scenario's reply.
    Scripted {
        /// The scenario's name.
        scenario: Arc<str>,
        /// Which of its replies, from 1.
        reply: usize,
    },
    /// A built-in reply made from the request.
    Improvised,
    /// The request was refused as Bedrock refuses it: error name, message and rules.
    Refused {
        /// The AWS error name.
        error: String,
        /// Its message.
        message: String,
        /// The rules that the request breaks, by name; empty where none has a name.
        rules: Vec<&'static str>,
    },
    /// It was passed on to somebody else, who answered.
    Forwarded {
        /// Whether the answer was to be kept.
        kept: bool,
    },
    /// No scenario wanted the request: the nearest rule, and the field that failed.
    Unmatched {
        /// What came nearest and why it did not fit.
        why: String,
    },
}

/// What was decided for one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Why the answer is what it is.
    pub verdict: Verdict,
    /// The faults that changed the answer, in a few words each.
    pub faults: Vec<Arc<str>>,
    /// The seed that this call drew from, so that it can be repeated.
    pub seed: u64,
    /// Which request of its session this was, from 1.
    pub call: u64,
}

/// A decided answer, ready to be executed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What to send.
    pub plan: Arc<Plan>,
    /// Why.
    pub decision: Decision,
}

/// One request and what was sent for it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Its number on this server, from 1.
    pub id: u64,
    /// The session it belongs to; empty for the default session.
    pub session: Arc<str>,
    /// The `x-amzn-RequestId` that was answered.
    pub request_id: String,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: &'static str,
    /// When the request was understood, from the start of the server.
    pub started: Duration,
    /// The request. Headers are [`safe_headers`].
    pub call: Arc<Call>,
    /// What was decided.
    pub decision: Decision,
    /// What was sent and when.
    pub timeline: Timeline,
}

/// Headers whose value is a secret or holds one.
const SECRET: [&str; 5] =
    ["authorization", "x-amz-security-token", "cookie", "proxy-authorization", "x-api-key"];

/// Ways to sign or to prove who one is, by the first word of `authorization`: the word is no secret.
const SCHEMES: [&str; 4] = ["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "Bearer", "Basic"];

/// `headers` with every secret replaced by a word that says so.
pub fn safe_headers(headers: Vec<Header>) -> Vec<Header> {
    let safe = |(name, value): Header| match SECRET.contains(&name.as_str()) {
        true => (name, redacted(&value)),
        false => (name, value),
    };
    headers.into_iter().map(safe).collect()
}

fn redacted(value: &str) -> String {
    let scheme = value.split(' ').next().filter(|word| SCHEMES.contains(word));
    scheme.map_or_else(|| "(redacted)".to_owned(), |scheme| format!("{scheme} (redacted)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_header_is_kept() {
        for name in SECRET {
            let kept = safe_headers(vec![(name.to_owned(), "AKIA".to_owned())]);
            assert_eq!(kept, [(name.to_owned(), "(redacted)".to_owned())]);
        }
        let signed = vec![("authorization".to_owned(), "Bearer sk-1".to_owned())];
        assert_eq!(safe_headers(signed)[0].1, "Bearer (redacted)");
        let plain = vec![("content-type".to_owned(), "application/json".to_owned())];
        assert_eq!(safe_headers(plain.clone()), plain);
    }
}
