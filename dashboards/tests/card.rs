//! What holds for every card: safe, well-formed, bounded, and looking as the snapshots say.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "shared with the tests of reports, which use all of it")]
mod support;

use faultline_dashboards::Verdict;
use faultline_dashboards::card::{Card, Graded, Paint, SIZE_LIMIT, badge, page, text};
use serde_json::Value;
use support::{sample_card, well_formed};

fn without_style(html: &str) -> String {
    let (before, rest) = html.split_once("<style>").expect("a style sheet");
    let (_, after) = rest.split_once("</style>").expect("its end");
    format!("{before}<style></style>{after}")
}

fn check(card: &Card) -> String {
    let html = page(card);
    let tags = well_formed::read(&html).expect("well-formed HTML");
    well_formed::references(&tags).expect("ids and references");
    for tag in &tags {
        assert!(!["script", "link", "img", "iframe", "form"].contains(&tag.name.as_str()), "{tag:?}");
        assert!(!tag.attributes.iter().any(|(name, _)| name.starts_with("on") || name == "src"), "{tag:?}");
    }
    for line in text(card, Paint::NONE).lines() {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    html
}

#[test]
fn a_card_looks_like_this() {
    let card = sample_card::card();
    insta::assert_snapshot!("text", text(&card, Paint::NONE));
    insta::assert_snapshot!("badge", badge(&card));
    let mut few = card;
    few.results.retain(|result| !result.name.contains("scenario_"));
    insta::assert_snapshot!("page", without_style(&check(&few)));
}

#[test]
fn an_empty_card_claims_nothing() {
    let html = check(&Card::default());
    assert!(html.contains("Nothing was put to the test"));
    assert!(text(&Card::default(), Paint::NONE).contains("nothing was put to the test"));
}

#[test]
fn colours_change_nothing_but_colour() {
    let card = sample_card::card();
    let coloured = text(&card, Paint::new(true));
    let mut plain = String::new();
    for piece in coloured.split('\u{1b}') {
        plain.push_str(
            piece.split_once('m').filter(|_| piece.starts_with('[')).map_or(piece, |(_, rest)| rest),
        );
    }
    assert_ne!(coloured, plain);
    assert_eq!(plain, text(&card, Paint::NONE));
}

#[test]
fn foreign_texts_stay_texts_wherever_they_stand() {
    let hostile = "</style></title><script>alert(1)</script>\"' onload=x &lt; \u{0}\u{1b}[2J";
    let json = serde_json::to_value(sample_card::card()).expect("JSON");
    let card: Card = serde_json::from_value(poisoned(json, hostile)).expect("a card");
    assert!(!check(&card).contains("<script"));
}

/// Every free text of the card replaced.
fn poisoned(value: Value, text: &str) -> Value {
    const CHOICES: [&str; 7] = ["passed", "failed", "skipped", "head", "data", "end", "note"];
    match value {
        Value::String(old) if !CHOICES.contains(&old.as_str()) => Value::String(text.to_owned()),
        Value::Array(items) => items.into_iter().map(|item| poisoned(item, text)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, item)| (key, poisoned(item, text))).collect(),
        other => other,
    }
}

#[test]
fn a_card_of_nothing_but_failures_is_bounded_and_every_link_leads_somewhere() {
    let failure = sample_card::card().results.into_iter().find(|result| result.verdict == Verdict::Failed);
    let failure = failure.expect("a failure");
    let requests = vec![failure.requests.clone(); 20].concat();
    let many = Graded { requests, ..failure };
    let card = Card { results: vec![many; 400], ..Card::default() };
    let html = check(&card);
    assert!(html.len() <= SIZE_LIMIT, "{} bytes", html.len());
    assert!(html.contains("not drawn here."));
    assert!(html.len() > SIZE_LIMIT * 3 / 5, "room is wasted: {} bytes", html.len());
}

#[test]
fn a_card_survives_json() {
    let card = sample_card::card();
    let json = serde_json::to_value(&card).expect("JSON");
    assert_eq!(serde_json::from_value::<Card>(json).expect("a card"), card);
}
