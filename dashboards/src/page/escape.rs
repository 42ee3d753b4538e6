//! Foreign text made safe: for HTML, for a terminal, and for the eye. Nothing else may write text into a page.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

/// Text that writes itself with every character escaped that means something in HTML content or in a quoted
/// attribute, and with characters that would act (control, direction overrides) shown as U+FFFD.
pub(crate) struct Escaped<'a>(Cow<'a, str>);

/// `text` in full, escaped.
pub(crate) fn esc(text: &str) -> Escaped<'_> {
    Escaped(Cow::Borrowed(text))
}

/// At most `limit` characters of `text`, escaped; what is left out is counted.
pub(crate) fn clipped(text: &str, limit: usize) -> Escaped<'_> {
    Escaped(clip(text, limit))
}

/// At most `limit` characters of `text`; what is left out is counted.
pub(crate) fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let left = super::units::count(text[end..].chars().count(), "character");
            Cow::Owned(format!("{} … ({left} more)", text[..end].trim_end()))
        }
    }
}

/// `text` on one line of at most `width` characters for a terminal, cut with an ellipsis; nothing in it acts.
pub(crate) fn one_line(text: &str, width: usize) -> String {
    let calm = |c: char| if c.is_whitespace() { ' ' } else { shown(c) };
    if text.chars().count() <= width {
        return text.chars().map(calm).collect();
    }
    let mut out: String = text.chars().take(width.saturating_sub(1)).map(calm).collect();
    out.push('…');
    out
}

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                c => f.write_char(shown(c))?,
            }
        }
        Ok(())
    }
}

/// The replacement character for what would act instead of being seen.
fn shown(c: char) -> char {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || turns { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_can_end_the_text_or_its_attribute() {
        assert_eq!(
            esc("<script>\"it's\" & more</script>").to_string(),
            "&lt;script&gt;&quot;it&#39;s&quot; &amp; more&lt;/script&gt;"
        );
    }

    #[test]
    fn characters_that_act_are_shown_not_obeyed() {
        assert_eq!(esc("a\0b\u{1b}[31m\u{202e}c\nd").to_string(), "a\u{fffd}b\u{fffd}[31m\u{fffd}c\nd");
        assert_eq!(one_line("a\u{1b}[2J\nb", 20), "a\u{fffd}[2J b");
    }

    #[test]
    fn what_is_cut_off_is_counted() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöü and more", 4), "äöü … (8 characters more)");
        assert_eq!(one_line("abcdef", 4), "abc…");
        assert_eq!(one_line("abcd", 4), "abcd");
    }
}
