//! One difference between two arms, and the name under which the same difference is counted. Knows not how it was found.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What kind of thing differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// The final text says something else.
    FinalText,
    /// The final text is the same but for Unicode form and white space.
    TextForm,
    /// The final turn ended for another reason.
    StopReason,
    /// Other tools, or in another order.
    ToolSequence,
    /// The same tool with other arguments.
    ToolArguments,
    /// The same call with another result.
    ToolResult,
    /// Another number of turns.
    Turns,
    /// Other reasoning.
    Reasoning,
    /// Other citations.
    Citations,
    /// The guardrail did something else.
    Guardrail,
    /// Usage differs in a raw field.
    Usage,
    /// Another error, or an error in one arm only.
    Error,
    /// Another partial output.
    Partial,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 13] = [
        Self::FinalText,
        Self::TextForm,
        Self::StopReason,
        Self::ToolSequence,
        Self::ToolArguments,
        Self::ToolResult,
        Self::Turns,
        Self::Reasoning,
        Self::Citations,
        Self::Guardrail,
        Self::Usage,
        Self::Error,
        Self::Partial,
    ];

    /// The name, as files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FinalText => "finalText",
            Self::TextForm => "textForm",
            Self::StopReason => "stopReason",
            Self::ToolSequence => "toolSequence",
            Self::ToolArguments => "toolArguments",
            Self::ToolResult => "toolResult",
            Self::Turns => "turns",
            Self::Reasoning => "reasoning",
            Self::Citations => "citations",
            Self::Guardrail => "guardrail",
            Self::Usage => "usage",
            Self::Error => "error",
            Self::Partial => "partial",
        }
    }
}

/// The first place that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// A path into the transcript: `text`, `toolCalls/1/arguments/city`.
    pub path: String,
    /// In a text, how many characters are equal before it.
    pub character: Option<usize>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Divergence {
    /// What kind of thing differs.
    pub class: Class,
    /// The first place that differs.
    pub position: Position,
    /// What the baseline has there, shortened.
    pub baseline: String,
    /// What the candidate has there, shortened.
    pub candidate: String,
    /// A unified diff for people, baseline first.
    pub diff: String,
    /// The same for the same difference in any run: the class, and a hash of where (without places in lists and texts) and
    /// of both sides.
    pub signature: String,
}

impl Divergence {
    /// One line that says it; patterns of an accepted list are held against it.
    pub fn summary(&self) -> String {
        format!("{} {}: {} -> {}", self.class.name(), self.position.path, self.baseline, self.candidate)
    }
}

/// The stable name of a difference: `finalText:` and 16 hexadecimal digits.
pub(crate) fn signature(class: Class, shape: &str, baseline: &str, candidate: &str) -> String {
    let mut hash = Sha256::new();
    for part in [class.name(), shape, baseline, candidate] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut name = format!("{}:", class.name());
    for byte in hash.finalize().iter().take(8) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}
