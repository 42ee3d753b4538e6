//! Prompts that got no answer, kept so that somebody can look at them and ask again: in an SQLite file.
//!
//! A letter holds the prompt and the whole conversation before it, as they are: who keeps letters keeps what people said.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;
use thiserror::Error;

use crate::bedrock_json::{message, message_from_json};
use crate::conversation::Conversation;
use crate::error::AgentError;

/// So long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(5);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS dead_letters (
    execution TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    history TEXT NOT NULL,
    error TEXT NOT NULL,
    chain TEXT NOT NULL,
    request_id TEXT
) STRICT";

const COLUMNS: &str = "execution, at_ms, model, prompt, history, error, chain, request_id";

/// One prompt that got no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// What the execution is called; nobody else has the same.
    pub execution: String,
    /// When it failed, in milliseconds since 1970.
    pub at_ms: i64,
    /// The model that was to answer.
    pub model: String,
    /// What was asked.
    pub prompt: String,
    /// The messages before it, in Bedrock's spelling.
    pub history: Vec<Value>,
    /// Why there is no answer.
    pub error: String,
    /// Why each attempt failed, in order, each with the model that was asked.
    pub chain: Vec<String>,
    /// The request id of the last model call, where an answer began.
    pub request_id: Option<String>,
}

/// The letters of one file. Several processes may share it.
#[derive(Debug)]
pub struct DeadLetters(Mutex<Connection>);

/// The file cannot be used.
#[derive(Debug, Error)]
#[error("dead letters: {0}")]
pub struct DeadLettersError(#[from] rusqlite::Error);

impl DeadLetter {
    /// What is to be kept of a prompt that failed. `before` is the conversation as it was.
    #[must_use]
    pub fn new(
        execution: &str,
        now: SystemTime,
        model: &str,
        prompt: &str,
        before: &Conversation,
        error: &AgentError,
    ) -> Self {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let attempts = error.partial.stats.attempts.iter();
        let failed = attempts.filter_map(|attempt| {
            let cause = attempt.failure.as_ref()?;
            Some(format!("turn {} attempt {} ({}): {cause}", attempt.turn, attempt.attempt, attempt.model))
        });
        Self {
            execution: execution.to_owned(),
            at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            model: model.to_owned(),
            prompt: prompt.to_owned(),
            history: before.messages().iter().map(message).collect(),
            error: error.to_string(),
            chain: failed.collect(),
            request_id: error.partial.request_id.clone(),
        }
    }

    /// The conversation in which the prompt was asked.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        Conversation::repaired(self.history.iter().filter_map(message_from_json).collect())
    }
}

impl DeadLetters {
    /// Opens a file, and makes it where it is not there.
    ///
    /// # Errors
    /// When it cannot be opened, or is no SQLite file.
    pub fn open(path: &Path) -> Result<Self, DeadLettersError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(TABLE)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Keeps a letter, in the place of an older one of the same execution.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLettersError> {
        let insert = format!(
            "INSERT OR REPLACE INTO dead_letters ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        );
        let json = |list: Vec<Value>| Value::Array(list).to_string();
        let chain = json(letter.chain.iter().map(|cause| Value::String(cause.clone())).collect());
        let history = json(letter.history.clone());
        let DeadLetter { execution, at_ms, model, prompt, error, request_id, .. } = letter;
        self.connection()
            .execute(&insert, params![execution, at_ms, model, prompt, history, error, chain, request_id])?;
        Ok(())
    }

    /// Every letter, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn all(&self) -> Result<Vec<DeadLetter>, DeadLettersError> {
        let connection = self.connection();
        let mut select =
            connection.prepare(&format!("SELECT {COLUMNS} FROM dead_letters ORDER BY at_ms, execution"))?;
        let letters = select.query_map([], letter)?.collect::<Result<_, _>>()?;
        Ok(letters)
    }

    /// The letter of an execution.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find(&self, execution: &str) -> Result<Option<DeadLetter>, DeadLettersError> {
        let select = format!("SELECT {COLUMNS} FROM dead_letters WHERE execution = ?1");
        Ok(self.connection().query_row(&select, [execution], letter).optional()?)
    }

    /// Forgets a letter: its prompt was answered.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget(&self, execution: &str) -> Result<(), DeadLettersError> {
        self.connection().execute("DELETE FROM dead_letters WHERE execution = ?1", [execution])?;
        Ok(())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let list = |column: &str| -> rusqlite::Result<Vec<Value>> {
        // A file that somebody else has changed is read as far as it makes sense.
        Ok(serde_json::from_str(&row.get::<_, String>(column)?).unwrap_or_default())
    };
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(DeadLetter {
        execution: row.get("execution")?,
        at_ms: row.get("at_ms")?,
        model: row.get("model")?,
        prompt: row.get("prompt")?,
        history: list("history")?,
        error: row.get("error")?,
        chain: list("chain")?.into_iter().map(text).collect(),
        request_id: row.get("request_id")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample(execution: &str, at_ms: i64) -> DeadLetter {
        DeadLetter {
            execution: execution.to_owned(),
            at_ms,
            model: "m".to_owned(),
            prompt: "Where? 'quoted'; --".to_owned(),
            history: vec![
                json!({"role": "user", "content": [{"text": "Hi"}]}),
                json!({"role": "assistant", "content": [{"text": "Hello"}]}),
            ],
            error: "it broke".to_owned(),
            chain: vec!["turn 1 attempt 1 (m): it broke".to_owned()],
            request_id: Some("r".to_owned()),
        }
    }

    #[test]
    fn a_letter_is_kept_listed_found_and_forgotten_across_openings() {
        let path = std::env::temp_dir().join(format!("faultline-letters-{}.sqlite", std::process::id()));
        let _ = std::fs::remove_file(&path);
        {
            let letters = DeadLetters::open(&path).unwrap();
            letters.keep(&sample("b", 2)).unwrap();
            letters.keep(&sample("a", 1)).unwrap();
            letters.keep(&sample("a", 1)).unwrap();
        }
        let letters = DeadLetters::open(&path).unwrap();
        assert_eq!(letters.all().unwrap(), [sample("a", 1), sample("b", 2)]);
        assert_eq!(letters.find("b").unwrap(), Some(sample("b", 2)));
        assert_eq!(letters.find("c").unwrap(), None);
        assert_eq!(letters.find("b").unwrap().unwrap().conversation().messages().len(), 2);
        letters.forget("b").unwrap();
        assert_eq!(letters.all().unwrap().len(), 1);
        std::fs::write(&path, "no database, but long enough to be taken for one").unwrap();
        assert!(DeadLetters::open(&path).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
