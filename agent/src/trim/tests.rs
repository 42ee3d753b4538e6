//! Histories as letters, cut at prompts.

use super::*;
use crate::sample::{history, letters};

#[test]
fn whole_exchanges_go_oldest_first() {
    // p: prompt, c: call, r: result, a: answer.
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(older_half(&history(text)).map(|kept| letters(&kept)).as_deref(), expected, "{text}");
    };
    check("", None);
    check("pa", None);
    check("pcra", None);
    check("pcrapa", Some("pa"));
    check("pap", Some("p"));
    check("papcrcrapa", Some("pa"));
    check("papapcrap", Some("pcrap"));
}

#[test]
fn so_many_exchanges_are_kept() {
    let check = |keep, expected: Option<&str>| {
        let kept = newest(&history("pacrpcrapapa"), keep);
        assert_eq!(kept.map(|kept| letters(&kept)).as_deref(), expected, "{keep}");
    };
    check(0, Some("pa"));
    check(1, Some("pa"));
    check(2, Some("papa"));
    check(3, Some("pcrapapa"));
    check(4, None);
    check(99, None);
}

#[test]
fn the_newest_prompt_parts_old_from_new() {
    let check = |text: &str, expected: Option<(&str, &str)>| {
        let history = history(text);
        let parts = at_newest_prompt(&history).map(|(old, new)| (letters(old), letters(new)));
        let parts = parts.as_ref().map(|(old, new)| (old.as_str(), new.as_str()));
        assert_eq!(parts, expected, "{text}");
    };
    check("p", None);
    check("pcr", None);
    check("pap", Some(("pa", "p")));
    check("pcrapcr", Some(("pcra", "pcr")));
}

#[test]
fn long_results_lose_their_middle_and_no_character_is_halved() {
    let text = "\u{1f600}".repeat(10);
    assert_eq!(cut_middle(&text, 10), text);
    let emoji = "\u{1f600}";
    let cut = cut_middle(&text, 3);
    assert_eq!(cut, format!("{emoji}{emoji}\n[7 characters left out]\n{emoji}"));
    assert!(shorter_results(&history("pcra"), 100).is_none());
    let shorter = shorter_results(&history("pcra"), 2).unwrap();
    assert_eq!(letters(&shorter), "pcra");
    let result = shorter[2].content[0].as_tool_result().unwrap();
    assert!(result.content[0].as_text().unwrap().contains("characters left out"));
}
