//! The one place that writes to standard output and standard error. It does not know what is said.

use std::io::{self, ErrorKind, Write};

/// Whether somebody reads our standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// As far as we know.
    There,
    /// It has closed the pipe, as `head` does.
    Gone,
}

/// Standard output cannot be written: a full disk, for example.
#[derive(Debug)]
pub(crate) struct Unwritten(io::Error);

impl std::fmt::Display for Unwritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "standard output cannot be written: {}", self.0)
    }
}

/// Prints `text` as it is, at once. A reader that has gone is no error: it has seen what it wanted, and the command
/// ends with the exit code that it has anyway.
///
/// # Errors
/// When writing fails for another reason.
pub(crate) fn print(text: &str) -> Result<Reader, Unwritten> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(why) => Err(Unwritten(why)),
    }
}

/// Says a line on standard error. Where nobody can be told that nobody can be told, nothing is done.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A number and its noun: `1 scenario`, `2 scenarios`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
