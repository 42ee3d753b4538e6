//! An audit log of tool calls: JSON lines that are only ever appended, each with the SHA-256 of the line before.
//!
//! A line that was changed, taken out or put in breaks the chain at the line after it. What no chain shows is the end:
//! lines cut off at the end, and a change of the last line. Keep [`Verified::head`] elsewhere and compare it.
//!
//! Inputs and results are written as they are, with whatever secrets they hold: nothing is redacted by guess. The file
//! deserves the protection of the tools that it tells of.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use thiserror::Error;

use super::ToolOutput;
use super::key::sha256_hex;

/// What the first line has in place of a hash.
const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Why a log cannot be used.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The file cannot be read or written.
    #[error("the audit log cannot be used: {0}")]
    Io(#[from] io::Error),
    /// The chain is broken.
    #[error("the audit log is broken at line {line}: {why}")]
    Broken {
        /// The first line that does not fit the one before, from 1.
        line: u64,
        /// What does not fit.
        why: String,
    },
}

/// What a whole log says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many lines there are.
    pub lines: u64,
    /// The SHA-256 of the last line, in hex; 64 zeros for an empty log.
    pub head: String,
}

/// What happened to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditEvent {
    /// It is about to run.
    Started,
    /// It ran, and this came of it.
    Finished,
    /// It did not run.
    Refused,
    /// It did not run; an earlier result was given again.
    Reused,
    /// It ran and was cancelled; whether it had an effect is not known.
    Cancelled,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// What happened.
    pub event: AuditEvent,
    /// Under which id the result goes back to the model.
    pub tool_use_id: String,
    /// The name that the model asked for.
    pub name: String,
    /// The input: an object, or a text that is not one.
    pub input: Value,
    /// What the model is told, once it is known.
    pub result: Option<Result<ToolOutput, String>>,
}

/// A log that is open for appending. One process at a time may have it open.
pub struct AuditLog {
    now: Box<dyn Fn() -> SystemTime + Send + Sync>,
    end: Mutex<End>,
}

struct End {
    file: File,
    state: Verified,
}

impl AuditLog {
    /// Opens or makes a log, over a clock, for example `SystemTime::now`. A log that is there is verified first.
    ///
    /// # Errors
    /// [`AuditError`]: a broken log is not continued; it must be moved away.
    pub fn open(
        path: impl AsRef<Path>,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Result<Self, AuditError> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other("it is open elsewhere"),
            TryLockError::Error(error) => error,
        })?;
        let state = verify_audit(BufReader::new(&file))?;
        Ok(Self { now: Box::new(now), end: Mutex::new(End { file, state }) })
    }

    /// Appends a line and waits until the disk has it. Blocks.
    ///
    /// # Errors
    /// Where the file cannot be written. What a failed write left makes the log broken there, and says so.
    pub fn append(&self, record: &AuditRecord) -> Result<(), AuditError> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line(&end.state, (self.now)(), record);
        end.file.write_all(format!("{line}\n").as_bytes())?;
        end.file.sync_data()?;
        end.state = Verified { lines: end.state.lines + 1, head: sha256_hex(line.as_bytes()) };
        Ok(())
    }

    /// Lines so far, and the hash of the last one.
    #[must_use]
    pub fn state(&self) -> Verified {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).state.clone()
    }
}

impl std::fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("AuditLog").field(&self.state()).finish()
    }
}

fn line(before: &Verified, now: SystemTime, record: &AuditRecord) -> String {
    let at = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let event = match record.event {
        AuditEvent::Started => "started",
        AuditEvent::Finished => "finished",
        AuditEvent::Refused => "refused",
        AuditEvent::Reused => "reused",
        AuditEvent::Cancelled => "cancelled",
    };
    let mut line = json!({
        "seq": before.lines + 1,
        "atMs": u64::try_from(at).unwrap_or(u64::MAX),
        "event": event,
        "toolUseId": record.tool_use_id,
        "name": record.name,
        "input": record.input,
    });
    match &record.result {
        Some(Ok(ToolOutput::Text(text))) => line["text"] = Value::from(text.clone()),
        Some(Ok(ToolOutput::Json(value))) => line["json"] = value.clone(),
        Some(Err(error)) => line["error"] = Value::from(error.clone()),
        None => {}
    }
    line["previous"] = Value::from(before.head.clone());
    line.to_string()
}

/// Follows the chain of a log from its first line to its last.
///
/// # Errors
/// [`AuditError::Broken`] with the first line that does not fit, [`AuditError::Io`] where it cannot be read.
pub fn verify_audit(mut log: impl BufRead) -> Result<Verified, AuditError> {
    let mut state = Verified { lines: 0, head: NOTHING_BEFORE.to_owned() };
    let mut bytes = Vec::new();
    while log.read_until(b'\n', &mut bytes)? > 0 {
        let line = state.lines + 1;
        let text = fits(&bytes, &state).map_err(|why| AuditError::Broken { line, why: why.to_owned() })?;
        state = Verified { lines: line, head: sha256_hex(text) };
        bytes.clear();
    }
    Ok(state)
}

/// The line without its end, where it follows what is before.
fn fits<'a>(line: &'a [u8], before: &Verified) -> Result<&'a [u8], &'static str> {
    let line = line.strip_suffix(b"\n").ok_or("it was cut short")?;
    let read: Value = serde_json::from_slice(line).map_err(|_| "it is not JSON")?;
    if read["previous"] != before.head.as_str() {
        return Err("its `previous` is not the hash of the line before");
    }
    if read["seq"] != before.lines + 1 {
        return Err("its `seq` is not the next number");
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn record(id: &str) -> AuditRecord {
        let result = Some(Ok(ToolOutput::Text(format!("result of {id}"))));
        let input = json!({"n": 1});
        AuditRecord {
            event: AuditEvent::Finished,
            tool_use_id: id.into(),
            name: "probe".into(),
            input,
            result,
        }
    }

    /// A log of three lines, in memory.
    fn log() -> String {
        let mut state = Verified { lines: 0, head: NOTHING_BEFORE.to_owned() };
        let mut text = String::new();
        for id in ["a", "b", "c"] {
            let line = line(&state, UNIX_EPOCH + Duration::from_millis(7), &record(id));
            state = Verified { lines: state.lines + 1, head: sha256_hex(line.as_bytes()) };
            text += &format!("{line}\n");
        }
        text
    }

    fn check(log: &str, expected: Result<u64, &str>) {
        let found = verify_audit(log.as_bytes()).map(|it| it.lines).map_err(|error| error.to_string());
        assert_eq!(found.as_ref().map(|lines| *lines).map_err(String::as_str), expected, "{log}");
    }

    #[test]
    fn a_line_says_what_happened_and_what_was_before() {
        let line = log().lines().next().unwrap().to_owned();
        let expected = format!(
            r#"{{"seq":1,"atMs":7,"event":"finished","toolUseId":"a","name":"probe","input":{{"n":1}},"text":"result of a","previous":"{NOTHING_BEFORE}"}}"#
        );
        assert_eq!(line, expected);
    }

    #[test]
    fn the_first_line_that_does_not_fit_is_named() {
        let log = log();
        let lines: Vec<_> = log.lines().collect();
        let (a, b, c) = (lines[0], lines[1], lines[2]);
        check("", Ok(0));
        check(&log, Ok(3));
        let broken = |line| {
            format!(
                "the audit log is broken at line {line}: its `previous` is not the hash of the line before"
            )
        };
        check(&log.replace("result of a", "result of x"), Err(&broken(2)));
        check(&format!("{a}\n{c}\n"), Err(&broken(2)));
        check(&format!("{b}\n{c}\n"), Err(&broken(1)));
        check(&format!("{b}\n{a}\n{c}\n"), Err(&broken(1)));
        check(&format!("{a}\n{a}\n"), Err(&broken(2)));
        check(&format!("{a}\nx\n"), Err("the audit log is broken at line 2: it is not JSON"));
        check(&log[..log.len() - 1], Err("the audit log is broken at line 3: it was cut short"));
        let seq = log.replacen("\"seq\":1", "\"seq\":2", 1);
        check(&seq, Err("the audit log is broken at line 1: its `seq` is not the next number"));
    }

    #[test]
    fn a_log_goes_on_after_a_restart_and_a_broken_one_does_not() {
        let path = std::env::temp_dir().join(format!("faultline-audit-{}.jsonl", std::process::id()));
        let open = || AuditLog::open(&path, || UNIX_EPOCH);
        let log = open().unwrap();
        log.append(&record("a")).unwrap();
        assert!(open().is_err(), "it is open already");
        drop(log);
        let log = open().unwrap();
        log.append(&record("b")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(verify_audit(text.as_bytes()).unwrap(), log.state());
        assert_eq!(log.state().lines, 2);
        drop(log);
        std::fs::write(&path, text.replace("\"a\"", "\"x\"")).unwrap();
        assert!(matches!(open(), Err(AuditError::Broken { line: 2, .. })));
        std::fs::remove_file(&path).unwrap();
    }

    proptest! {
        #[test]
        fn any_changed_byte_before_the_last_line_is_found(at in 0_usize..400, byte in 0_u8..128) {
            let mut bytes = log().into_bytes();
            let last = log().trim_end().rfind('\n').unwrap();
            let at = at % last;
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            prop_assert!(verify_audit(&bytes[..]).is_err());
        }
    }
}
