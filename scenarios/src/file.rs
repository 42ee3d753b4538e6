//! A scenario file, format 1: what an author writes. Pure data; the JSON Schema is derived from here.
//!
//! It says what is written, not what it means: `lint` judges sense, `compile` gives meaning.

use crate::admission::Admission;
use crate::error_reply::ErrorReply;
pub use crate::fault::Fault;
use crate::interrupt::Interrupt;
pub use crate::recorded::RecordedFrame;
use crate::recorded::{RecordedBody, RecordedEnd, RecordedHead, RecordedRequest};
use crate::span::Span;
use crate::text_match::TextMatch;
use crate::tool_script::ToolScript;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A conversation with a model: what it replies, what goes wrong, and what a robust agent does.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScenarioFile {
    /// The format version: 1.
    #[schemars(range(min = 1, max = 1))]
    pub faultline: u32,
    /// The failure that this file stands for, in the words of the catalogue: `pre-429-tpm`. Several files may have the
    /// same one.
    pub id: Option<String>,
    /// What happens and why it matters, in a sentence or two.
    pub about: Option<String>,
    /// Public incidents that this file stands for, as `owner/repository#number` or a URL.
    #[serde(default)]
    pub seen: Vec<String>,
    /// Everything random is drawn from this number.
    #[serde(default)]
    pub seed: u64,
    /// The model id that `demo` asks for, and whose family's style derived events have. Left out: the style
    /// follows the model id of each request.
    pub model: Option<String>,
    /// What `demo` sends: one user message, or one a turn. A request whose first user message equals it belongs here.
    pub prompt: Option<OneOrMany>,
    /// Which requests belong to this scenario, when its prompt does not say it.
    pub when: Option<When>,
    /// What picks the reply: the conversation in the request (default), or the number of the call.
    #[serde(default)]
    pub order: Order,
    /// Timing of every reply that gives none of its own.
    pub pace: Option<Pace>,
    /// The replies. The nth answers a request that holds n-1 assistant turns, unless `when` says otherwise.
    #[schemars(length(min = 1))]
    pub replies: Vec<Reply>,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// What goes wrong before a request exists, on connections. It belongs to a server, not to a session: a scenario
    /// that has it is served alone.
    #[serde(default)]
    pub admission: Vec<Admission>,
    /// Somebody stops the agent in the middle. Only `grade` can.
    pub interrupt: Option<Interrupt>,
    /// What the tools of the agent do, by name: served by `faultline tools`.
    #[serde(default)]
    pub tools: BTreeMap<String, ToolScript>,
    /// Values that the file is played with, one after the other: it stands for one scenario for each combination,
    /// named `FILE/VALUE/VALUE`. `${name}` anywhere in the file is the value.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Waiting is the point: `grade` does not play the pauses faster, and plays the scenario only when asked to.
    #[serde(default)]
    pub real_time: bool,
    /// What a robust agent makes of it.
    pub expect: Option<Expect>,
    /// Where a recording comes from.
    pub recorded: Option<Provenance>,
}

/// One text, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn all(&self) -> Vec<&str> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts.iter().map(String::as_str).collect(),
        }
    }

    /// The first one; empty when there is none.
    pub fn first(&self) -> &str {
        match self {
            Self::One(text) => text,
            Self::Many(texts) => texts.first().map_or("", String::as_str),
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self::One(text)),
            many => serde_json::from_value(many).map(Self::Many).map_err(serde::de::Error::custom),
        }
    }
}

/// What picks the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    /// The nth reply answers a request that holds n-1 assistant turns: retries get the same reply again.
    #[default]
    Conversation,
    /// The nth reply answers the nth request of the session: for agents that rewrite history.
    Call,
    /// The same, and the last reply answers every later request too: the takes of one recorded request.
    Takes,
}

/// Which requests a scenario or a reply is for. Every field that is given must fit.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct When {
    /// An operation name, e.g. `ConverseStream`, or several.
    pub operation: Option<OneOrMany>,
    /// The model id.
    pub model: Option<TextMatch>,
    /// The turn of the conversation, from 1: one more than the assistant turns in the request.
    #[schemars(range(min = 1))]
    pub turn: Option<usize>,
    /// The text of the last user message.
    pub text: Option<TextMatch>,
    /// The toolUseIds whose results the last message holds, all of them, in any order.
    pub tool_results: Option<Vec<String>>,
    /// JSONPath expressions over the request body, each with the value that it must select.
    #[serde(default)]
    pub json: BTreeMap<String, Value>,
    /// Request headers by lower-case name.
    #[serde(default)]
    pub headers: BTreeMap<String, TextMatch>,
}

/// One reply: exactly one of `message`, `events`, `frames`, `body`, `error` and `improvise`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reply {
    /// Which requests it answers, instead of the turn that its place in the list gives.
    pub when: Option<When>,
    /// A Bedrock content list; the stream's events are derived from it in the model family's style. A block
    /// may say its own `fragments`: the exact pieces that its text or tool input arrives in. A toolUse block may say
    /// `literal: true` to keep its name and input where replies are cast for an agent with other tools, or
    /// `literal: input` to keep its input alone.
    pub message: Option<Vec<Map<String, Value>>>,
    /// Literal ConverseStream events, legal or not, each `{ eventName: payload }`.
    pub events: Option<Vec<Map<String, Value>>>,
    /// Frames as recorded.
    pub frames: Option<Vec<RecordedFrame>>,
    /// A body that is no event stream, as recorded.
    pub body: Option<RecordedBody>,
    /// Status and headers of `frames` or `body`, as recorded.
    pub head: Option<RecordedHead>,
    /// How `frames` or `body` ended, as recorded.
    pub end: Option<RecordedEnd>,
    /// What `frames` or `body` answered, as recorded.
    pub asked: Option<RecordedRequest>,
    /// A typed AWS error instead of an answer.
    pub error: Option<ErrorReply>,
    /// A reply made from the request itself: the forced or first tool with arguments that fit its schema,
    /// then a short text once results are back.
    pub improvise: Option<Improvise>,
    /// Deltas of neighbouring toolUse blocks take turns instead of following each other.
    #[serde(default)]
    pub interleave: bool,
    /// The stop reason; left out: tool_use when the message asks for a tool, else end_turn.
    pub stop_reason: Option<String>,
    /// `usage` as Bedrock spells it; left out: an estimate of four characters a token.
    pub usage: Option<Map<String, Value>>,
    /// More members of `metadata` (trace, performanceConfig, serviceTier) and of a unary answer.
    pub metadata: Option<Map<String, Value>>,
    /// additionalModelResponseFields of messageStop and of a unary answer.
    pub additional_model_response_fields: Option<Value>,
    /// Timing.
    pub pace: Option<Pace>,
}

/// `improvise` has no settings: write `improvise: {}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Improvise {}

/// Timing of a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pace {
    /// From the request to the first event.
    #[serde(default)]
    pub first: Span,
    /// Before each contentBlockDelta after the first.
    #[serde(default)]
    pub token: Span,
    /// Every wait is longer or shorter by up to this much, drawn from the seed.
    #[serde(default)]
    pub jitter: Span,
}

/// What a robust agent makes of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expect {
    /// How the run ends.
    #[serde(default)]
    pub outcome: ExpectedOutcome,
    /// Texts that the final answer holds.
    #[serde(default)]
    pub text: Vec<String>,
    /// How many requests arrive.
    pub calls: Option<u64>,
    /// The tools that run, by name, in any order.
    pub tools: Option<Vec<String>>,
    /// What must reach the caller: of the error where the run fails, of the model where it does not.
    #[serde(default)]
    pub says: Vec<Said>,
    /// How long the run may take, in real time.
    pub within: Option<Span>,
}

/// A part of an error that its caller must learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Said {
    /// Its AWS name, e.g. `ThrottlingException`, in any capitals.
    Type,
    /// Its message.
    Message,
    /// The `x-amzn-RequestId` of the answer.
    RequestId,
    /// Of a run that ended well: the id of the model that answered last, where another one was asked first. The region in
    /// front of it may be left out.
    Model,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExpectedOutcome {
    /// With an answer.
    #[default]
    Succeeds,
    /// With an answer, after trying again.
    Recovers,
    /// With an error that reaches the caller.
    Fails,
    /// With an answer or an error, but never with a false success.
    Survives,
}

/// Where a recording comes from.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// When, as a date.
    pub date: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// What recorded it.
    pub by: Option<String>,
    /// The endpoint that answered, where it was not Bedrock's own.
    pub upstream: Option<String>,
    /// The test that asked.
    pub test: Option<String>,
}
