//! A conversation in a file: JSON in Bedrock's own spelling, with a version, written whole or not at all.
//!
//! What is read is repaired, so that a conversation from a file is always one that Bedrock accepts.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use thiserror::Error;

use crate::bedrock_json::{message, message_from_json};
use crate::conversation::Conversation;

/// The version of the format that is written, and the newest that is read.
const VERSION: u64 = 1;

/// A file that holds no conversation, or that cannot be written.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no conversation, or one of a newer version.
    #[error("{}: {why}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Conversation {
    /// Writes the conversation to a file beside `path` and renames it: whoever reads finds the old one or the new one, also
    /// when the process is killed in between.
    ///
    /// # Errors
    /// [`SessionError::Io`] when the file cannot be written; `path` is then as it was.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SessionError> {
        let path = path.as_ref();
        let messages: Vec<Value> = self.messages().iter().map(message).collect();
        let text = json!({ "version": VERSION, "messages": messages }).to_string();
        let beside = beside(path);
        let written = write(&beside, &text).and_then(|()| fs::rename(&beside, path));
        written.map_err(|source| {
            // What is half written helps nobody, and the first error is the one to tell.
            let _ = fs::remove_file(&beside);
            SessionError::Io { path: path.to_owned(), source }
        })
    }

    /// Reads a conversation that [`Conversation::save`] wrote. Calls without results, blank texts and whatever else Bedrock
    /// would refuse are repaired; blocks other than texts, tool calls and results, and reasoning are left out.
    ///
    /// # Errors
    /// [`SessionError`] when the file cannot be read, is no conversation or is of a newer version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SessionError> {
        let path = path.as_ref();
        let text =
            fs::read_to_string(path).map_err(|source| SessionError::Io { path: path.to_owned(), source })?;
        parse(&text).map_err(|why| SessionError::Content { path: path.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<Conversation, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    match value["version"].as_u64() {
        Some(VERSION) => {}
        Some(other) => return Err(format!("it is of version {other}; this agent reads version {VERSION}")),
        None => return Err("it is no conversation: it has no version".to_owned()),
    }
    let messages = value["messages"].as_array().ok_or("it is no conversation: it has no messages")?;
    Ok(Conversation::repaired(messages.iter().filter_map(message_from_json).collect()))
}

/// In the same folder, so that renaming it is one step.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
