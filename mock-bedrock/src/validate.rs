//! What Bedrock refuses before a model sees the request, in its own words.
//!
//! One table of [`Rule`]s in two layers. It decides, purely: it knows nothing of HTTP, sockets, scenarios or
//! sessions, and it never changes a request. Only Converse and `ConverseStream` are looked at.
//!
//! | layer | paths | says | lives in |
//! |---|---|---|---|
//! | [`Layer::Schema`] | 1-based, with `.member` | every violation at once | [`schema`] |
//! | [`Layer::Semantics`] | 0-based | the first one | [`semantics`] |
//!
//! What the model behind Converse refuses (`The model returned the following errors: …`) is a third layer and
//! is not here; neither are the rest of the service model's constraints.
//!
//! # What is known of the order
//! - Schema comes before semantics: a request that breaks both reports the schema's violations only.
//! - Inside one schema message: a value that is too long says so before its pattern (openclaw/openclaw#12892),
//!   one that is too short after it (BerriAI/litellm#19384); a tool's name comes before its description (same),
//!   a toolUse's name before its id (tontinton/maki#38); items in list order.
//! - Duplicate toolResult ids are reported before a surplus: two results for one use are both
//!   (BerriAI/litellm#20047).
//!
//! Not known, so chosen: violations under `toolConfig` before those under `messages`; rules on the whole
//! conversation before rules on a message; messages in order, and for one message the order of the table; a
//! surplus before a missing result.

pub mod families;
pub mod schema;
pub mod semantics;

#[cfg(test)]
mod tests;

use faultline_wire::{AwsError, Call};
use schema::{Constraint as C, Sites, Violation};
use semantics::Turn;

/// Which part of Bedrock speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The service framework, from the constraints of the service model.
    Schema,
    /// Converse itself, from what makes a conversation legal.
    Semantics,
}

/// How a rule looks at a request.
enum Check {
    /// The values at some places of the body, against constraints in the order in which they are reported.
    Schema(Sites, &'static [C]),
    /// The request as a whole: its conversation, its tools.
    Conversation(fn(&Call) -> Option<String>),
    /// One message at a time, with its forerunner.
    Message(fn(&Turn<'_>) -> Option<String>),
}

/// One thing that Bedrock refuses.
pub struct Rule {
    /// A short name, stable enough for a journal or a report.
    pub name: &'static str,
    /// Where its text was seen: public threads, `owner/repo#number`.
    pub source: &'static str,
    check: Check,
}

impl Rule {
    /// The layer that the rule belongs to.
    pub fn layer(&self) -> Layer {
        if matches!(self.check, Check::Schema(..)) { Layer::Schema } else { Layer::Semantics }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.source)
    }
}

/// Why a request is refused.
#[derive(Debug)]
pub struct Refusal {
    /// The rules it breaks: all that the message speaks of, in the order of the table.
    pub rules: Vec<&'static Rule>,
    /// Bedrock's text.
    pub message: String,
}

const fn rule(name: &'static str, source: &'static str, check: Check) -> Rule {
    Rule { name, source, check }
}

/// A tool name: 1 to 64 of these. Too long, pattern, too short: the order in which they are reported.
const TOOL_NAME: &[C] = &[C::AtMost(64), C::Letters("[a-zA-Z0-9_-]+", "_-"), C::AtLeast(1)];
/// A tool use id: as a name, with `.` and `:` allowed.
const TOOL_USE_ID: &[C] = &[C::AtMost(64), C::Letters("[a-zA-Z0-9_.:-]+", "_.:-"), C::AtLeast(1)];
/// `system` is in newer service models, but refused (continuedev/continue#1938, BerriAI/litellm#41082).
const ROLE: &[C] = &[C::Required, C::OneOf("[user, assistant]", &["user", "assistant"])];

/// Every rule, in the order in which they are asked.
static RULES: [Rule; 22] = {
    use Check::{Conversation, Message, Schema};
    use {schema as s, semantics as m};
    [
        rule("tools-not-empty", "Portkey-AI/gateway#1124", Schema(s::tool_lists, &[C::AtLeast(1)])),
        rule(
            "tool-spec-name",
            "aws-samples/remote-swe-agents#457, BerriAI/litellm#24668",
            Schema(s::tool_names, TOOL_NAME),
        ),
        rule(
            "tool-spec-description",
            "BerriAI/litellm#19384",
            Schema(s::tool_descriptions, &[C::AtLeast(1)]),
        ),
        rule("role", "continuedev/continue#1938, maximhq/bifrost#3188", Schema(s::roles, ROLE)),
        rule("content", "maximhq/bifrost#6732", Schema(s::contents, &[C::Required])),
        rule("tool-use-name", "openclaw/openclaw#12892, tontinton/maki#38", Schema(s::use_names, TOOL_NAME)),
        rule("tool-use-id", "tontinton/maki#38, RooCodeInc/Roo-Code#10902", Schema(s::use_ids, TOOL_USE_ID)),
        rule("tool-result-id", "tontinton/maki#38", Schema(s::result_ids, TOOL_USE_ID)),
        rule(
            "starts-with-user",
            "pydantic/pydantic-ai#4495, pydantic/pydantic-ai#6255",
            Conversation(m::start),
        ),
        rule("alternating-roles", "langchain-ai/langchain-aws#192", Conversation(m::alternation)),
        rule(
            "tool-config-defined",
            "vercel/ai#7537, pydantic/pydantic-ai#1966",
            Conversation(m::tool_config),
        ),
        rule(
            "tool-schema-root",
            "aaif-goose/goose#5064, earendil-works/pi#8279",
            Conversation(m::schema_root),
        ),
        rule("content-not-empty", "theopenco/llmgateway#3127", Message(m::empty_content)),
        rule("text-not-blank", "OpenHands/OpenHands#5339, LibreChat-AI/agents#501", Message(m::blank_text)),
        rule("tool-use-input-object", "vercel/ai#19023, BerriAI/litellm#18414", Message(m::input)),
        rule("tool-result-json-object", "aws/aws-sdk-js-v3#7330", Message(m::result_json)),
        rule("tool-result-json-type-key", "maximhq/bifrost#5762, maximhq/bifrost#5944", Message(m::type_key)),
        rule(
            "error-result-not-empty",
            "aws-samples/sample-multi-agent-orchestration-chat-on-agentcore#15",
            Message(m::empty_error),
        ),
        rule("tool-use-ids-unique", "double16/Cyber-AutoAgent-ng#27", Message(m::duplicate_uses)),
        rule("tool-result-ids-unique", "BerriAI/litellm#20047", Message(m::duplicate_results)),
        rule(
            "tool-results-surplus",
            "pydantic/pydantic-ai#2327, Just-Curieous/Curie#16",
            Message(m::surplus_results),
        ),
        rule(
            "tool-results-missing",
            "agno-agi/agno#6698, anomalyco/opencode#41780",
            Message(m::missing_results),
        ),
    ]
};

/// Every rule, in the order in which they are asked.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// Bedrock's refusal of `call`, a `ValidationException`, if it refuses it.
pub fn validate(call: &Call) -> Option<AwsError> {
    refusal(call).map(|refusal| AwsError::validation(refusal.message))
}

/// As [`validate`], with the rules that are broken.
pub fn refusal(call: &Call) -> Option<Refusal> {
    if !call.operation.is_converse() {
        return None;
    }
    schema_refusal(call).or_else(|| semantics_refusal(call))
}

fn schema_refusal(call: &Call) -> Option<Refusal> {
    let mut broken: Vec<(Violation, &'static Rule)> = Vec::new();
    for rule in &RULES {
        if let Check::Schema(sites, constraints) = &rule.check {
            let found = schema::violations(&call.body, *sites, constraints);
            broken.extend(found.into_iter().map(|violation| (violation, rule)));
        }
    }
    // Stable: violations of one block stay in the order of the table.
    broken.sort_by_key(|(violation, _)| violation.place);
    let message = schema::message(broken.iter().map(|(violation, _)| violation))?;
    let rules = RULES.iter().filter(|rule| broken.iter().any(|(_, by)| by.name == rule.name)).collect();
    Some(Refusal { rules, message })
}

fn semantics_refusal(call: &Call) -> Option<Refusal> {
    let whole = RULES.iter().find_map(|rule| match &rule.check {
        Check::Conversation(check) => refuse(rule, check(call)),
        Check::Schema(..) | Check::Message(_) => None,
    });
    whole.or_else(|| semantics::turns(call).iter().find_map(message_refusal))
}

fn message_refusal(turn: &Turn<'_>) -> Option<Refusal> {
    RULES.iter().find_map(|rule| match &rule.check {
        Check::Message(check) => refuse(rule, check(turn)),
        _ => None,
    })
}

fn refuse(rule: &'static Rule, text: Option<String>) -> Option<Refusal> {
    text.map(|message| Refusal { rules: vec![rule], message })
}
