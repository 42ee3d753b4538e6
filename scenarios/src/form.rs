//! Texts with a form of their own: durations, aims, regular expressions. The schema names the form with `x-form`.

use crate::aim::Aim;
use crate::span::Span;
use regex::Regex;
use serde_json::Value;

/// A form that a text must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Span,
    Aim,
    Regex,
}

impl Form {
    /// The form that a schema asks for.
    pub(crate) fn of(schema: &Value) -> Option<Self> {
        match schema.get("x-form")?.as_str()? {
            "span" => Some(Self::Span),
            "aim" => Some(Self::Aim),
            "regex" => Some(Self::Regex),
            _ => None,
        }
    }

    /// What is wrong with `text`.
    pub(crate) fn refuses(self, text: &str) -> Option<String> {
        match self {
            Self::Span => {
                Span::parse(text).is_none().then(|| format!("`{text}` is no duration of up to a day"))
            }
            Self::Aim => Aim::parse(text).is_none().then(|| format!("`{text}` is no place in a reply")),
            Self::Regex => {
                let error = Regex::new(text).err()?.to_string();
                let last = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Some(format!("`{text}` is no regular expression: {last}"))
            }
        }
    }

    /// How to write it.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Span => "write 320ms, 1.5s or 2m",
            Self::Aim => crate::aim::FORMS,
            Self::Regex => "brackets, dots and backslashes that are meant as such need a backslash",
        }
    }
}
