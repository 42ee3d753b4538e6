//! Numbers and texts that fit a JSON Schema. `nth` tells values of one set apart: another `nth`, another value, as
//! long as the schema has any.

use crate::schema_fits::is_readable;
use crate::schema_parts::Parts;
use crate::schema_pattern;
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

/// A text that fits `parts`, or one near: short, harmless and recognisable. It names no host, file or person that
/// exists (RFC 2606, RFC 5737).
pub(crate) fn text(parts: &Parts<'_>, seed: &mut Seed, nth: usize) -> String {
    let format = parts.all("format").find_map(Value::as_str).and_then(|format| formatted(format, nth));
    let patterns: Vec<&str> = parts.all("pattern").filter_map(Value::as_str).collect();
    // A format is meant to fit a pattern that nobody here can read; a word is not.
    let sure = format.is_some() || patterns.iter().all(|pattern| is_readable(pattern));
    let usual = sized(parts, &format.unwrap_or_else(|| word(seed, nth)));
    let fits = |text: &String| parts.admits(&json!(text));
    if patterns.is_empty() || (sure && fits(&usual)) {
        return usual;
    }
    let (least, most) = limits(parts);
    let made = patterns.iter().filter_map(|pattern| schema_pattern::text(pattern, least, most, nth));
    let given = parts.usual().filter_map(Value::as_str).map(str::to_owned);
    made.chain(given).find(fits).unwrap_or(usual)
}

/// A word that nobody takes for one of their own.
fn word(seed: &mut Seed, nth: usize) -> String {
    let word = ["alpha", "beta", "gamma", "delta"][seed.below(4)];
    let number = if nth == 0 { String::new() } else { nth.to_string() };
    format!("{number}faultline-{word}")
}

/// The least and the most characters.
fn limits(parts: &Parts<'_>) -> (usize, usize) {
    let limit = |count: Option<u64>| count.and_then(|count| usize::try_from(count).ok());
    let least = limit(parts.most("minLength")).unwrap_or(0).min(LONGEST);
    (least, limit(parts.least("maxLength")).unwrap_or(usize::MAX))
}

fn sized(parts: &Parts<'_>, text: &str) -> String {
    let (least, most) = limits(parts);
    let length = text.chars().count().max(least).min(most);
    text.chars().cycle().take(length).collect()
}

/// The formats of JSON Schema (draft 2020-12, validation, section 7.3) and those that pydantic and zod add.
fn formatted(format: &str, nth: usize) -> Option<String> {
    let day = format!("2026-01-{:02}", (14 + nth) % 28 + 1);
    let number = if nth == 0 { String::new() } else { nth.to_string() };
    Some(match format {
        "date" => day,
        "date-time" => format!("{day}T12:00:00Z"),
        "time" => format!("12:{:02}:00Z", nth % 60),
        "duration" => format!("PT{}M", nth + 1),
        // Validators of addresses refuse `.invalid`; nobody reads the mail of example.com.
        "email" | "idn-email" => format!("someone{number}@example.com"),
        "uri" | "url" | "iri" | "uri-reference" | "iri-reference" => {
            format!("https://faultline.invalid/{number}")
        }
        "hostname" | "idn-hostname" => format!("faultline{number}.invalid"),
        "ipv4" => format!("192.0.2.{}", nth % 254 + 1),
        "ipv6" => format!("2001:db8::{}", nth % 9_999 + 1),
        "uuid" | "uuid4" => format!("123e4567-e89b-42d3-a456-{:012}", 426_614_174_000 + nth),
        "json-pointer" => format!("/faultline{number}"),
        _ => return None,
    })
}
