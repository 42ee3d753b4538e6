//! Statistics of recorded streams by model: time to first frame, gaps, sizes of fragments, usage. Pure.

use crate::meaning::Meaning;
use faultline_scenarios::Scenario;
use faultline_scenarios::text_match::{NamedMatch, TextMatch};
use std::collections::BTreeMap;

/// What is known of one model's streams.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// How many streams.
    pub streams: usize,
    /// How many other answers: whole ones, and errors.
    pub others: usize,
    /// From the request to the first frame, in milliseconds.
    pub first: Sample,
    /// Between deltas, in milliseconds.
    pub gaps: Sample,
    /// The longest gap between any two frames of each stream, in milliseconds.
    pub stalls: Sample,
    /// From the request to the end, in milliseconds.
    pub total: Sample,
    /// Characters of a text delta.
    pub fragments: Sample,
    /// Input tokens of an answer.
    pub input_tokens: Sample,
    /// Output tokens of an answer.
    pub output_tokens: Sample,
}

/// Sorted numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The smallest number that at least this share of all does not exceed (nearest rank); `None` without any.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.0.len();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank of a sample"
        )]
        let rank = (share * count as f64).ceil() as usize;
        self.0.get(rank.clamp(1, count.max(1)) - 1).copied()
    }

    fn sort(&mut self) {
        self.0.sort_by(f64::total_cmp);
    }
}

/// The statistics of each model that `cassettes` recorded.
pub fn by_model<'a>(cassettes: impl IntoIterator<Item = &'a Scenario>) -> BTreeMap<String, Stats> {
    let mut all: BTreeMap<String, Stats> = BTreeMap::new();
    for cassette in cassettes {
        for meaning in cassette.file.replies.iter().filter_map(Meaning::of) {
            all.entry(model(cassette)).or_default().add(meaning);
        }
    }
    all.values_mut().for_each(Stats::sort);
    all
}

fn model(cassette: &Scenario) -> String {
    match cassette.file.when.as_ref().and_then(|when| when.model.as_ref()) {
        Some(TextMatch::Named(NamedMatch::Like(model)) | TextMatch::Bare(model)) => model.clone(),
        _ => "unknown model".to_owned(),
    }
}

impl Stats {
    fn add(&mut self, meaning: Meaning) {
        let tokens = |names: [&str; 2]| names.iter().find_map(|name| meaning.usage.get(*name));
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 tokens")]
        let number = |count: Option<&u64>| count.map(|count| *count as f64);
        self.input_tokens.0.extend(number(tokens(["inputTokens", "input_tokens"])));
        self.output_tokens.0.extend(number(tokens(["outputTokens", "output_tokens"])));
        if meaning.kinds.is_empty() {
            self.others += 1;
            return;
        }
        self.streams += 1;
        self.first.0.extend(meaning.first);
        self.stalls.0.extend(meaning.gaps.iter().copied().reduce(f64::max));
        self.gaps.0.extend(meaning.delta_gaps);
        self.total.0.push(meaning.total);
        #[expect(clippy::cast_precision_loss, reason = "a delta is short")]
        self.fragments.0.extend(meaning.fragments.iter().map(|length| *length as f64));
    }

    fn sort(&mut self) {
        let all = [
            &mut self.first,
            &mut self.gaps,
            &mut self.stalls,
            &mut self.total,
            &mut self.fragments,
            &mut self.input_tokens,
            &mut self.output_tokens,
        ];
        all.into_iter().for_each(Sample::sort);
    }

    /// A `pace` for scenarios that has these times: medians, and the spread of the middle half as jitter. `None` without
    /// a stream.
    pub fn pace(&self) -> Option<String> {
        let first = self.first.quantile(0.5)?;
        let token = self.gaps.quantile(0.5).unwrap_or_default();
        let spread =
            self.gaps.quantile(0.75).unwrap_or_default() - self.gaps.quantile(0.25).unwrap_or_default();
        // Half of the spread to each side; a wait is never negative.
        let jitter = (spread / 2.0).min(token);
        Some(format!("pace: {{ first: {first:.0}ms, token: {token:.0}ms, jitter: {jitter:.0}ms }}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::load;

    #[test]
    fn a_rank_is_a_number_that_was_seen() {
        let sample = Sample(vec![1.0, 2.0, 3.0, 4.0]);
        let check = |share, expected| assert_eq!(sample.quantile(share), expected);
        check(0.0, Some(1.0));
        check(0.5, Some(2.0));
        check(0.51, Some(3.0));
        check(1.0, Some(4.0));
        assert_eq!(Sample::default().quantile(0.5), None);
    }

    #[test]
    fn streams_of_a_model_give_a_pace_that_a_scenario_takes() {
        let frame = |at: u32| {
            format!(
                "{{ t_ms: {at}, event: contentBlockDelta, payload: {{contentBlockIndex: 0, delta: {{text: abcd}}}} }}"
            )
        };
        let frames = [500, 520, 540, 570].map(frame).join(", ");
        let usage = "{ t_ms: 571, event: metadata, payload: {usage: {inputTokens: 9, outputTokens: 20}} }";
        let text = format!(
            "faultline: 1\nwhen: {{ model: {{ like: m }} }}\norder: takes\nreplies:\n  - frames: [{frames}, {usage}]\n  - body: {{ text: x }}\n"
        );
        let cassette = load::scenario("c", "c", &text).unwrap();
        let all = by_model([&cassette]);
        let stats = &all["m"];
        assert_eq!((stats.streams, stats.others, stats.gaps.len()), (1, 1, 3));
        assert_eq!((stats.first.quantile(0.5), stats.fragments.quantile(0.5)), (Some(500.0), Some(4.0)));
        assert_eq!((stats.stalls.quantile(1.0), stats.output_tokens.quantile(0.5)), (Some(30.0), Some(20.0)));
        let pace = stats.pace().unwrap();
        assert_eq!(pace, "pace: { first: 500ms, token: 20ms, jitter: 5ms }");
        load::scenario("p", "p", &format!("faultline: 1\n{pace}\nreplies: [{{message: [{{text: hi}}]}}]\n"))
            .unwrap();
    }
}
