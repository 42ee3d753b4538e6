//! Names of scenarios as links to their cards, where there is a card.

use super::data::Case;
use crate::page::escape::{clipped, esc, one_line};
use std::fmt::Display;

/// Which scenarios have a card on the page, by index.
#[derive(Clone, Copy)]
pub(super) struct Links<'a>(pub(super) &'a [bool]);

impl Links<'_> {
    /// The scenario's name in at most `width` characters, for the case with this number from 1.
    pub(super) fn short_name(self, number: usize, case: &Case, width: usize) -> String {
        self.link(number, esc(&one_line(&case.name, width)))
    }

    /// The scenario's name, broken over lines where it must be.
    pub(super) fn name(self, number: usize, case: &Case) -> String {
        self.link(number, clipped(&case.name, 80))
    }

    fn link(self, number: usize, text: impl Display) -> String {
        if self.0.get(number - 1) == Some(&true) {
            format!("<a href=\"#case-{number}\">{text}</a>")
        } else {
            // Never longer than the link, so that a page does not grow when a card is left out.
            format!("<span>{text}</span>")
        }
    }
}
