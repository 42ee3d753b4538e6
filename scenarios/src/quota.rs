//! A quota as an account has one: so many requests, or tokens, in any stretch of time of one length.
//!
//! Pure: the moment is an argument, counted from the start of the server.

use crate::span::Span;
use faultline_wire::Call;
use faultline_wire::message::text_chars;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;

/// How much a session may ask for before a fault strikes. All models share it, and what is refused is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quota {
    /// So many requests.
    #[schemars(range(min = 1))]
    pub requests: Option<u64>,
    /// So many tokens. As Bedrock does when a request begins, its input and its `maxTokens` are counted (AWS, "How tokens
    /// are counted in Amazon Bedrock"); the input is an estimate of four characters a token.
    #[schemars(range(min = 1))]
    pub tokens: Option<u64>,
    /// Within so long a time.
    pub per: Span,
}

/// What of a quota is used up: when something was admitted, and its tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spent(VecDeque<(Duration, u64)>);

impl Quota {
    /// Whether a request at `now` is beyond the quota; one that is not is counted. Moments come in their order.
    pub(crate) fn is_exceeded(&self, spent: &mut Spent, now: Duration, tokens: u64) -> bool {
        while spent.0.front().is_some_and(|(at, _)| now.saturating_sub(*at) >= self.per.0) {
            spent.0.pop_front();
        }
        let used: u64 = spent.0.iter().map(|(_, tokens)| tokens).sum();
        let too_many = self.requests.is_some_and(|most| spent.0.len() as u64 >= most);
        let too_much = self.tokens.is_some_and(|most| used.saturating_add(tokens) > most);
        if !too_many && !too_much {
            spent.0.push_back((now, tokens));
        }
        too_many || too_much
    }
}

/// What a request counts for: its input, and as much output as it allows itself.
pub(crate) fn tokens(call: &Call) -> u64 {
    let most = call.body.pointer("/inferenceConfig/maxTokens").and_then(Value::as_u64);
    let input = ["system", "messages", "toolConfig"].iter().filter_map(|part| call.body.get(part));
    let chars: usize = input.map(text_chars).sum();
    (chars as u64 / 4).saturating_add(most.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_wire::Operation;
    use serde_json::json;

    fn exceeded(quota: Quota, asked: &[(u64, u64)]) -> Vec<bool> {
        let mut spent = Spent::default();
        let ask =
            |(at, tokens): &(u64, u64)| quota.is_exceeded(&mut spent, Duration::from_secs(*at), *tokens);
        asked.iter().map(ask).collect()
    }

    #[test]
    fn a_quota_holds_for_every_stretch_of_time() {
        let per = Span(Duration::from_secs(60));
        let requests = Quota { requests: Some(2), tokens: None, per };
        let asked = [(0, 9), (30, 9), (59, 9), (60, 9), (61, 9), (90, 9)];
        assert_eq!(exceeded(requests, &asked), [false, false, true, false, true, false]);
        let tokens = Quota { requests: None, tokens: Some(100), per };
        assert_eq!(
            exceeded(tokens, &[(0, 60), (1, 41), (2, 40), (3, 1), (60, 60)]),
            [false, true, false, true, false]
        );
        assert_eq!(
            exceeded(tokens, &[(0, 101), (1, 100)]),
            [true, false],
            "what is refused counts for nothing"
        );
    }

    #[test]
    fn a_request_counts_for_its_input_and_the_output_that_it_allows_itself() {
        let call = |config: Value| Call {
            operation: Operation::Converse,
            model_id: "m".into(),
            base: String::new(),
            headers: Vec::new(),
            body: json!({
                "system": [{"text": "12345678"}],
                "messages": [{"role": "user", "content": [{"text": "1234"}]}],
                "inferenceConfig": config,
            }),
        };
        assert_eq!(tokens(&call(json!({}))), 4, "with the letters of the role");
        assert_eq!(tokens(&call(json!({"maxTokens": 500}))), 504);
        assert_eq!(tokens(&call(json!({"maxTokens": u64::MAX}))), u64::MAX);
    }
}
