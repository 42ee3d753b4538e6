//! What a job is called: fit to be part of a NATS subject and of a URL's path.

use std::fmt;
use std::str::FromStr;

use crate::error::QueueError;

/// The most characters of an id.
const LONGEST: usize = 64;

/// The name of a job: 1 to 64 of `[A-Za-z0-9_-]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobId(String);

impl JobId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JobId {
    type Err = QueueError;

    fn from_str(text: &str) -> Result<Self, QueueError> {
        match is_name(text, LONGEST) {
            true => Ok(Self(text.to_owned())),
            false => Err(QueueError::BadId),
        }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether it is a name of at most so many letters, digits, `_` and `-`.
pub(crate) fn is_name(text: &str, longest: usize) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=longest).contains(&text.len()) && text.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_subjects_and_paths_take() {
        let check = |text: &str, good: bool| assert_eq!(text.parse::<JobId>().is_ok(), good, "{text:?}");
        check("a-B_9", true);
        check(&"x".repeat(64), true);
        check(&"x".repeat(65), false);
        for bad in ["", "a.b", "a*", ">", "a b", "ä", "a/b"] {
            check(bad, false);
        }
    }
}
