//! What a recorded answer is found by: the condition that the request it was given to meets, and later ones like it.
//!
//! One function for the recorder and the matcher, so that a recording always finds itself. It holds what was asked last and
//! the place in the conversation; what the model said before, system prompts, settings and tools are not in it: they
//! change without a change of meaning.

use crate::file::{OneOrMany, When};
use crate::text_match::{NamedMatch, TextMatch};
use faultline_wire::{Call, asked};

/// The condition of `call`: operation, model, turn, last words of the user, tool results.
pub fn key(call: &Call) -> When {
    let (text, results) = (asked::last_text(call), asked::result_ids(call));
    When {
        operation: Some(OneOrMany::One(call.operation.name().to_owned())),
        model: Some(TextMatch::Named(NamedMatch::Like(call.model_id.clone()))),
        turn: Some(call.assistant_turns() + 1),
        text: (!text.is_empty()).then_some(TextMatch::Named(NamedMatch::Like(text))),
        tool_results: (!results.is_empty()).then_some(results),
        ..When::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::fits;
    use faultline_wire::Operation;
    use serde_json::{Value, json};

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read best by value")]
    fn call(model: &str, messages: Value) -> Call {
        Call {
            operation: Operation::ConverseStream,
            model_id: model.into(),
            base: String::new(),
            headers: Vec::new(),
            body: json!({ "messages": messages }),
        }
    }

    fn user(text: &str) -> Value {
        json!({"role": "user", "content": [{ "text": text }]})
    }

    fn said(text: &str) -> Value {
        json!({"role": "assistant", "content": [{ "text": text }]})
    }

    #[test]
    fn a_recording_finds_itself_and_what_means_the_same() {
        let recorded = call("m", json!([user("Today is 2026-11-20. Go."), said("Went."), user("Again.")]));
        let when = key(&recorded);
        assert_eq!(fits(&when, &recorded), Ok(()));
        let prose =
            call("m", json!([user("Today is 2027-01-01. Go."), said("I have gone."), user("Again.")]));
        assert_eq!(fits(&when, &prose), Ok(()));
    }

    #[test]
    fn a_miss_says_which_field_is_another() {
        let when = key(&call("m", json!([user("Go.")])));
        let check = |call: Call, field: &str, why: &str| {
            let miss = fits(&when, &call).unwrap_err();
            assert_eq!((miss.field.as_str(), miss.why.as_str()), (field, why));
        };
        let other = call("n", json!([user("Go.")]));
        check(other, "model", "wanted a text like \"m\", the request has n");
        let later = call("m", json!([user("Go."), said("Went."), user("Go.")]));
        check(later, "turn", "wanted 1, the request has 2");
        let more = call("m", json!([user("Stop.")]));
        check(more, "text", "wanted a text like \"Go.\", the request has \"Stop.\"");
    }

    #[test]
    fn tool_results_are_known_by_their_ids() {
        let result = |id: &str, text: &str| json!({"role": "user", "content": [{"toolResult": {"toolUseId": id, "content": [{"text": text}]}}]});
        let asks = |id: &str| json!({"role": "assistant", "content": [{"toolUse": {"toolUseId": id}}]});
        let when = key(&call("m", json!([user("Go."), asks("a"), result("a", "1")])));
        assert_eq!(fits(&when, &call("m", json!([user("Go."), asks("a"), result("a", "2")]))), Ok(()));
        let other = fits(&when, &call("m", json!([user("Go."), asks("b"), result("b", "1")]))).unwrap_err();
        assert_eq!(other.field, "toolResults");
    }
}
