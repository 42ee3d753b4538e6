//! What one arm of one prompt came to. Data only: who ran it, and how, is not known here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The outcome of one prompt in one arm, from the first request to the last byte. What an arm did not have is left empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Transcript {
    /// The text of the final turn, assembled.
    pub text: String,
    /// Why the final turn ended, in Bedrock's spelling (`end_turn`).
    pub stop_reason: Option<String>,
    /// Tool calls in the order in which the model asked for them.
    pub tool_calls: Vec<ToolCall>,
    /// How many turns the model took.
    pub turns: u32,
    /// Reasoning blocks in order: their content as it came, without signatures that differ by nature.
    pub reasoning: Vec<String>,
    /// Citations in order, as they came.
    pub citations: Vec<Value>,
    /// The guardrail's trace or action, as it came.
    pub guardrail: Option<Value>,
    /// Usage of each turn, raw: an absent field is not a zero.
    pub usage: Vec<Value>,
    /// The class of the error that ended it (`ThrottlingException`), if one did.
    pub error: Option<String>,
    /// What had been shown when it failed.
    pub partial: Option<String>,
    /// When things happened.
    pub times: Times,
}

/// One tool call. Ids are left out: they differ from run to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ToolCall {
    /// The turn that asked for it, from 0. Calls of one turn run side by side.
    pub turn: u32,
    /// The tool.
    pub name: String,
    /// Its arguments, parsed. Text that is no JSON is kept as a JSON string.
    pub arguments: Value,
    /// What the tool gave back, if it ran.
    pub result: Option<Value>,
}

/// Times in milliseconds. All but `longest_stall` and `tools` count from the moment the prompt was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Times {
    /// The first event or, in a unary arm, the first byte.
    pub first_event: Option<f64>,
    /// The first text that a person could see.
    pub first_text: Option<f64>,
    /// The first text of the final turn: early turns are often tool calls only.
    pub final_text: Option<f64>,
    /// The end.
    pub total: Option<f64>,
    /// The longest time between two events.
    pub longest_stall: Option<f64>,
    /// Time spent in tools.
    pub tools: Option<f64>,
}

/// One of the times of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Moment {
    /// [`Times::first_event`].
    FirstEvent,
    /// [`Times::first_text`].
    FirstText,
    /// [`Times::final_text`].
    FinalText,
    /// [`Times::total`].
    Total,
    /// [`Times::longest_stall`].
    LongestStall,
    /// [`Times::tools`].
    Tools,
}

impl Times {
    /// The time of `moment` in milliseconds, if it came.
    pub fn at(&self, moment: Moment) -> Option<f64> {
        match moment {
            Moment::FirstEvent => self.first_event,
            Moment::FirstText => self.first_text,
            Moment::FinalText => self.final_text,
            Moment::Total => self.total,
            Moment::LongestStall => self.longest_stall,
            Moment::Tools => self.tools,
        }
    }
}

/// One prompt in two arms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pair {
    /// Names the prompt in reports.
    pub prompt: String,
    /// The arm that is trusted.
    pub baseline: Transcript,
    /// The arm on trial; in the noise arm, the baseline once more.
    pub candidate: Transcript,
}

/// What a shadow run brought together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Campaign {
    /// Baseline against candidate.
    pub pairs: Vec<Pair>,
    /// Baseline against itself: what differs here differs by nature.
    #[serde(default)]
    pub noise: Vec<Pair>,
}
