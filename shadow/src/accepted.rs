//! Differences that somebody looked at and let pass, for a reason and until a day. Knows no clock: today is an argument.

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::divergence::{Class, Divergence};

/// One difference that is let pass. It is named by `signature`, or by `class` and `pattern` together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Acceptance {
    /// The signature of exactly one difference.
    pub signature: Option<String>,
    /// The class, with `pattern`.
    pub class: Option<Class>,
    /// A regular expression that [`Divergence::summary`] must hold.
    pub pattern: Option<String>,
    /// Why it may pass.
    pub reason: String,
    /// The last day on which it may.
    pub expires: Option<Date>,
}

/// Why an entry does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// It gives no reason.
    #[error("it gives no reason")]
    NoReason,
    /// It has no expiry date.
    #[error("it has no expiry date")]
    NoExpiry,
    /// Its time is over.
    #[error("it expired after {0}")]
    Expired(Date),
    /// It names nothing, or too much.
    #[error("it must have either `signature`, or `class` and `pattern`")]
    NamesNothing,
    /// Its pattern is no regular expression.
    #[error("its pattern is no regular expression: {0}")]
    BadPattern(String),
}

/// An entry that does not count, by its place in the list (from 0), and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Its place in the list, from 0.
    pub entry: usize,
    /// Why it does not count.
    pub why: Refusal,
}

/// The entries that count today.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    entries: Vec<(usize, Name)>,
}

#[derive(Clone, Debug)]
enum Name {
    Signature(String),
    Pattern(Class, Regex),
}

impl Accepted {
    /// The entries of `list` that count on `today`, and those that do not, each with why.
    pub fn on(today: Date, list: &[Acceptance]) -> (Self, Vec<Refused>) {
        let (mut entries, mut refused) = (Vec::new(), Vec::new());
        for (entry, acceptance) in list.iter().enumerate() {
            match named(acceptance, today) {
                Ok(name) => entries.push((entry, name)),
                Err(why) => refused.push(Refused { entry, why }),
            }
        }
        (Self { entries }, refused)
    }

    /// The place in the list of the first entry that lets `divergence` pass.
    pub fn entry_for(&self, divergence: &Divergence) -> Option<usize> {
        let names = |name: &Name| match name {
            Name::Signature(signature) => *signature == divergence.signature,
            Name::Pattern(class, pattern) => {
                *class == divergence.class && pattern.is_match(&divergence.summary())
            }
        };
        self.entries.iter().find(|(_, name)| names(name)).map(|(entry, _)| *entry)
    }
}

fn named(acceptance: &Acceptance, today: Date) -> Result<Name, Refusal> {
    if acceptance.reason.trim().is_empty() {
        return Err(Refusal::NoReason);
    }
    let expires = acceptance.expires.ok_or(Refusal::NoExpiry)?;
    if expires < today {
        return Err(Refusal::Expired(expires));
    }
    match (&acceptance.signature, acceptance.class, &acceptance.pattern) {
        (Some(signature), None, None) => Ok(Name::Signature(signature.clone())),
        (None, Some(class), Some(pattern)) => {
            let pattern = Regex::new(pattern).map_err(|error| Refusal::BadPattern(error.to_string()))?;
            Ok(Name::Pattern(class, pattern))
        }
        _ => Err(Refusal::NamesNothing),
    }
}
