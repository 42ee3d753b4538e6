//! What a scripted tool does: `tools` of a scenario. Pure data; the tool server acts.

use crate::fault::Fault;
use crate::span::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What one tool offers and does.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolScript {
    /// What it is for, as an agent's model is told.
    pub description: Option<String>,
    /// The JSON Schema of its input; left out: any object.
    pub input_schema: Option<Map<String, Value>>,
    /// What it returns: the nth call gets the nth, later ones the last. Left out: the text `done`.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub returns: Vec<Returned>,
    /// How long it takes.
    pub latency: Option<Latency>,
    /// A call with an idempotency key (or a toolUseId) that was seen before has no second effect and is answered as
    /// the first was.
    #[serde(default)]
    pub idempotent: bool,
    /// What goes wrong with the answer, as in `faults` of a scenario; `call` counts the calls of this tool. The effect
    /// has happened by then: a `reset` at `head` is a result that is lost after the effect.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// What a tool returns.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// A text; may be empty.
    Text(String),
    /// Any JSON value, also a scalar or null.
    Json(Value),
    /// It fails with this message, which may be empty, and has had no effect.
    Error(String),
    /// So many bytes of text, in lines.
    Size(usize),
    /// One text over and over.
    Repeated(Repeated),
    /// So many bytes that are no text.
    Binary(usize),
    /// A PNG picture.
    Image(Picture),
    /// This text with the content type of JSON, which it need not be.
    Raw(String),
}

/// A picture in black and white, not compressed: an eighth of a byte a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// In pixels.
    #[schemars(range(min = 1))]
    pub width: u32,
    /// In pixels.
    #[schemars(range(min = 1))]
    pub height: u32,
}

impl Picture {
    /// Its size, but for a few bytes in a thousand.
    pub fn bytes(self) -> u64 {
        u64::from(self.width.div_ceil(8)) * u64::from(self.height)
    }
}

/// A long text that is one text over and over: for cuts in the middle of a character, say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// What comes over and over.
    #[schemars(length(min = 1))]
    pub text: String,
    /// At most so many bytes in all; no character is cut.
    pub bytes: usize,
    /// What comes before it, once.
    #[serde(default)]
    pub after: String,
}

impl Repeated {
    /// The whole text.
    pub fn whole(&self) -> String {
        let room = self.bytes.saturating_sub(self.after.len());
        let end = |used: &mut usize, letter: char| {
            *used += letter.len_utf8();
            (*used <= room).then_some(letter)
        };
        let letters = self.text.chars().cycle().scan(0, end);
        self.after.chars().chain(letters).collect()
    }
}

/// How long a tool takes: a log-normal distribution, the common shape of service latencies, by two of its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Half of the calls take less.
    pub median: Span,
    /// One call in a hundred takes more. Left out: every call takes the median.
    pub p99: Option<Span>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_text_is_as_long_as_whole_characters_allow() {
        let check = |text: &str, bytes, after: &str, expected: &str| {
            let repeated = Repeated { text: text.into(), bytes, after: after.into() };
            assert_eq!(repeated.whole(), expected);
        };
        check("😀", 10, "a", "a😀😀");
        check("ab", 5, "", "ababa");
        check("😀", 3, "", "");
        check("", 3, "a", "a");
    }
}
