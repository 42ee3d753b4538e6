//! A ledger in a file that survives the process: one JSON line for each step, on the disk before the step counts.
//!
//! A line that a crash cut short is dropped when the file is opened: a beginning that was not written whole was never
//! answered, so nothing ran for it; an end that was not written whole leaves its call unknown.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::kept::{kept_from_json, kept_to_json};
use super::ledger::{Begun, Calls, Kept, Ledger};

/// A ledger in a file. One process at a time may have it open.
#[derive(Debug)]
pub struct FileLedger(Mutex<Book>);

#[derive(Debug)]
struct Book {
    file: File,
    calls: Calls,
    /// Where the last whole line ends. What lies behind it is a write that failed.
    end: u64,
}

impl FileLedger {
    /// Opens or makes the file and reads what it holds.
    ///
    /// # Errors
    /// Where the file cannot be opened, is open in another process, or holds a line that is not a ledger's.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other("the ledger is open elsewhere"),
            TryLockError::Error(error) => error,
        })?;
        keep_name(path.as_ref())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mut calls = Calls::default();
        for (at, line) in
            bytes[..whole].split(|byte| *byte == b'\n').enumerate().filter(|it| !it.1.is_empty())
        {
            let step = serde_json::from_slice(line).ok().and_then(|step| replay(&mut calls, &step));
            step.ok_or_else(|| io::Error::other(format!("line {} is not a ledger's", at + 1)))?;
        }
        Ok(Self(Mutex::new(Book { file, calls, end: whole as u64 })))
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Writes a line over whatever a failed write has left, and waits until the disk has it.
    fn write(&mut self, step: &Value) -> io::Result<()> {
        let line = format!("{step}\n");
        self.file.set_len(self.end)?;
        self.file.seek(io::SeekFrom::Start(self.end))?;
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        self.end += line.len() as u64;
        Ok(())
    }
}

impl Ledger for FileLedger {
    fn begin(&self, key: &str) -> io::Result<Begun> {
        let mut book = self.book();
        let begun = book.calls.look(key);
        if begun == Begun::Fresh {
            book.write(&json!({ "begin": key }))?;
            book.calls.begin(key);
        }
        Ok(begun)
    }

    fn finish(&self, key: &str, result: &Kept) -> io::Result<()> {
        let mut book = self.book();
        book.calls.finish(key, result.clone());
        book.write(&json!({ "finish": key, "result": kept_to_json(result) }))
    }

    fn release(&self, key: &str) -> io::Result<()> {
        let mut book = self.book();
        book.write(&json!({ "release": key }))?;
        book.calls.release(key);
        Ok(())
    }
}

/// Waits until the disk has the folder's entry too: a new file without a name is no ledger after a power cut.
fn keep_name(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Only Unix opens folders as files.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn replay(calls: &mut Calls, step: &Value) -> Option<()> {
    let key = |name: &str| step.get(name).and_then(Value::as_str);
    if let Some(key) = key("begin") {
        calls.begin(key);
    } else if let Some(key) = key("release") {
        calls.release(key);
    } else {
        calls.finish(key("finish")?, kept_from_json(step.get("result")?)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::ToolOutput;
    use std::fs;
    use std::path::PathBuf;

    /// A file of its own for each test, in the build's folder for temporary files.
    fn place(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("faultline-ledger-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    #[test]
    fn what_was_kept_is_there_after_a_restart() {
        let path = place("restart");
        let results = [
            ("a", Ok(ToolOutput::Text("line\nline".into()))),
            ("b", Ok(ToolOutput::Json(json!({"n": [1.5, null]})))),
            ("c", Err("no".to_owned())),
        ];
        let ledger = FileLedger::open(&path).unwrap();
        for (key, result) in &results {
            assert_eq!(ledger.begin(key).unwrap(), Begun::Fresh);
            ledger.finish(key, result).unwrap();
        }
        ledger.begin("begun").unwrap();
        ledger.begin("released").unwrap();
        ledger.release("released").unwrap();
        assert!(FileLedger::open(&path).is_err(), "it is open already");
        drop(ledger);
        let ledger = FileLedger::open(&path).unwrap();
        for (key, result) in results {
            assert_eq!(ledger.begin(key).unwrap(), Begun::Finished(result));
        }
        assert_eq!(ledger.begin("begun").unwrap(), Begun::Unknown);
        assert_eq!(ledger.begin("released").unwrap(), Begun::Fresh);
    }

    #[test]
    fn a_line_that_was_cut_short_is_dropped_wherever_it_was_cut() {
        let path = place("cut");
        let whole = "{\"begin\":\"a\"}\n{\"finish\":\"a\",\"result\":{\"text\":\"x\"}}\n";
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let begun = FileLedger::open(&path).unwrap().begin("a").unwrap();
            let expected = match cut {
                0..14 => Begun::Fresh,
                _ if cut < whole.len() => Begun::Unknown,
                _ => Begun::Finished(Ok(ToolOutput::Text("x".into()))),
            };
            assert_eq!(begun, expected, "cut at {cut}");
            assert_eq!(FileLedger::open(&path).unwrap().begin("b").unwrap(), Begun::Fresh, "it goes on");
            FileLedger::open(&path).unwrap();
        }
    }

    #[test]
    fn a_file_that_is_no_ledger_is_refused() {
        let path = place("other");
        fs::write(&path, "{\"begin\":\"a\"}\nnonsense\n").unwrap();
        assert_eq!(FileLedger::open(&path).unwrap_err().to_string(), "line 2 is not a ledger's");
    }
}
