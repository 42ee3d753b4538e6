//! A text that a regular expression describes: the shortest that has the length, of letters and digits where it may.
//!
//! It makes candidates. Anchors and word boundaries are not looked at, so whoever asks checks what comes back.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How much longer than the shortest a text is tried.
const TRIES: usize = 64;

/// Texts are not made longer than this, in bytes.
const LONGEST: usize = 16_384;

/// The characters that texts are made of where a class allows several, the most harmless first.
const USUAL: &str = "abcdefghijklmnopqrstuvwxyz1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ_-. ";

/// A text of `least` to `most` characters for `pattern`: another for another `nth`, as long as classes allow it. `None`
/// where there is none of that length, or the pattern is of a dialect with look-around or back references.
pub(crate) fn text(pattern: &str, least: usize, most: usize, nth: usize) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let make = |spare: usize| {
        let mut maker = Maker { out: String::new(), spare, nth };
        maker.add(&hir);
        maker.out
    };
    let missing = least.saturating_sub(make(0).chars().count());
    let tried = || std::iter::once(missing).chain(0..TRIES).map(make);
    let long_enough = |text: &String| (least..=most).contains(&text.chars().count());
    tried().filter(|text| !text.is_empty()).find(long_enough).or_else(|| tried().find(long_enough))
}

struct Maker {
    out: String,
    /// How many more turns repetitions may take than they must.
    spare: usize,
    /// What is left of the number that tells texts apart.
    nth: usize,
}

impl Maker {
    fn add(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.out.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(class) => self.pick(class),
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.add(part)),
            HirKind::Alternation(branches) => branches.iter().take(1).for_each(|branch| self.add(branch)),
            HirKind::Repetition(repetition) => {
                let must = repetition.min as usize;
                let may = repetition.max.map_or(usize::MAX, |most| most as usize);
                let more = self.spare.min(may.saturating_sub(must));
                self.spare -= more;
                self.repeat(&repetition.sub, must + more);
            }
        }
    }

    /// Ends early where there is nothing to repeat, and where the text is longer than anybody wants it.
    fn repeat(&mut self, hir: &Hir, times: usize) {
        for _ in 0..times {
            let before = self.out.len();
            self.add(hir);
            if self.out.len() == before || self.out.len() > LONGEST {
                return;
            }
        }
    }

    fn pick(&mut self, class: &Class) {
        let Class::Unicode(class) = class else { return };
        let within =
            |letter: &char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(letter));
        let usual: Vec<char> = USUAL.chars().filter(within).collect();
        let Some(count) = usual.len().checked_sub(1).map(|last| last + 1) else {
            return self.out.extend(class.ranges().first().map(|range| range.start()));
        };
        self.out.push(usual[self.nth % count]);
        self.nth /= count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, (least, most): (usize, usize), nth: usize, expected: Option<&str>) {
        assert_eq!(text(pattern, least, most, nth).as_deref(), expected, "{pattern}");
    }

    #[test]
    fn the_shortest_text_of_the_length_is_made() {
        let any = (0, usize::MAX);
        check("^[A-Z]{3}-[0-9]{2,4}$", any, 0, Some("AAA-11"));
        check("^[A-Z]{3}-[0-9]{2,4}$", (8, 8), 0, Some("AAA-1111"));
        check("^[A-Z]{3}-[0-9]{2,4}$", (9, 9), 0, None);
        check("^[a-z]+-[a-z]+$", (8, 8), 0, Some("aaaaaa-a"));
        check("^(north|south)$", any, 0, Some("north"));
        check(r"^\d{4}-\d{2}$", any, 0, Some("1111-11"));
        check("^[a-z]*$", any, 0, Some("a"));
        check("^[a-z]*$", (0, 0), 0, Some(""));
        check(r"^\/[^\/]+$", any, 0, Some("/a"));
        check("^[é]$", any, 0, Some("é"));
        check("(?=a)a", any, 0, None);
    }

    #[test]
    fn another_number_makes_another_text() {
        let made: Vec<Option<String>> = (0..30).map(|nth| text("^[ab]{5}$", 0, 9, nth)).collect();
        assert!(
            made.iter().enumerate().all(|(at, one)| one.is_some() && !made[..at].contains(one)),
            "{made:?}"
        );
    }

    #[test]
    fn a_pattern_that_repeats_endlessly_ends() {
        assert!(text("^(a{9}){9}$", 0, 99, 0).is_some_and(|text| text.len() == 81));
        assert_eq!(text("^(((a{99}){99}){99}){99}$", 0, 10, 0), None);
    }
}
