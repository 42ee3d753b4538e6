//! What the caller has already seen of a turn, so that an attempt that is made again shows only what is new. Pure.

/// Text of one turn, as its caller has it.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    text: String,
    /// So much of it the current attempt has brought as well, in bytes.
    same: usize,
}

/// What a piece means to who has seen the text so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Nothing new.
    Known,
    /// This comes next.
    Next(String),
    /// Of the text so far only the first `keep` characters hold; this comes next.
    Instead { keep: usize, next: String },
}

impl Shown {
    /// All of it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The same turn is asked for again.
    pub(crate) fn again(&mut self) {
        self.same = 0;
    }

    /// The next piece of the current attempt.
    pub(crate) fn take(&mut self, piece: &str) -> Piece {
        let known = &self.text[self.same..];
        if known.is_empty() {
            self.push(piece);
            return Piece::Next(piece.to_owned());
        }
        let common: usize =
            known.chars().zip(piece.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        self.same += common;
        let next = &piece[common..];
        if next.is_empty() {
            return Piece::Known;
        }
        let differs = common < known.len();
        self.text.truncate(self.same);
        let keep = self.text.chars().count();
        self.push(next);
        let next = next.to_owned();
        if differs { Piece::Instead { keep, next } } else { Piece::Next(next) }
    }

    /// The attempt is whole: how many characters hold, where there were more.
    pub(crate) fn end(&mut self) -> Option<usize> {
        let is_shorter = self.same < self.text.len();
        self.text.truncate(self.same);
        is_shorter.then(|| self.text.chars().count())
    }

    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.same = self.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Plays attempts (`|` between them) of pieces (`,` between them); gives what comes out: `<n` keeps n characters.
    fn play(attempts: &str) -> String {
        let mut shown = Shown::default();
        let mut out = Vec::new();
        for attempt in attempts.split('|') {
            shown.again();
            for piece in attempt.split(',') {
                match shown.take(piece) {
                    Piece::Known => {}
                    Piece::Next(text) => out.push(text),
                    Piece::Instead { keep, next } => out.extend([format!("<{keep}"), next]),
                }
            }
        }
        out.extend(shown.end().map(|keep| format!("<{keep}")));
        out.join(",")
    }

    #[test]
    fn only_what_is_new_comes_out() {
        let check = |attempts: &str, expected: &str| assert_eq!(play(attempts), expected, "{attempts}");
        check("He,llo", "He,llo");
        check("He,l|He,llo", "He,l,lo");
        check("Hel|Hello, all", "Hel,lo, all");
        check("Hello|Help,ed", "Hello,<3,p,ed");
        check("Hello|Hel", "Hello,<3");
        check("Hello|Hello", "Hello");
        check("Hello|Bye", "Hello,<0,Bye");
        check("a\u{e9}|a\u{e8}!", "a\u{e9},<1,\u{e8}!");
        check("ab|axy|axyz", "ab,<1,xy,z");
    }

    proptest! {
        #[test]
        fn who_follows_has_the_text_of_the_last_attempt(attempts in prop::collection::vec(prop::collection::vec("[ab\u{e9}]{0,3}", 0..5), 1..5)) {
            let mut shown = Shown::default();
            let mut screen = String::new();
            for attempt in &attempts {
                shown.again();
                for piece in attempt {
                    match shown.take(piece) {
                        Piece::Known => {}
                        Piece::Next(text) => screen.push_str(&text),
                        Piece::Instead { keep, next } => {
                            screen = screen.chars().take(keep).collect();
                            screen.push_str(&next);
                        }
                    }
                }
            }
            if let Some(keep) = shown.end() {
                screen = screen.chars().take(keep).collect();
            }
            prop_assert_eq!(screen, attempts.last().unwrap().concat());
        }
    }
}
