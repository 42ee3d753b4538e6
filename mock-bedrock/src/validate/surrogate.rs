//! Half a character in a request: a surrogate without its partner, which makes a body that is no JSON.
//!
//! It looks at bytes that a JSON parser has refused and finds the words; it parses nothing itself.

/// Half a character: what is said of it, and where, in characters from the body's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lone {
    what: &'static str,
    at: usize,
}

impl Lone {
    /// The rule's name, as the rules of [`super::rules`] have theirs.
    pub const RULE: &str = "surrogates-paired";

    /// Anthropic's words for it (anthropics/claude-code#69927, #4599, #72995). What Bedrock says before the model
    /// does was not captured.
    pub fn message(self) -> String {
        let Self { what, at } = self;
        format!("The request body is not valid JSON: {what}: line 1 column {} (char {at})", at + 1)
    }
}

/// The first half character in a body: as an escape, or as bytes that UTF-8 has no room for.
pub fn lone(body: &[u8]) -> Option<Lone> {
    match std::str::from_utf8(body) {
        Ok(text) => in_escapes(text),
        // Three bytes that would spell U+D800 to U+DFFF.
        Err(error) => matches!(body.get(error.valid_up_to()..), Some([0xed, 0xa0..=0xbf, ..]))
            .then_some(Lone { what: "str is not valid UTF-8: surrogates not allowed", at: 0 }),
    }
}

fn in_escapes(text: &str) -> Option<Lone> {
    let mut from = 0;
    while let Some(found) = text[from..].find('\\') {
        let at = from + found;
        let escape = &text.as_bytes()[at..];
        let lone = |what| Some(Lone { what, at: text[..at].chars().count() });
        from = at
            + match (unit(escape), escape.get(6..).and_then(unit)) {
                (Some(0xdc00..=0xdfff), _) => return lone("invalid high surrogate in string"),
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
                (Some(0xd800..=0xdbff), Some(_)) => return lone("invalid low surrogate in string"),
                (Some(0xd800..=0xdbff), None) => return lone("no low surrogate in string"),
                (Some(_), _) => 6,
                (None, _) => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            };
    }
    None
}

/// The code unit of a `\uXXXX` at the start of `bytes`.
fn unit(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], expected: Option<&str>) {
        let message = lone(body).map(Lone::message);
        let expected = expected.map(|text| format!("The request body is not valid JSON: {text}"));
        assert_eq!(message, expected, "{}", String::from_utf8_lossy(body));
    }

    #[test]
    fn half_a_character_is_named_with_its_place() {
        check(br#"{"a":"\ud83d"}"#, Some("no low surrogate in string: line 1 column 7 (char 6)"));
        check(br#"{"a":"\ud83d\n"}"#, Some("no low surrogate in string: line 1 column 7 (char 6)"));
        check(br#"{"a":"\ud83d\u0041"}"#, Some("invalid low surrogate in string: line 1 column 7 (char 6)"));
        check(br#"{"a":"\uDE00"}"#, Some("invalid high surrogate in string: line 1 column 7 (char 6)"));
        check("\"é\\\\\\ud83d\"".as_bytes(), Some("no low surrogate in string: line 1 column 5 (char 4)"));
        check(
            b"\"\xed\xa0\xbd\"",
            Some("str is not valid UTF-8: surrogates not allowed: line 1 column 1 (char 0)"),
        );
    }

    #[test]
    fn whole_characters_and_other_faults_are_not_taken_for_half_ones() {
        for body in [
            br#"{"a":"\ud83d\ude00"}"#.as_slice(),
            br#"{"a":"\\ud83d"}"#,
            br#"{"a":"\u00e9"#,
            br#"{"a":"\u12"#,
            b"{\"a\":\"\\",
            b"\xff",
            b"",
        ] {
            check(body, None);
        }
    }
}
