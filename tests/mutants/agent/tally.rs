//! What every attempt cost: one entry an attempt, `null` where the service did not say.

use crate::bug::Bug;
use aws_sdk_bedrockruntime::types::TokenUsage;
use serde_json::{Value, json};

/// The usage of every attempt, in order.
#[derive(Debug)]
pub(crate) struct Tally {
    usage: Vec<Value>,
    bug: Bug,
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new(bug: Bug) -> Self {
        Self { usage: Vec::new(), bug }
    }

    /// An attempt has ended; all zeros are no figures.
    pub(crate) fn attempt(&mut self, usage: Option<&TokenUsage>) {
        let known = usage.filter(|usage| usage.input_tokens + usage.output_tokens + usage.total_tokens > 0);
        let entry = match known {
            Some(usage) => spelled(usage),
            None if self.bug.is(Bug::UnknownUsageIsZero) => {
                json!({"inputTokens": 0, "outputTokens": 0, "totalTokens": 0})
            }
            None => Value::Null,
        };
        if self.bug.is(Bug::CountsUsageTwice) && known.is_some() {
            self.usage.push(entry.clone());
        }
        self.usage.push(entry);
    }

    /// As JSON.
    pub(crate) fn report(&self) -> Value {
        json!({ "usage": self.usage })
    }
}

fn spelled(usage: &TokenUsage) -> Value {
    let mut figures = json!({
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total_tokens,
    });
    let cached = [
        ("cacheReadInputTokens", usage.cache_read_input_tokens),
        ("cacheWriteInputTokens", usage.cache_write_input_tokens),
    ];
    for (name, figure) in cached.into_iter().filter_map(|(name, figure)| Some((name, figure?))) {
        figures[name] = Value::from(figure);
    }
    figures
}
