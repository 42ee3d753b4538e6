//! What the terminal is like, if there is one.

use std::io::IsTerminal as _;

/// Columns where nobody says.
const COLUMNS: u16 = 120;

/// Columns of standard output.
pub(crate) fn columns() -> usize {
    let asked = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    usize::from(asked.map(|size| size.ws_col).filter(|columns| *columns > 0).unwrap_or(COLUMNS))
}

/// Colours where a person reads, unless `NO_COLOR` is there and not empty (no-color.org).
pub(crate) fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !unwanted && std::io::stdout().is_terminal()
}
