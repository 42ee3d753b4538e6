//! The model layer: input that is too long for its model, as far as that can be told without counting tokens.
//!
//! Only what is too long by any count is refused: a token is taken for `CHARS` characters, several more than a token of
//! running text has. So nothing is refused that a model would take; something between is taken that a model would refuse.

use super::model::errors;
use faultline_wire::Call;
use faultline_wire::message::{list, text_chars};
use serde_json::Value;

/// Characters that a token surely has no more of on the average of a long text. Chosen, not measured.
const CHARS: usize = 8;

/// Tokens of the window.
const TOKENS: usize = 200_000;

/// The beta that widens the window to a million tokens: `anthropic_beta` among `additionalModelRequestFields`.
const WIDER: &str = "context-1m";

/// A request whose texts are too long for a window of 200,000 tokens.
pub fn too_long(call: &Call) -> Option<String> {
    let body = &call.body;
    let betas = list(body.pointer("/additionalModelRequestFields/anthropic_beta")).iter();
    let widened = betas.filter_map(Value::as_str).any(|beta| beta.starts_with(WIDER));
    let chars =
        ["system", "messages"].into_iter().filter_map(|part| body.get(part)).map(text_chars).sum::<usize>();
    (!widened && chars > CHARS * TOKENS).then(|| errors("Input is too long for requested model."))
}
