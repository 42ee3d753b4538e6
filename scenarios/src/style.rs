//! How a model family cuts its output into deltas.
//!
//! Sizes are quantiles of recorded streams (2024 to 2026): Claude sends a tool's input in pieces of up to 13
//! characters after an empty first one, Nova sends it whole, Cohere pretty-prints it a token at a time.

use crate::seed::Seed;
use faultline_wire::Family;
use serde_json::Value;

/// Piece lengths in characters at the 0th, 10th, 50th, 90th and 100th percentile.
type Quantiles = [usize; 5];

const CLAUDE_TEXT: Quantiles = [1, 1, 9, 28, 55];
const CLAUDE_TOOL: Quantiles = [1, 2, 6, 11, 13];
const NOVA_TEXT: Quantiles = [1, 1, 6, 18, 42];
const TITAN_TEXT: Quantiles = [12, 12, 29, 230, 285];
const TOKENS: Quantiles = [1, 1, 4, 10, 15];
const COHERE: Quantiles = [1, 1, 5, 10, 14];
const COHERE_TOOL: Quantiles = [1, 1, 2, 8, 10];

/// The pieces of a text block.
pub fn text_pieces(family: Family, text: &str, seed: &mut Seed) -> Vec<String> {
    let quantiles = match family {
        Family::Claude => CLAUDE_TEXT,
        Family::Nova => NOVA_TEXT,
        Family::Titan => TITAN_TEXT,
        Family::Cohere => COHERE,
        Family::Llama | Family::Mistral | Family::Jamba | Family::Other => TOKENS,
    };
    cut(text, quantiles, seed)
}

/// The pieces of a tool's input.
pub fn tool_pieces(family: Family, input: &Value, seed: &mut Seed) -> Vec<String> {
    match family {
        Family::Claude => {
            let mut pieces = vec![String::new()];
            pieces.extend(cut(&spaced(input), CLAUDE_TOOL, seed));
            pieces
        }
        Family::Cohere => cut(&pretty(input), COHERE_TOOL, seed),
        _ => vec![input.to_string()],
    }
}

fn cut(text: &str, quantiles: Quantiles, seed: &mut Seed) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut letters = text.chars();
    loop {
        let piece: String = letters.by_ref().take(length(quantiles, seed)).collect();
        if piece.is_empty() {
            return pieces;
        }
        pieces.push(piece);
    }
}

/// A length drawn from the quantiles, evenly within each of their four ranges.
fn length(quantiles: Quantiles, seed: &mut Seed) -> usize {
    let range = match seed.below(10) {
        0 => 0,
        1..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    seed.between(quantiles[range], quantiles[range + 1])
}

/// JSON with a space after `:` and `,`, as Claude writes it.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), spaced(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}

/// JSON with four spaces a level, as Cohere writes it.
fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut writer = serde_json::Serializer::with_formatter(&mut out, format);
    match serde::Serialize::serialize(value, &mut writer) {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        Err(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn claude_sends_an_empty_first_piece_and_nova_one_whole() {
        let input = json!({"city": "Paris", "days": [1, 2]});
        let claude = tool_pieces(Family::Claude, &input, &mut Seed::new(1));
        assert_eq!(claude[0], "");
        assert_eq!(claude.concat(), r#"{"city": "Paris", "days": [1, 2]}"#);
        assert!(claude.iter().all(|piece| piece.chars().count() <= 13));
        assert_eq!(
            tool_pieces(Family::Nova, &input, &mut Seed::new(1)),
            [r#"{"city":"Paris","days":[1,2]}"#]
        );
        assert!(
            tool_pieces(Family::Cohere, &input, &mut Seed::new(1))
                .concat()
                .starts_with("{\n    \"city\": \"Paris\"")
        );
    }

    proptest! {
        #[test]
        fn pieces_join_to_the_text(text in ".{0,300}", seed: u64) {
            for family in [Family::Claude, Family::Nova, Family::Titan, Family::Cohere, Family::Other] {
                prop_assert_eq!(text_pieces(family, &text, &mut Seed::new(seed)).concat(), text.clone());
            }
        }
    }
}
