//! How a pool of database connections behaves, and why there is none. Plain values.

use std::time::Duration;

use thiserror::Error;

use super::rows::SqlLimits;

/// How a pool of database connections behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlSettings {
    /// How many connections there are at most. Default 4.
    pub max_connections: u32,
    /// How long a call waits for a free connection, or for a new one. Default 5 s.
    pub acquire_timeout: Duration,
    /// After this time a connection is not used again but replaced. Default 30 minutes.
    pub max_lifetime: Option<Duration>,
    /// A connection that was idle for so long is closed. Default 10 minutes.
    pub idle_timeout: Option<Duration>,
    /// Whether a connection is tested before it is used again. One round trip; without it, the first call after a
    /// restart of the server fails. Default yes.
    pub pre_ping: bool,
    /// After this time the database stops working on a statement. Default 10 s.
    pub statement_timeout: Duration,
    /// How much of a result is kept.
    pub limits: SqlLimits,
}

impl Default for SqlSettings {
    fn default() -> Self {
        Self {
            max_connections: 4,
            acquire_timeout: Duration::from_secs(5),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
            pre_ping: true,
            statement_timeout: Duration::from_secs(10),
            limits: SqlLimits::default(),
        }
    }
}

/// Why there is no tool over SQL.
#[derive(Debug, Error)]
pub enum SqlError {
    /// The URL names no database that is known. It is not shown: it may hold a password.
    #[error("this is no URL of a database: {0} (sqlite:FILE, a path, or postgres://USER@HOST/NAME)")]
    Url(String),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// A fixed statement that would be refused.
    #[error("the statement of {tool} is refused: {why}")]
    Statement {
        /// The tool.
        tool: String,
        /// Why.
        why: String,
    },
    /// A fixed statement names a parameter that its schema does not have.
    #[error("the statement of {tool} has the parameter :{parameter}, which its schema has not")]
    Parameter {
        /// The tool.
        tool: String,
        /// The parameter.
        parameter: String,
    },
}
