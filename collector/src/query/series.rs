//! Model calls over time. Pure.

use super::chat::ChatSample;
use crate::statistics::quantile;
use serde::Serialize;
use std::borrow::Borrow;

/// The calls that began in one stretch of time. Times are seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// Where it begins, nanoseconds since 1970.
    pub from: i64,
    /// Calls.
    pub calls: usize,
    /// Those that failed.
    pub errors: usize,
    /// Half of the calls took at most so long.
    pub total_p50: Option<f64>,
    /// 95 of a hundred took at most so long.
    pub total_p95: Option<f64>,
    /// In half of the streams the first text came within.
    pub first_text_p50: Option<f64>,
    /// Tokens that were read.
    pub input_tokens: i64,
    /// Tokens that were written.
    pub output_tokens: i64,
}

/// The most buckets: who asks for more gets the newest.
const MOST: i64 = 10_000;

/// Buckets of `width` nanoseconds, from the first call to the last, the empty ones too. `samples` are in order of time.
#[must_use]
pub fn series<Sample: Borrow<ChatSample>>(samples: &[Sample], width: i64) -> Vec<Bucket> {
    let width = width.max(1);
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Vec::new() };
    let number = |sample: &Sample| sample.borrow().started.div_euclid(width);
    let begin = number(first).max(number(last).saturating_sub(MOST - 1));
    let mut rest = &samples[samples.partition_point(|sample| number(sample) < begin)..];
    let buckets = (begin..=number(last)).map(|bucket| {
        let (inside, after) = rest.split_at(rest.partition_point(|sample| number(sample) <= bucket));
        rest = after;
        of(bucket.saturating_mul(width), inside)
    });
    buckets.collect()
}

fn of(from: i64, samples: &[impl Borrow<ChatSample>]) -> Bucket {
    let calls = || samples.iter().map(Borrow::borrow);
    let sorted = |values: Vec<f64>| {
        let mut values = values;
        values.sort_by(f64::total_cmp);
        values
    };
    let totals = sorted(calls().map(|sample| sample.total).collect());
    let texts = sorted(calls().filter_map(|sample| sample.first_text).collect());
    let usage = || calls().filter_map(|sample| sample.usage);
    Bucket {
        from,
        calls: samples.len(),
        errors: calls().filter(|sample| sample.error.is_some()).count(),
        total_p50: quantile(&totals, 0.5),
        total_p95: quantile(&totals, 0.95),
        first_text_p50: quantile(&texts, 0.5),
        input_tokens: usage().map(|usage| usage.input).sum(),
        output_tokens: usage().map(|usage| usage.output).sum(),
    }
}
