//! Why a statement gave no rows, as the model is told. Pure.

use std::time::Duration;

use super::super::ToolError;

/// Why a statement gave no rows.
#[derive(Debug)]
pub(super) enum Failure {
    /// The database or the way to it.
    Database(sqlx::Error),
    /// A row that cannot be shown.
    Row(ToolError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::Row(error)
    }
}

/// SQLite's and PostgreSQL's codes for a statement that was stopped.
const STOPPED: [&str; 2] = ["9", "57014"];

/// PostgreSQL's classes of codes for a server that is unwell: connections, resources, somebody's hand, the system.
const UNWELL: [&str; 4] = ["08", "53", "57", "58"];

impl Failure {
    /// What the model is told; `time` is how long a statement may take.
    pub(super) fn told(self, time: Duration) -> ToolError {
        match self {
            Self::Row(error) => error,
            Self::Database(error) => told(&error, time),
        }
    }
}

fn told(error: &sqlx::Error, time: Duration) -> ToolError {
    let Some(said) = error.as_database_error() else {
        return match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Protocol(_) | sqlx::Error::Encode(_) => {
                ToolError::new(format!("The database refuses: {error}"))
            }
            other => ToolError::transient(format!("The database cannot be asked: {other}.")),
        };
    };
    let code = said.code().unwrap_or_default();
    if STOPPED.contains(&code.as_ref()) {
        return ToolError::new(format!("The statement was stopped after {time:?}, the limit."));
    }
    // SQLite's codes are shorter; 5 is a file that another process holds.
    let is_unwell = code == "5" || (code.len() == 5 && UNWELL.iter().any(|class| code.starts_with(class)));
    let message = format!("The database refuses: {}", said.message());
    ToolError { message, transient: is_unwell }
}
