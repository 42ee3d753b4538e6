//! What Bedrock refuses instead of answering, in its own words.
//!
//! One [`table`] of [`Rule`]s in three layers. It decides, purely: it knows nothing of HTTP, sockets, scenarios or
//! sessions, and it never changes a request. Only Converse and `ConverseStream` are looked at.
//!
//! | layer | paths | says | lives in |
//! |---|---|---|---|
//! | [`Layer::Schema`] | 1-based, with `.member` | every violation at once | [`schema`] |
//! | [`Layer::Semantics`] | 0-based | the first one | [`semantics`], [`documents`] |
//! | [`Layer::Model`] | 0-based | the first one | [`model`], [`reasoning`], [`cache_points`], [`images`], [`window`] |
//!
//! The rules of the model layer hold for the [`families`] that were seen to refuse, and for no others. A request
//! that is no JSON because of half a character is answered before all of them: see [`surrogate`]. The rest of the
//! service model's constraints is not here.
//!
//! # What is known of the order
//! - Schema comes before semantics: a request that breaks both reports the schema's violations only.
//! - Inside one schema message: a value that is too long says so before its pattern (openclaw/openclaw#12892),
//!   one that is too short after it (BerriAI/litellm#19384); a tool's name comes before its description (same),
//!   a toolUse's name before its id (tontinton/maki#38); items in list order.
//! - Duplicate toolResult ids are reported before a surplus: two results for one use are both
//!   (BerriAI/litellm#20047).
//!
//! Not known, so chosen: semantics before the model layer, and there the order of the table; violations under `toolConfig` before those under `messages`; rules on the whole
//! conversation before rules on a message; messages in order, and for one message the order of the table; a
//! surplus before a missing result.
//!
//! # What was not captured
//! - Claude's wording where Converse's own was not seen: `images-at-most-20` and `many-images-at-most-2000-px` are
//!   given the usual beginning of a model's refusal, and images their Converse path.
//! - The name under which a body with half a character is refused; `ValidationException` is chosen.
//! - A conversation that ends with a toolUse: not refused, except by models that take no prefill.
//! - Whether a signature is genuine: not looked at, since that of a scripted reply need not be.

pub mod cache_points;
pub mod documents;
pub mod families;
pub mod images;
pub mod model;
pub mod reasoning;
pub mod rule;
pub mod schema;
pub mod semantics;
pub mod surrogate;
pub mod table;
pub mod window;

#[cfg(test)]
mod tests;

use faultline_wire::{AwsError, Call};
use rule::Check;
pub use rule::{Layer, Rule};
use schema::Violation;
use semantics::Turn;
use table::RULES;
pub use table::{REASONING_LEADS, REASONING_SIGNED};

/// Why a request is refused.
#[derive(Debug)]
pub struct Refusal {
    /// The rules it breaks: all that the message speaks of, in the order of the table.
    pub rules: Vec<&'static Rule>,
    /// Bedrock's text.
    pub message: String,
}

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
    refusal_but(call, &[])
}

/// As [`refusal`], without the rules of the model layer that `exempt` names.
pub fn refusal_but(call: &Call, exempt: &[&str]) -> Option<Refusal> {
    if !call.operation.is_converse() {
        return None;
    }
    schema_refusal(call).or_else(|| semantics_refusal(call)).or_else(|| model_refusal(call, exempt))
}

fn model_refusal(call: &Call, exempt: &[&str]) -> Option<Refusal> {
    RULES.iter().filter(|rule| !exempt.contains(&rule.name)).find_map(|rule| match &rule.check {
        Check::Model(family, check) if family(&call.model_id) => refuse(rule, check(call)),
        _ => None,
    })
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
        _ => None,
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
