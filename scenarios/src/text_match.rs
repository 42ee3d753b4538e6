//! How a text is compared.

use crate::likeness::alike;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A text that fits: a bare text is what must be contained.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum TextMatch {
    /// Contains this.
    Bare(String),
    /// One of the named comparisons.
    Named(NamedMatch),
}

/// A named comparison.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum NamedMatch {
    /// The whole text, spaces at its ends aside.
    Equals(String),
    /// A part of the text.
    Contains(String),
    /// A regular expression that matches somewhere.
    Regex(Pattern),
    /// The whole text but for dates, times, ids, secrets and white space.
    Like(String),
}

/// A compiled regular expression.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(with = "String", extend("format" = "regex", "x-form" = "regex"))]
pub struct Pattern(Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Regex::new(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for TextMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self::Bare(text)),
            named => serde_json::from_value(named).map(Self::Named).map_err(serde::de::Error::custom),
        }
    }
}

impl TextMatch {
    /// Whether `text` fits.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Bare(part) | Self::Named(NamedMatch::Contains(part)) => text.contains(part.as_str()),
            Self::Named(NamedMatch::Equals(whole)) => text.trim() == whole.trim(),
            Self::Named(NamedMatch::Regex(pattern)) => pattern.0.is_match(text),
            Self::Named(NamedMatch::Like(whole)) => alike(whole, text),
        }
    }
}

impl std::fmt::Display for TextMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bare(part) | Self::Named(NamedMatch::Contains(part)) => {
                write!(f, "a text that contains {part:?}")
            }
            Self::Named(NamedMatch::Equals(whole)) => write!(f, "{whole:?}"),
            Self::Named(NamedMatch::Regex(pattern)) => write!(f, "a text that matches /{}/", pattern.0),
            Self::Named(NamedMatch::Like(whole)) => write!(f, "a text like {whole:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &str, text: &str, fits: bool) {
        let rule: TextMatch = serde_json::from_str(rule).unwrap();
        assert_eq!(rule.fits(text), fits, "{rule} {text}");
    }

    #[test]
    fn texts_are_compared_as_named() {
        check(r#""eather""#, "the weather", true);
        check(r#"{"contains":"x"}"#, "the weather", false);
        check(r#"{"equals":"the weather"}"#, " the weather\n", true);
        check(r#"{"equals":"weather"}"#, "the weather", false);
        check(r#"{"regex":"^the .*r$"}"#, "the weather", true);
        check(r#"{"like":"the weather on 2026-11-20"}"#, "the  weather on 2026-12-01", true);
        check(r#"{"like":"the weather"}"#, "the weathers", false);
    }

    #[test]
    fn a_bad_pattern_is_an_error() {
        assert!(serde_json::from_str::<TextMatch>(r#"{"regex":"("}"#).is_err());
    }
}
