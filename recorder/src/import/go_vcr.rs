//! Cassettes of go-vcr, versions 1 to 4: bodies as texts or `!!binary`, and how long each exchange took until its head came.

use super::Entries;
use super::exchange::{Exchange, content, headers, millis, status};
use super::tree::Tree;
use std::time::Duration;

/// The exchanges of a cassette.
pub(super) fn entries(document: &Tree) -> Entries {
    document.get("interactions").map_or(&[][..], Tree::items).iter().map(entry).collect()
}

fn entry(interaction: &Tree) -> Result<Exchange, String> {
    let request = interaction.get("request").ok_or("it has no `request`")?;
    let response = interaction.get("response").ok_or("it has no `response`")?;
    let took = response.get("duration").and_then(duration).unwrap_or_default();
    Ok(Exchange {
        method: request.text_at("method").unwrap_or("POST").to_owned(),
        url: request.text_at("url").ok_or("its request has no `url`")?.to_owned(),
        asked: headers(request.get("headers")),
        request: content(request.get("body")),
        status: status(response.get("code"))?,
        headers: headers(response.get("headers")),
        body: content(response.get("body")),
        began: took,
        ended: took,
    })
}

/// A duration as Go writes it (`1m3.5s`, `693.876083ms`), or in nanoseconds.
fn duration(tree: &Tree) -> Option<Duration> {
    if let Some(nanos) = tree.number() {
        return Some(millis(nanos / 1e6));
    }
    let mut rest = tree.text()?.trim();
    let mut sum = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (value, unit) = rest.split_at(number);
        let length = unit.find(|letter: char| letter.is_ascii_digit()).unwrap_or(unit.len());
        let factor = match &unit[..length] {
            "h" => 3.6e6,
            "m" => 6e4,
            "s" => 1e3,
            "ms" => 1.0,
            "µs" | "μs" | "us" => 1e-3,
            "ns" => 1e-6,
            _ => return None,
        };
        sum += value.parse::<f64>().ok()? * factor;
        rest = &unit[length..];
    }
    Some(millis(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (text, micros) in [
            ("693.876083ms", Some(693_876)),
            ("3.764905916s", Some(3_764_905)),
            ("1m2.5s", Some(62_500_000)),
            ("15µs", Some(15)),
            ("0s", Some(0)),
            ("1500000", Some(1500)),
            ("soon", None),
            ("5", Some(0)),
            ("5 s", None),
            ("", Some(0)),
        ] {
            let found = duration(&Tree::Text(text.into())).map(|duration| duration.as_micros());
            assert_eq!(found, micros, "{text}");
        }
    }
}
