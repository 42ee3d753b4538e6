//! What holds for every report of traces: safe, well-formed, bounded, and readable without script.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/well_formed.rs"]
mod well_formed;

use faultline_dashboards::traces::{
    Bar, Mark, Measured, Percentile, SIZE_LIMIT, Tokens, Tool, TraceReport, Waterfall, page,
};
use proptest::prelude::*;

fn check(report: &TraceReport) -> String {
    let html = page(report);
    let tags = well_formed::read(&html).expect("well-formed HTML");
    well_formed::references(&tags).expect("ids and references");
    assert!(html.len() <= SIZE_LIMIT, "{} bytes", html.len());
    for tag in &tags {
        assert!(!["script", "link", "img", "iframe", "form"].contains(&tag.name.as_str()), "{tag:?}");
        assert!(!tag.attributes.iter().any(|(name, _)| name.starts_with("on") || name == "src"), "{tag:?}");
    }
    for fetch in ["http://", "https://", "url(", "@import"] {
        assert!(!html.contains(fetch), "{fetch}");
    }
    html
}

/// `requests` streams, of which the slowest has `frames` frames.
fn sample(requests: u32, frames: u32) -> TraceReport {
    let measured = |name: &str, factor: f64| Measured {
        name: name.to_owned(),
        samples_ms: (0..requests).map(|n| factor * (1.0 + f64::from(n * 7919 % requests.max(1)))).collect(),
        percentiles: vec![
            Percentile {
                value_ms: factor * 1000.0,
                between_ms: [Some(factor * 950.0), Some(factor * 1050.0)],
                enough: true,
            },
            Percentile { value_ms: factor * 1900.0, between_ms: [Some(factor * 1880.0), None], enough: true },
            Percentile { value_ms: factor * 1990.0, between_ms: [None, None], enough: false },
        ],
    };
    let bar = |depth: usize, name: &str, failure: Option<&str>| Bar {
        depth,
        name: name.to_owned(),
        from_ms: 5.0 * depth as f64,
        took_ms: 900.0,
        failure: failure.map(str::to_owned),
        frames_ms: (0..frames).map(f64::from).collect(),
        marks: vec![
            (1.0, Mark::FirstEvent),
            (2.0, Mark::FirstText),
            (50.0, Mark::Retry),
            (900.0, Mark::Fault),
        ],
    };
    let waterfall = |title: &str, failure| Waterfall {
        title: title.to_owned(),
        about: "0123".to_owned(),
        bars: (0..80).map(|n| bar(n % 5, "chat nova", failure)).collect(),
    };
    TraceReport {
        title: "faultline traces".to_owned(),
        subtitle: "run.db".to_owned(),
        calls: [requests.into(), 3],
        facts: vec![("Traces".to_owned(), "20".to_owned())],
        confidence: 0.95,
        measured: (1..=9).map(|n| measured(&format!("stream: {n}"), f64::from(n))).collect(),
        tools: vec![Tool {
            name: "search".to_owned(),
            calls: 9,
            failed: 1,
            slow: 1,
            median_ms: None,
            most_ms: 6000.0,
        }],
        slow_ms: 5000.0,
        trouble: vec![("Requests sent again".to_owned(), "7".to_owned())],
        errors: vec![("ThrottlingException".to_owned(), 3)],
        tokens: vec![Tokens { model: "nova".to_owned(), counts: [1000, 2, 3, 4] }],
        waterfalls: vec![
            waterfall("The slowest trace", None),
            waterfall("A failing trace", Some("it broke")),
        ],
    }
}

#[test]
fn two_thousand_requests_fit_and_are_readable_without_script() {
    let html = check(&sample(2000, 400));
    for word in [
        "<b>2,000 model calls</b>, <em>3 failed</em>",
        "<td class=\"n\">1.00 s <small>[950 ms, 1.05 s]</small></td>",
        "n too small",
        "▲ slow",
        "ThrottlingException",
        "<text class=\"start\" x=\"0\"",
        "first text after 2.0 ms",
        "20 spans not drawn.",
        "The slowest trace",
        "A failing trace",
        "it broke",
    ] {
        assert!(html.contains(word), "{word}");
    }
    assert_eq!(html.matches("class=\"curve\"").count(), 9);
}

#[test]
fn what_does_not_fit_is_counted_and_an_empty_report_is_a_page() {
    let mut report = sample(10, 5000);
    report.waterfalls = vec![report.waterfalls[0].clone(); 9];
    assert!(check(&report).contains("too large for this page."));
    assert!(check(&TraceReport::default()).contains("No model calls"));
}

#[test]
fn foreign_texts_stay_texts_wherever_they_stand() {
    let hostile = "</style></title><script>alert(1)</script>\"' onload=x &lt; \u{0}\u{1b}[2J";
    let json = serde_json::to_value(sample(3, 3)).unwrap();
    let text = serde_json::to_string(&poisoned(json, hostile)).unwrap();
    let html = check(&serde_json::from_str(&text).unwrap());
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
}

/// Every free text of the report replaced.
fn poisoned(value: serde_json::Value, text: &str) -> serde_json::Value {
    use serde_json::Value;
    const CHOICES: [&str; 5] = ["FirstEvent", "FirstText", "Retry", "Stall", "Fault"];
    match value {
        Value::String(old) if !CHOICES.contains(&old.as_str()) => Value::String(text.to_owned()),
        Value::Array(items) => items.into_iter().map(|item| poisoned(item, text)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, item)| (key, poisoned(item, text))).collect(),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_times_give_a_sound_page(
        samples in prop::collection::vec(any::<f64>(), 0..60),
        frames in prop::collection::vec(any::<f64>(), 0..60),
        from in any::<f64>(),
        text in ".{0,900}",
    ) {
        let mut report = sample(3, 3);
        report.measured[0].samples_ms = samples;
        report.measured[0].name.clone_from(&text);
        let bar = &mut report.waterfalls[0].bars[0];
        (bar.frames_ms, bar.from_ms, bar.took_ms, bar.failure) = (frames, from, -from, Some(text));
        check(&report);
    }
}
