//! A text cut at the same places as another, in proportion.
//!
//! It knows nothing of tools and replies.

use serde_json::{Value, json};

/// `input` as JSON text, cut where `pieces` were.
pub(crate) fn recut_input(pieces: &[&str], input: &Value) -> Vec<String> {
    recut(pieces, &spelled(input, pieces))
}

/// As [`recut_input`], for pieces that break off before the end of `written`: `input` breaks off as early, in proportion.
/// `None` for pieces that are no beginning of it.
pub(crate) fn recut_part(pieces: &[&str], written: &Value, input: &Value) -> Option<Vec<String>> {
    let bare = |text: &str| text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect::<String>();
    let (part, whole) = (bare(&pieces.concat()), bare(&written.to_string()));
    if part.is_empty() || part.len() >= whole.len() || !whole.starts_with(&part) {
        return None;
    }
    let text = spelled(input, pieces);
    let count = text.chars().count();
    // Without its last brace no object is JSON.
    let kept = (count * part.len() / whole.len()).clamp(1, count - 1);
    Some(recut(pieces, &text.chars().take(kept).collect::<String>()))
}

/// How many pieces of one character make a text that arrives letter by letter; fewer are just short.
const LETTERS: usize = 4;

/// The pieces of `text`, cut where `pieces` were: as many of them, empty ones where those were empty. Pieces of one
/// character each stay that, so there are as many as the text has. A JSON object that is shorter than there are pieces is
/// made longer by spaces after its brace, which mean nothing (RFC 8259, section 2).
fn recut(pieces: &[&str], text: &str) -> Vec<String> {
    let filled = pieces.iter().filter(|piece| !piece.is_empty()).count();
    if filled >= LETTERS && pieces.iter().all(|piece| piece.chars().count() <= 1) {
        return letter_by_letter(pieces, text);
    }
    let text = padded(text, filled);
    let mut letters = text.chars();
    let lengths = lengths(pieces, filled, text.chars().count());
    lengths.into_iter().map(|length| letters.by_ref().take(length).collect()).collect()
}

/// How long each piece of a text of `count` characters is.
fn lengths(pieces: &[&str], filled: usize, count: usize) -> Vec<usize> {
    let total: usize = pieces.iter().map(|piece| piece.chars().count()).sum();
    let (mut seen, mut taken, mut left) = (0, 0, filled);
    let mut length = |piece: &&str| {
        if piece.is_empty() {
            return 0;
        }
        seen += piece.chars().count();
        left -= 1;
        // Rounded, but no piece is empty that was not, and nothing is left over.
        let place = (seen * count + total / 2) / total;
        let end = if left == 0 { count } else { place.max(taken + 1).min(count.saturating_sub(left)) };
        let length = end.saturating_sub(taken);
        taken = end;
        length
    };
    pieces.iter().map(&mut length).collect()
}

fn letter_by_letter(pieces: &[&str], text: &str) -> Vec<String> {
    let empty = |pieces: usize| std::iter::repeat_n(String::new(), pieces);
    let before = pieces.iter().take_while(|piece| piece.is_empty()).count();
    let after = pieces.iter().rev().take_while(|piece| piece.is_empty()).count();
    empty(before).chain(text.chars().map(String::from)).chain(empty(after)).collect()
}

/// `text` with as many characters at least.
fn padded(text: &str, least: usize) -> String {
    let missing = least.saturating_sub(text.chars().count());
    text.replacen('{', &format!("{{{}", " ".repeat(missing)), 1)
}

/// `input` as text. Where the script spells letters as `\uXXXX`, so that a cut falls into one, all letters of texts are.
fn spelled(input: &Value, pieces: &[&str]) -> String {
    if pieces.concat().contains("\\u") { escaped(input) } else { input.to_string() }
}

fn escaped(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(",");
    match value {
        Value::String(text) => {
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            format!("\"{units}\"")
        }
        Value::Array(items) => format!("[{}]", joined(items.iter().map(escaped).collect())),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{}:{}", json!(name), escaped(value));
            format!("{{{}}}", joined(members.iter().map(member).collect()))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(pieces: &[&str], text: &str, expected: &[&str]) {
        assert_eq!(recut(pieces, text), expected, "{pieces:?} for {text}");
    }

    #[test]
    fn a_text_is_cut_at_the_places_of_another() {
        check(&["", "ab", "cdef"], "123456789", &["", "123", "456789"]);
        check(&["ab", "", "cd"], "éèêë", &["éè", "", "êë"]);
        check(&["aaaaaaaaaaaa", "b", "c"], "1234", &["12", "3", "4"]);
        check(&["a", "b", "cccccccccccc"], "1234", &["1", "2", "34"]);
        check(&["whole"], "other", &["other"]);
    }

    #[test]
    fn a_part_of_an_input_becomes_a_part_of_another() {
        let written = json!({"sum": "3 + 4 + 5"});
        let part = |pieces: &[&str], input: &Value| recut_part(pieces, &written, input);
        let cut = part(&["", "{\"sum\"", ": \"3 +"], &json!({"parcel": "alpha-beta"})).unwrap();
        assert_eq!(cut, ["", "{\"parcel", "\":\"alph"]);
        assert_eq!(part(&["{"], &json!({})), Some(vec!["{".to_owned()]));
        for other in [&["{\"sum\": \"3 + 4 + 5\"}"][..], &["{'sum'"], &[""], &["{\"sum\": \"4"]] {
            assert_eq!(part(other, &json!({"a": 1})), None, "{other:?}");
        }
    }

    #[test]
    fn letter_by_letter_stays_so() {
        check(&["", "{", "", "a", "b", "}", ""], "{1}", &["", "{", "1", "}", ""]);
        check(&["{", "}"], "{123}", &["{12", "3}"]);
        check(&["x"], "{12}", &["{12}"]);
    }

    #[test]
    fn an_object_too_short_for_its_pieces_gets_spaces() {
        check(&["", "aa", "bb", "cc", "dd"], "{}", &["", "{", " ", " ", "}"]);
    }

    proptest! {
        #[test]
        fn pieces_join_to_the_text_and_are_as_many(
            pieces in prop::collection::vec("[a-z]{0,3}", 1..9), text in "\\{[a-zé]{0,30}\\}"
        ) {
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assume!(pieces.iter().any(|piece| piece.len() > 1));
            let cut = recut(&pieces, &text);
            let empty = |piece: &str| piece.is_empty();
            prop_assert_eq!(cut.concat().replace(' ', ""), text);
            prop_assert!(cut.iter().map(|piece| empty(piece)).eq(pieces.iter().map(|piece| empty(piece))), "{:?}", cut);
        }
    }
}
