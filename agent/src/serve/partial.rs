//! The text of the turn that is being told, as it stands for who has read every event. Pure.

use crate::wire_event::WireEvent;

/// The text of a turn so far.
#[derive(Debug, Default)]
pub(super) struct PartialText {
    turn: u32,
    text: String,
}

impl PartialText {
    /// Takes an event in.
    pub(super) fn add(&mut self, event: &WireEvent) {
        match event {
            WireEvent::TextDelta { turn, text } => {
                if *turn != self.turn {
                    self.turn = *turn;
                    self.text.clear();
                }
                self.text.push_str(text);
            }
            WireEvent::TextReplaced { keep, .. } => self.text = self.text.chars().take(*keep).collect(),
            _ => {}
        }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}
