//! What holds for every report: safe, well-formed, bounded, and looking as the snapshots say.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "shared with the tests of cards, which use all of it")]
mod support;

use faultline_dashboards::{Case, Report, SIZE_LIMIT, TABLE_WIDTH, Tick, TickKind, render, table};
use proptest::prelude::*;
use support::{sample, well_formed};

/// The page without its style sheet, which has a file of its own to be read in.
fn without_style(html: &str) -> String {
    let (before, rest) = html.split_once("<style>").expect("a style sheet");
    let (_, after) = rest.split_once("</style>").expect("its end");
    format!("{before}<style></style>{after}")
}

fn check(report: &Report) -> String {
    let html = render(report);
    let tags = well_formed::read(&html).expect("well-formed HTML");
    well_formed::references(&tags).expect("ids and references");
    assert!(html.len() <= SIZE_LIMIT, "{} bytes", html.len());
    for tag in &tags {
        assert!(!["script", "link", "img", "iframe", "form"].contains(&tag.name.as_str()), "{tag:?}");
        assert!(!tag.attributes.iter().any(|(name, _)| name.starts_with("on") || name == "src"), "{tag:?}");
    }
    for line in table(report).lines() {
        assert!(line.chars().count() <= TABLE_WIDTH, "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    html
}

#[test]
fn a_small_report_looks_like_this() {
    let report = sample::small();
    insta::assert_snapshot!("page", without_style(&check(&report)));
    insta::assert_snapshot!("table", table(&report));
}

#[test]
fn a_realistic_report_is_well_formed_and_says_who_failed() {
    let report = sample::realistic();
    let html = check(&report);
    assert!(
        html.contains("<b>34</b> of 35 runs passed"),
        "{}",
        &html[html.find("id=\"verdict\"").unwrap()..][..200]
    );
    assert!(html.contains(">rst-stream-cancel</a> (streaming)"));
    insta::assert_snapshot!("realistic table", table(&report));
}

#[test]
fn an_empty_report_is_still_a_page() {
    assert!(check(&Report::default()).contains("Nothing was run"));
}

#[test]
fn foreign_texts_stay_texts_wherever_they_stand() {
    let hostile = "</style></title><script>alert(1)</script>\"' onload=x &lt; \u{0}\u{1b}[2J";
    let json = serde_json::to_value(sample::small()).unwrap();
    let report: Report = serde_json::from_value(poisoned(json, hostile)).unwrap();
    let html = check(&report);
    assert!(!html.contains("<script"));
    assert!(html.contains("&lt;script&gt;"));
}

/// Every free text of the report replaced.
fn poisoned(value: serde_json::Value, text: &str) -> serde_json::Value {
    use serde_json::Value;
    const CHOICES: [&str; 9] =
        ["unary", "streaming", "passed", "failed", "skipped", "head", "data", "end", "note"];
    match value {
        Value::String(old) if !CHOICES.contains(&old.as_str()) => Value::String(text.to_owned()),
        Value::Array(items) => items.into_iter().map(|item| poisoned(item, text)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, item)| (key, poisoned(item, text))).collect(),
        other => other,
    }
}

#[test]
fn two_thousand_requests_fit_and_what_is_left_out_is_counted() {
    for (cases, requests) in [(25, 40), (1_000, 1), (1, 1_000)] {
        let html = check(&sample::huge(cases, requests));
        assert!(
            html.contains("not drawn here.") || html.contains("scenarios left out"),
            "{cases} × {requests}"
        );
        assert!(
            html.len() > SIZE_LIMIT * 3 / 5,
            "room is wasted: {} bytes for {cases} × {requests}",
            html.len()
        );
    }
}

#[test]
fn the_one_failure_among_a_thousand_scenarios_is_never_left_out() {
    let mut report = sample::huge(1_000, 1);
    let last = report.cases.last_mut().unwrap();
    last.arms[1].verdict = faultline_dashboards::Verdict::Failed;
    let html = check(&report);
    assert!(html.contains("<article class=\"case failed\" id=\"case-1000\">"));
}

#[test]
fn a_report_survives_json() {
    let report = sample::realistic();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
}

fn any_tick() -> impl Strategy<Value = Tick> {
    let kind = prop_oneof![
        1 => Just(TickKind::Head),
        4 => Just(TickKind::Data),
        1 => Just(TickKind::End),
        1 => Just(TickKind::Note)
    ];
    (any::<f64>(), ".{0,30}", any::<u64>(), proptest::option::of(".{0,12}"), kind)
        .prop_map(|(at_ms, label, bytes, fault, kind)| Tick { at_ms, label, bytes, fault, kind })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_timeline_in_any_order_gives_a_sound_page(
        ticks in prop::collection::vec(any_tick(), 0..60),
        text in ".{0,900}",
    ) {
        let mut report = sample::small();
        report.cases[0].arms[1].requests[0].timeline = ticks;
        report.cases[0].arms[1].error.clone_from(&text);
        report.cases.extend(vec![Case { name: text.clone(), about: text, ..Case::default() }; 3]);
        check(&report);
    }
}
