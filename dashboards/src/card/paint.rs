//! Colours for a terminal, or none. It must not know what is coloured.

/// Whether text is coloured, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Plain text.
    pub const NONE: Self = Self { on: false };

    /// ANSI colours, or plain text.
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// Something good.
    pub fn good(self, text: &str) -> String {
        self.sgr("32", text)
    }

    /// Something bad.
    pub fn bad(self, text: &str) -> String {
        self.sgr("31", text)
    }

    /// Something that matters less.
    pub fn dim(self, text: &str) -> String {
        self.sgr("2", text)
    }

    /// Something that stands out.
    pub fn bold(self, text: &str) -> String {
        self.sgr("1", text)
    }

    /// Select Graphic Rendition (ECMA-48), and back to the default after the text.
    fn sgr(self, code: &str, text: &str) -> String {
        if self.on && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::Paint;

    #[test]
    fn without_colour_text_stays_as_it_is() {
        assert_eq!(Paint::NONE.bad("no"), "no");
        assert_eq!(Paint::new(true).bad("no"), "\u{1b}[31mno\u{1b}[0m");
        assert_eq!(Paint::new(true).bold(""), "");
    }
}
