//! A text with placeholders: `at ${place}`. It knows nothing of where the values come from.

use serde_json::Value;

/// A scalar within a text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The names of the placeholders of a text, in their order.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// A text with its placeholders filled. One that is nothing but a placeholder becomes the value itself: a number stays
/// a number.
pub(crate) fn filled(template: &str, values: &[(&str, Value)]) -> Value {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    let pieces: Vec<Piece<'_>> = pieces(template).collect();
    if let [Piece::Name(name)] = pieces.as_slice() {
        return value(name).cloned().unwrap_or(Value::Null);
    }
    let filled = pieces.iter().map(|piece| match piece {
        Piece::Text(plain) => (*plain).to_owned(),
        Piece::Name(name) => value(name).map(text).unwrap_or_default(),
    });
    Value::String(filled.collect())
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Cuts a text into plain parts and the names of its placeholders. `$${` is a plain `${`.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = next_piece(rest);
        rest = after;
        Some(piece)
    })
}

fn next_piece(text: &str) -> (Piece<'_>, &str) {
    if let Some(after) = text.strip_prefix("$${") {
        return (Piece::Text("${"), after);
    }
    if let Some((name, after)) = text.strip_prefix("${").and_then(|inner| inner.split_once('}')) {
        return (Piece::Name(name), after);
    }
    let first = text.chars().next().map_or(0, char::len_utf8);
    let plain = text[first..].find('$').map_or(text.len(), |at| at + first);
    (Piece::Text(&text[..plain]), &text[plain..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(template: &str, named: &[&str], expected: &Value) {
        let values = [("x", json!(5)), ("y", json!("up"))];
        assert_eq!(names(template).collect::<Vec<_>>(), named, "{template}");
        assert_eq!(filled(template, &values), *expected, "{template}");
    }

    #[test]
    fn placeholders_are_filled_wherever_they_stand() {
        check("${x}", &["x"], &json!(5));
        check("${y}", &["y"], &json!("up"));
        check("${x}${y}", &["x", "y"], &json!("5up"));
        check("go ${y}, ${x} times", &["y", "x"], &json!("go up, 5 times"));
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        for plain in ["", "$", "5 $", "$x", "$ {x}", "${x", "é$é", "{x}"] {
            check(plain, &[], &json!(plain));
        }
        check("$${x}", &[], &json!("${x}"));
        check("$$${x}", &[], &json!("$${x}"));
    }
}
