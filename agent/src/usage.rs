//! Token counts, added up once per attempt of a model call.

use std::ops::AddAssign;

use aws_sdk_bedrockruntime::types::TokenUsage;

/// Tokens of one or more model calls, as the service reported them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Attempts that were made, whether they ended well or not. Retries inside the SDK are not seen.
    pub calls: u32,
    /// Calls whose usage is unknown: no `metadata` came, or it was all zeros. They are not free.
    pub unreported_calls: u32,
    /// Input tokens outside the cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Input tokens read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the prompt cache.
    pub cache_write_tokens: u64,
    /// The service's own `totalTokens`. Models differ in whether cache tokens are in it, so it is never derived.
    pub total_tokens: u64,
}

impl Usage {
    /// The usage of one call, from what the service said about it, if anything.
    #[must_use]
    pub fn of_call(reported: Option<&TokenUsage>) -> Self {
        let Some(reported) = reported.filter(|usage| !is_zero(usage)) else {
            return Self { calls: 1, unreported_calls: 1, ..Self::default() };
        };
        Self {
            calls: 1,
            unreported_calls: 0,
            input_tokens: count(Some(reported.input_tokens)),
            output_tokens: count(Some(reported.output_tokens)),
            cache_read_tokens: count(reported.cache_read_input_tokens),
            cache_write_tokens: count(reported.cache_write_input_tokens),
            total_tokens: count(Some(reported.total_tokens)),
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.unreported_calls += other.unreported_calls;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.total_tokens += other.total_tokens;
    }
}

fn is_zero(usage: &TokenUsage) -> bool {
    usage.input_tokens == 0 && usage.output_tokens == 0 && usage.total_tokens == 0
}

/// A negative count would be the service's fault; it counts as nothing.
fn count(tokens: Option<i32>) -> u64 {
    tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(0)
}
