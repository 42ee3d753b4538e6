//! One change, one difference, in the class that it belongs to.

use faultline_shadow::{Class, Divergence, Rules, ToolOrder, Transcript, compare};
use serde_json::json;

use crate::support::answer;

fn found(change: impl Fn(&mut Transcript), rules: &Rules) -> Vec<Divergence> {
    let mut candidate = answer();
    change(&mut candidate);
    compare(&answer(), &candidate, rules)
}

/// One change gives exactly one difference, at that path, and none where the class is left out.
fn check(class: Class, path: &str, change: impl Fn(&mut Transcript)) -> Divergence {
    let all = found(&change, &Rules::default());
    assert_eq!(all.iter().map(|it| it.class).collect::<Vec<_>>(), [class], "{all:#?}");
    assert_eq!(all[0].position.path, path);
    assert!(all[0].diff.contains("\n-") && all[0].diff.contains("\n+"), "{}", all[0].diff);
    assert!(all[0].signature.starts_with(class.name()), "{}", all[0].signature);
    assert_eq!(found(&change, &Rules { without: vec![class], ..Rules::default() }), []);
    all[0].clone()
}

#[test]
fn equal_transcripts_do_not_differ_and_times_do_not_count() {
    assert_eq!(found(|it| it.times.total = Some(1.0), &Rules::default()), []);
}

#[test]
fn each_change_is_found_in_its_class() {
    check(Class::FinalText, "text", |it| it.text = "Both ship todaY.".to_owned());
    check(Class::TextForm, "text", |it| it.text = "Both  ship today.\n".to_owned());
    check(Class::StopReason, "stopReason", |it| it.stop_reason = Some("max_tokens".to_owned()));
    check(Class::StopReason, "stopReason", |it| it.stop_reason = None);
    check(Class::ToolArguments, "toolCalls/1/arguments/order_id", |it| {
        it.tool_calls[1].arguments = json!({"order_id": "B-4411", "verbose": true});
    });
    check(Class::ToolArguments, "toolCalls/0/arguments/verbose", |it| {
        it.tool_calls[0].arguments = json!({"order_id": "A-10293"});
    });
    check(Class::ToolResult, "toolCalls/0/result/status", |it| {
        it.tool_calls[0].result = Some(json!({"status": "lost"}));
    });
    check(Class::ToolResult, "toolCalls/0/result", |it| it.tool_calls[0].result = None);
    check(Class::ToolSequence, "toolCalls/1", |it| it.tool_calls.truncate(1));
    check(Class::ToolSequence, "toolCalls/0", |it| it.tool_calls[0].name = "search".to_owned());
    check(Class::ToolSequence, "toolCalls/1", |it| it.tool_calls[1].turn = 1);
    check(Class::Turns, "turns", |it| it.turns = 3);
    check(Class::Reasoning, "reasoning/0", |it| it.reasoning[0].push('!'));
    check(Class::Citations, "citations/0/title", |it| it.citations[0] = json!({"title": "Returns"}));
    check(Class::Guardrail, "guardrail/0/action", |it| it.guardrail = Some(json!({"action": "INTERVENED"})));
    check(Class::Guardrail, "guardrail/0", |it| it.guardrail = None);
    check(Class::Usage, "usage/1/outputTokens", |it| it.usage[1]["outputTokens"] = json!(10));
    check(Class::Usage, "usage/1", |it| it.usage.truncate(1));
    check(Class::Usage, "usage/0/cacheReadInputTokens", |it| it.usage[0]["cacheReadInputTokens"] = json!(0));
    check(Class::Error, "error", |it| it.error = Some("ThrottlingException".to_owned()));
    check(Class::Partial, "partial", |it| it.partial = Some("Both".to_owned()));
}

#[test]
fn the_first_differing_character_is_counted_in_characters() {
    let said = |text: &str| Transcript { text: text.to_owned(), ..Transcript::default() };
    let check = |left: &str, right: &str, place: usize, class: Class| {
        let found = compare(&said(left), &said(right), &Rules::default());
        assert_eq!((found[0].position.character, found[0].class), (Some(place), class), "{left:?} {right:?}");
    };
    check("größer", "größtes", 4, Class::FinalText);
    check("ab", "abc", 2, Class::FinalText);
    check("", "x", 0, Class::FinalText);
    check("e\u{301}tude", "étude", 0, Class::TextForm);
    check("a b", "a\u{a0}b", 1, Class::TextForm);
    check("A", "a", 0, Class::FinalText);
}

#[test]
fn arguments_are_compared_as_json() {
    let same =
        |arguments| found(|it| it.tool_calls[0].arguments = Clone::clone(&arguments), &Rules::default());
    assert_eq!(
        same(json!({"verbose": true, "order_id": "A-10293"})),
        [],
        "the order of members means nothing"
    );
    assert_eq!(same(json!({"verbose": "true", "order_id": "A-10293"})).len(), 1, "a text is no truth value");
    assert_eq!(same(json!("{\"order_id\": \"A-10293\"")).len(), 1, "cut arguments are no object");
    let number = |value| Transcript { usage: vec![value], ..Transcript::default() };
    let differ = |a, b| compare(&number(a), &number(b), &Rules::default()).len();
    assert_eq!(differ(json!(1), json!(1.0)), 0);
    assert_eq!(differ(json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64)), 1);
}

#[test]
fn order_counts_where_the_rules_say_so() {
    let check = |order: ToolOrder, swapped: usize, moved: usize| {
        let rules = Rules { tool_order: order, ..Rules::default() };
        assert_eq!(found(|it| it.tool_calls.swap(0, 1), &rules).len(), swapped, "{order:?}");
        assert_eq!(found(|it| it.tool_calls[1].turn = 1, &rules).len(), moved, "{order:?}");
    };
    check(ToolOrder::Strict, 2, 1);
    check(ToolOrder::Turns, 0, 1);
    check(ToolOrder::Free, 0, 0);
}

#[test]
fn members_of_usage_can_be_left_out() {
    let rules = Rules { usage_without: vec!["cacheReadInputTokens".to_owned()], ..Rules::default() };
    assert_eq!(found(|it| it.usage[0]["cacheReadInputTokens"] = json!(64), &rules), []);
    assert_eq!(found(|it| it.usage[0]["inputTokens"] = json!(99), &rules).len(), 1);
}

#[test]
fn signatures_name_the_difference_and_not_its_place() {
    let said = |text: &str| Transcript { text: text.to_owned(), ..Transcript::default() };
    let signature = |a: &str, b: &str| compare(&said(a), &said(b), &Rules::default())[0].signature.clone();
    assert_eq!(signature("a cat sat", "a dog sat"), signature("here a cat sat", "here a dog sat"));
    assert_ne!(signature("a cat sat", "a dog sat"), signature("a cat sat", "a cow sat"));
    assert_eq!(
        signature("cat", "dog"),
        "finalText:7276a1f9682f61f0",
        "a signature lives longer than a version"
    );
}

#[test]
fn a_transcript_goes_through_json_unchanged() {
    let text = serde_json::to_string(&answer()).unwrap();
    assert_eq!(serde_json::from_str::<Transcript>(&text).unwrap(), answer());
}
