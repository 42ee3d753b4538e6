//! Two texts: where they part, what stands there, and a diff that a person can read. Knows not whose texts they are.

use similar::TextDiff;
use unicode_normalization::UnicodeNormalization;

/// Characters shown before and after the first difference: a diff of a whole book helps nobody and takes long.
const WINDOW: usize = 1_000;

/// Characters of a word or value that are shown.
const SHOWN: usize = 60;

/// Where two texts part.
pub(crate) struct TextDifference {
    /// Equal characters before it.
    pub(crate) character: usize,
    /// The word at the place, in each text.
    pub(crate) words: (String, String),
    pub(crate) diff: String,
}

/// The text in Unicode form C, with single spaces for white space and none at the ends.
pub(crate) fn normalised(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where `left` and `right` part; `None` when they are equal.
pub(crate) fn first_difference(left: &str, right: &str) -> Option<TextDifference> {
    if left == right {
        return None;
    }
    let character = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
    let words = (word_at(left, character), word_at(right, character));
    Some(TextDifference { character, words, diff: diff(&window(left, character), &window(right, character)) })
}

/// The word that holds the character at `place`, or that ends before it.
fn word_at(text: &str, place: usize) -> String {
    let before: String = text.chars().take(place).collect();
    let start = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let rest: String = text.chars().skip(place).take_while(|letter| !letter.is_whitespace()).collect();
    // White space itself may be what differs.
    let letter = text.chars().nth(place).filter(|letter| letter.is_whitespace());
    shortened(&format!("{start}{rest}{}", letter.map(|it| it.escape_debug().to_string()).unwrap_or_default()))
}

/// At most so many characters, around nothing in particular: the start.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn window(text: &str, place: usize) -> String {
    text.chars().skip(place.saturating_sub(WINDOW)).take(2 * WINDOW).collect()
}

/// A unified diff by lines.
pub(crate) fn diff(left: &str, right: &str) -> String {
    let lines = TextDiff::from_lines(left, right);
    lines.unified_diff().context_radius(2).header("baseline", "candidate").to_string()
}
