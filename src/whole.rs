//! A file that is there whole or not at all.

use std::io;
use std::path::Path;

/// Writes `text` to a hidden file beside `path` and puts it in its place. What is half written is removed; where we are
/// killed in between, the next recording into the folder removes it.
///
/// # Errors
/// When it cannot be written. What was there before still is.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.part"));
    let done = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    done.inspect_err(|_| drop(std::fs::remove_file(&beside)))
}
