//! Verdicts as a bar of shares; the words under it say the same.

use super::data::Verdict;
use super::units::thousands;
use std::fmt::Write as _;

/// How many of which verdict.
pub(crate) type Counts = [(Verdict, usize); 3];

/// The bar and its words; empty when there is nothing to count.
pub(crate) fn bar(counts: Counts) -> String {
    let rects = rects(counts);
    if rects.is_empty() {
        return rects;
    }
    let mut words = String::new();
    for (verdict, number) in counts.into_iter().filter(|(_, number)| *number > 0) {
        let (word, number) = (verdict.word(), thousands(number as u64));
        let _ = write!(words, "<li class=\"{word}\"><b>{}</b> {number} {word}</li>", verdict.sign());
    }
    format!("{rects}\n<ul class=\"counts\">{words}</ul>\n")
}

/// The bar alone, for where the numbers stand beside it.
pub(crate) fn rects(counts: Counts) -> String {
    let all: usize = counts.iter().map(|(_, number)| number).sum();
    if all == 0 {
        return String::new();
    }
    let (mut rects, mut x) = (String::new(), 0.0);
    for (verdict, number) in counts.into_iter().filter(|(_, number)| *number > 0) {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let width = number as f64 * 100.0 / all as f64;
        let word = verdict.word();
        let _ = write!(
            rects,
            "<rect class=\"{word}\" x=\"{x:.2}%\" y=\"0\" width=\"{width:.2}%\" height=\"10\"/>"
        );
        x += width;
    }
    format!("<svg class=\"bar\" width=\"100%\" height=\"10\" aria-hidden=\"true\">{rects}</svg>")
}
