//! Small pieces that several sections say: a verdict, and what was left out.

use super::data::Verdict;
use super::escape::esc;
use super::units::count;

/// A verdict as sign and word.
pub(crate) fn badge(verdict: Verdict) -> String {
    let word = verdict.word();
    format!("<span class=\"badge {word}\"><b>{}</b> {word}</span>", verdict.sign())
}

/// A section's remark on what was left out, if anything was.
pub(crate) fn left_out(number: usize, noun: &str, rest: &str) -> String {
    if number == 0 {
        return String::new();
    }
    format!("<p class=\"left\">{} {}</p>\n", count(number, noun), esc(rest))
}
