//! Numbers and texts that fit a JSON Schema. `nth` tells values of one set apart: another `nth`, another value, as
//! long as the schema has any.

use crate::schema_parts::Parts;
use crate::seed::Seed;
use serde_json::{Value, json};

/// How many numbers are tried before a schema counts as one that no number fits.
const TRIES: u32 = 200;

/// The longest text, in characters.
const LONGEST: usize = 4096;

/// A number that fits `parts`, or one near where none was found.
pub(crate) fn number(parts: &Parts<'_>, whole: bool, seed: &mut Seed, nth: usize) -> Value {
    let drawn = u8::try_from(seed.between(1, 9)).map_or(1.0, f64::from);
    let limits = |keys: [&str; 2]| {
        keys.iter().flat_map(|key| parts.all(key)).filter_map(Value::as_f64).collect::<Vec<f64>>()
    };
    let low = limits(["minimum", "exclusiveMinimum"]).into_iter().reduce(f64::max);
    let high = limits(["maximum", "exclusiveMaximum"]).into_iter().reduce(f64::min);
    let step = parts.all("multipleOf").filter_map(Value::as_f64).filter(|step| *step > 0.0).reduce(f64::max);
    let drawn = if whole || step.is_some() { drawn } else { drawn + 0.5 };
    let start = drawn.max(low.unwrap_or(f64::MIN)).min(high.unwrap_or(f64::MAX));
    let fits = |number: &f64| {
        number.is_finite() && (!whole || number.fract() == 0.0) && parts.admits(&json(*number))
    };
    let free = !whole && step.is_none();
    // A bound is a poor value where another will do: a reader that rounds may take it for one beyond.
    let inner = (free && start != drawn).then(|| between(low, high)).into_iter().flatten();
    let offset = if free { start.fract() } else { 0.0 };
    let tried = inner.chain(steps(start, step.unwrap_or(1.0), offset)).chain(between(low, high));
    json(tried.filter(fits).nth(nth).unwrap_or(start))
}

/// Multiples of `step`, `offset` added: from `start` upwards, then downwards.
fn steps(start: f64, step: f64, offset: f64) -> impl Iterator<Item = f64> {
    let first = ((start - offset) / step).ceil();
    let at = move |count: f64| count * step + offset;
    let up = (0..TRIES).map(move |more| at(first + f64::from(more)));
    up.chain((1..TRIES).map(move |less| at(first - f64::from(less))))
}

/// Numbers within a range that may hold no whole one.
fn between(low: Option<f64>, high: Option<f64>) -> impl Iterator<Item = f64> {
    const REACH: f64 = 100.0;
    let from = low.or(high.map(|high| high - REACH)).unwrap_or(-REACH);
    let to = high.unwrap_or(from + REACH);
    let inner = (1..TRIES).map(move |part| from + (to - from) * f64::from(part) / f64::from(part + 1));
    inner.chain([from, to])
}

/// A whole number without a decimal point.
fn json(number: f64) -> Value {
    const MOST: f64 = 4e18;
    if number.fract() == 0.0 && number.abs() <= MOST {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within 64 bits")]
        return json!(number as i64);
    }
    json!(number)
}

/// A text that has the length, and the format where the length allows it. Formats are those that agents ask for
/// most.
pub(crate) fn text(parts: &Parts<'_>, seed: &mut Seed, nth: usize) -> String {
    let format = parts.all("format").find_map(Value::as_str);
    let text = format.and_then(|format| formatted(format, nth)).unwrap_or_else(|| {
        let word = ["alpha", "beta", "gamma", "delta"][seed.below(4)];
        if nth == 0 { word.to_owned() } else { format!("{nth}{word}") }
    });
    let limit = |count: Option<u64>| count.and_then(|count| usize::try_from(count).ok());
    let least = limit(parts.most("minLength")).unwrap_or(0).min(LONGEST);
    let most = limit(parts.least("maxLength")).unwrap_or(usize::MAX);
    text.chars().cycle().take(text.len().max(least).min(most)).collect()
}

fn formatted(format: &str, nth: usize) -> Option<String> {
    let day = format!("2026-01-{:02}", (14 + nth) % 28 + 1);
    let number = if nth == 0 { String::new() } else { nth.to_string() };
    Some(match format {
        "date" => day,
        "date-time" => format!("{day}T12:00:00Z"),
        "time" => format!("12:{:02}:00Z", nth % 60),
        "email" => format!("someone{number}@example.com"),
        "uri" | "url" => format!("https://example.com/{number}"),
        "uuid" => format!("123e4567-e89b-12d3-a456-{:012}", 426_614_174_000 + nth),
        _ => return None,
    })
}
