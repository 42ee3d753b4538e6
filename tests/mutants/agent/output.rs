//! Standard output and standard error: answers on the one, everything else on the other.

use std::io::{self, Write};

/// Prints as it is, at once. A reader that has gone is nobody to complain to.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A line on standard error.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
