//! What secrets look like, and where they stand in a text: AWS's own and those that stand in prompts by mistake.
//!
//! It finds; whoever keeps or shows a text replaces. What has no shape of its own (a password in a sentence) is not found.

use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// A kind of secret, or of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A private key in PEM.
    PrivateKey,
    /// A JSON Web Token (RFC 7519).
    Jwt,
    /// A Bedrock API key: `bedrock-api-key-…` or `ABSK…`.
    BedrockKey,
    /// An AWS access key id (IAM, "IAM identifiers": `AKIA…`, `ASIA…` and others).
    AccessKeyId,
    /// An AWS secret access key or session token, known by the word in front of it.
    AwsSecret,
    /// A key or token of somebody else, by its prefix: `sk-…`, `ghp_…`, `xoxb-…` and others.
    ApiKey,
    /// The value of an `Authorization` header.
    Authorization,
    /// The account id of an ARN.
    AccountId,
    /// An e-mail address.
    Email,
}

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// The shape of each kind. Where there is a group, it is the secret, and the rest tells that it is one. The first that
/// finds a place has it.
const SHAPES: [(Kind, &str); 9] = [
    (Kind::PrivateKey, r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*-----END [A-Z ]{0,30}PRIVATE KEY-----"),
    (Kind::Jwt, r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    (Kind::BedrockKey, r"\bbedrock-api-key-[A-Za-z0-9+/=_-]{16,}|\bABSK[A-Za-z0-9+/]{40,}={0,2}"),
    (Kind::AccessKeyId, r"\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    (
        Kind::AwsSecret,
        r#"(?i)\b(?:aws_?)?(?:secret_?access_?key|session_?token|security_?token|secret_?key)["'\\]{0,3}\s{0,2}[:=]{1,2}\s{0,2}["'\\]{0,3}([A-Za-z0-9+/=_-]{20,})"#,
    ),
    (
        Kind::ApiKey,
        r"\b(?:sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{35}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36})",
    ),
    (
        Kind::Authorization,
        r#"(?i)\bauthorization["'\\]{0,3}\s{0,2}[:=]\s{0,2}["'\\]{0,3}(?:bearer|basic)\s{1,2}([A-Za-z0-9+/=._~-]{8,})"#,
    ),
    (Kind::AccountId, r"\barn:aws[a-z-]{0,12}:[a-z0-9-]{1,40}:[a-z0-9-]{0,24}:([0-9]{12})\b"),
    (
        Kind::Email,
        r"\b[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}\b",
    ),
];

static PATTERNS: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    // A shape that is no pattern would find nothing; a test holds that each is one.
    SHAPES.iter().filter_map(|(kind, shape)| Some((*kind, Regex::new(shape).ok()?))).collect()
});

/// Every secret in `text`, in order; none overlaps another.
pub fn find(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (kind, pattern) in PATTERNS.iter() {
        for captures in pattern.captures_iter(text) {
            let range = secret(&captures);
            let is_free = |other: &Found| other.range.end <= range.start || range.end <= other.range.start;
            if found.iter().all(is_free) {
                found.push(Found { range, kind: *kind });
            }
        }
    }
    found.sort_by_key(|found| found.range.start);
    found
}

/// `text` with every secret replaced by what `instead` makes of its kind and its own text.
pub fn replaced(text: &str, mut instead: impl FnMut(Kind, &str) -> String) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for Found { range, kind } in find(text) {
        out.push_str(&text[at..range.start]);
        out.push_str(&instead(kind, &text[range.clone()]));
        at = range.end;
    }
    out.push_str(&text[at..]);
    out
}

fn secret(captures: &Captures<'_>) -> Range<usize> {
    let group = captures.get(1).or_else(|| captures.get(0));
    group.map_or(0..0, |group| group.range())
}

impl Kind {
    /// A word for it, as reports and pseudonyms use it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "private-key",
            Self::Jwt => "jwt",
            Self::BedrockKey => "bedrock-key",
            Self::AccessKeyId => "access-key-id",
            Self::AwsSecret => "aws-secret",
            Self::ApiKey => "api-key",
            Self::Authorization => "authorization",
            Self::AccountId => "account-id",
            Self::Email => "email",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(replaced(text, |kind, _| format!("<{}>", kind.name())), expected);
    }

    #[test]
    fn every_shape_is_a_pattern() {
        assert_eq!(PATTERNS.len(), SHAPES.len());
    }

    // The secrets are put together here, so that no scanner takes this file for a leak.
    #[test]
    fn secrets_are_found_by_their_shape() {
        let (upper, lower) = ("A1B2C3D4E5F6G7H8", "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6");
        check(&format!("key {}{upper}, and more", "AKIA"), "key <access-key-id>, and more");
        check(&format!("aws_secret_access_key = {lower}ABCD/+xy"), "aws_secret_access_key = <aws-secret>");
        check(
            &format!(r#"{{"SecretAccessKey":"{lower}ABCD/+xy"}}"#),
            r#"{"SecretAccessKey":"<aws-secret>"}"#,
        );
        check(&format!(r#"\"sessionToken\": \"{lower}\""#), r#"\"sessionToken\": \"<aws-secret>\""#);
        check(&format!("bedrock-api-key-{lower}="), "<bedrock-key>");
        check(&format!("ABSK{lower}{lower}=="), "<bedrock-key>");
        check(&format!("eyJ{lower}.eyJ{lower}.{lower}!"), "<jwt>!");
        check(&format!("sk-ant-{lower} ghp_{lower}"), "<api-key> <api-key>");
        check(&format!("Authorization: Bearer {lower}."), "Authorization: Bearer <authorization>");
        check(
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/x",
            "arn:aws:bedrock:us-east-1:<account-id>:inference-profile/x",
        );
        check("write to jo.smith+x@mail.example.org.", "write to <email>.");
        check("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- ok", "<private-key> ok");
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "order A-10293 of 2026-11-20",
            "tooluse_a1b2c3d4e5f6g7h8i9j0k1",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
            "a@b",
            "the session token is needed",
            "sk-short",
            "",
        ] {
            check(text, text);
        }
    }
}
