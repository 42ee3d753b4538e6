//! What the person at the terminal wants to see, and what a key changes about it. Pure.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Traces with errors alone.
    pub(crate) failed: bool,
    /// Nothing is read anew.
    pub(crate) paused: bool,
    /// Which trace is marked.
    pub(crate) marked: usize,
}

impl Look {
    /// What a key makes of it; nothing where it means the end.
    pub(crate) fn pressed(self, key: KeyEvent, traces: usize) -> Option<Self> {
        let last = traces.saturating_sub(1);
        Some(match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Char('q') | KeyCode::Esc, _) | (KeyCode::Char('c'), true) => return None,
            (KeyCode::Char('e'), _) => Self { failed: !self.failed, marked: 0, ..self },
            (KeyCode::Char('p' | ' '), _) => Self { paused: !self.paused, ..self },
            (KeyCode::Down | KeyCode::Char('j'), _) => Self { marked: (self.marked + 1).min(last), ..self },
            (KeyCode::Up | KeyCode::Char('k'), _) => Self { marked: self.marked.saturating_sub(1), ..self },
            (KeyCode::Home, _) => Self { marked: 0, ..self },
            (KeyCode::End, _) => Self { marked: last, ..self },
            _ => self,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_filter_pause_and_end() {
        let press = |look: Look, code| look.pressed(KeyEvent::new(code, KeyModifiers::NONE), 3);
        let start = Look::default();
        let down = press(start, KeyCode::Down).unwrap();
        assert_eq!(down.marked, 1);
        assert_eq!(
            press(press(down, KeyCode::Char('j')).unwrap(), KeyCode::Down).unwrap().marked,
            2,
            "no further"
        );
        assert_eq!(press(start, KeyCode::Up).unwrap().marked, 0);
        assert_eq!(press(start, KeyCode::End).unwrap().marked, 2);
        assert_eq!(press(down, KeyCode::Char('e')), Some(Look { failed: true, marked: 0, paused: false }));
        assert!(press(start, KeyCode::Char(' ')).unwrap().paused);
        assert_eq!(press(start, KeyCode::Char('x')), Some(start));
        assert_eq!((press(start, KeyCode::Char('q')), press(start, KeyCode::Esc)), (None, None));
        assert_eq!(start.pressed(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL), 3), None);
    }
}
