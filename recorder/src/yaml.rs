//! JSON values as YAML on one line: JSON, but for characters that YAML wants escaped otherwise.
//!
//! JSON is YAML, nearly: what a JSON writer leaves as it is and YAML takes for no printable character gets an escape that
//! both understand.

use serde_json::Value;
use std::fmt::Write as _;

/// A value on one line, without spaces.
pub(crate) fn flow(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// A text in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    string(text, &mut out);
    out
}

/// A text as bare as it may be: a word needs no quotes.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain);
    if is_word && !RESERVED.contains(&text) { text.to_owned() } else { quoted(text) }
}

/// Words that are no texts.
const RESERVED: [&str; 3] = ["true", "false", "null"];

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                comma(at, out);
                string(name, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                comma(at, out);
                write(item, out);
            }
            out.push(']');
        }
        Value::String(text) => string(text, out),
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}

fn comma(at: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if is_printable(letter) => out.push(letter),
            letter if u32::from(letter) > 0xFFFF => {
                let _ = write!(out, "\\U{:08X}", u32::from(letter));
            }
            letter => {
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
        }
    }
    out.push('"');
}

/// YAML 1.2, production `c-printable`, without line breaks and the byte order mark.
fn is_printable(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\u{A0}'..='\u{2027}' | '\u{202A}'..='\u{D7FF}' | '\u{E000}'..='\u{FEFE}'
        | '\u{FF00}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_json_and_yaml() {
        let value =
            json!({"a": [1, 1.5, null, true, "x\n\"y\" \\ é \u{7f} \u{85} \u{2028} \u{feff} 😀"], "b c": {}});
        assert_eq!(
            flow(&value),
            r#"{"a":[1,1.5,null,true,"x\n\"y\" \\ é \u007F \u0085 \u2028 \uFEFF 😀"],"b c":{}}"#
        );
        assert_eq!(serde_json::from_str::<Value>(&flow(&value)).unwrap(), value);
    }

    #[test]
    fn a_word_needs_no_quotes() {
        for (text, written) in [
            ("messageStart", "messageStart"),
            ("us-east-1", "us-east-1"),
            ("1a", "\"1a\""),
            ("", "\"\""),
            ("true", "\"true\""),
            ("a b", "\"a b\""),
            ("a: b", "\"a: b\""),
        ] {
            assert_eq!(word(text), written);
        }
    }
}
