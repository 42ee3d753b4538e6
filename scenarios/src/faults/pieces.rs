//! Bytes of one action in several writes.

use crate::plan::{Act, Action};
use std::sync::Arc;

/// Sizes that take turns.
pub(super) struct Turns {
    sizes: Vec<usize>,
    turn: usize,
}

impl Turns {
    /// The sizes in turn and from the start again; none at all and 0 count as 1.
    pub(super) fn new(sizes: Vec<usize>) -> Self {
        Self { sizes, turn: 0 }
    }

    fn next(&mut self) -> usize {
        let size = self.sizes.get(self.turn % self.sizes.len().max(1)).copied().unwrap_or(1);
        self.turn += 1;
        size.max(1)
    }
}

/// A data action in writes of their own, each marked; nothing for any other action.
pub(super) fn pieces(action: &Action, turns: &mut Turns, cause: &Arc<str>) -> Vec<Action> {
    let Act::Data { label, bytes, .. } = &action.act else { return Vec::new() };
    let (mut rest, mut pieces) = (bytes.clone(), Vec::new());
    while !rest.is_empty() {
        let bytes = rest.split_to(turns.next().min(rest.len()));
        let act = Act::Data { label: label.clone(), bytes, apart: true };
        let mut piece = Action { act, ..action.clone() };
        piece.mark(cause);
        pieces.push(piece);
    }
    pieces
}
