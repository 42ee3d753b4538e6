//! A pool of read-only connections to a database, and what its failures mean. It knows no model.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sqlx::pool::PoolOptions;
use sqlx::{Database, PgPool, SqlitePool};

use super::super::ToolError;
use super::failure::Failure;
use super::rows::Rows;
use super::settings::{SqlError, SqlSettings};
use super::text::reading;
use super::{postgres, sqlite};

/// How much longer than the statement's own time is waited: for a server that is gone and cannot stop anything.
const GRACE: Duration = Duration::from_secs(2);

/// A pool of read-only connections. Clones share it.
///
/// What it holds to, in both databases: one statement a call, which begins with SELECT, WITH or VALUES; a connection that
/// cannot write; a bounded result; a statement that is stopped when its time is up or its call is dropped. What a
/// function does that a role may call (locks, `pg_terminate_backend`, reading the server's files), it does here too: give
/// the agent a role with no more rights than it needs. In SQLite one value may take as much memory as SQLite lets it, a gigabyte.
#[derive(Clone)]
pub struct SqlPool {
    kind: Kind,
    settings: SqlSettings,
}

#[derive(Clone)]
enum Kind {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl SqlPool {
    /// Opens a database and one connection to it: `sqlite:FILE` or a path, or `postgres://USER:PASSWORD@HOST/NAME`.
    /// A server's certificate is checked where the URL says `sslmode=verify-full`, as with every client of PostgreSQL.
    ///
    /// # Errors
    /// [`SqlError::Url`], [`SqlError::Open`]; neither holds the URL's password.
    pub async fn open(url: &str, settings: SqlSettings) -> Result<Self, SqlError> {
        let kind = match url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => {
                let opened = postgres::server(url, options(&settings));
                let opened = tokio::time::timeout(settings.acquire_timeout, opened).await;
                let opened = opened.map_err(|_| SqlError::Open("the server does not answer".to_owned()))?;
                Kind::Postgres(opened.map_err(|error| open(&error))?)
            }
            Some(("sqlite", path)) => file(path.strip_prefix("//").unwrap_or(path), &settings).await?,
            Some((scheme, rest)) if rest.starts_with("//") => {
                return Err(SqlError::Url(format!("{scheme}: is not known")));
            }
            _ => file(url, &settings).await?,
        };
        Ok(Self { kind, settings })
    }

    /// Makes an SQLite database in memory with these statements. Each connection has its own; as nobody can write, all
    /// stay the same.
    ///
    /// # Errors
    /// [`SqlError::Open`] where a statement fails.
    pub async fn in_memory(setup: impl Into<String>, settings: SqlSettings) -> Result<Self, SqlError> {
        let opened = sqlite::memory(setup.into(), options(&settings), settings.acquire_timeout).await;
        Ok(Self { kind: Kind::Sqlite(opened.map_err(|error| open(&error))?), settings })
    }

    /// The database's name, as a model knows it.
    pub(super) fn dialect(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite(_) => "SQLite",
            Kind::Postgres(_) => "PostgreSQL",
        }
    }

    /// Runs one reading statement with `$1`, `$2`, … bound to values.
    pub(super) async fn run(&self, sql: &str, values: &[Value]) -> Result<Value, ToolError> {
        let sql = reading(sql).map_err(ToolError::new)?;
        let time = self.settings.statement_timeout;
        let whole = time + self.settings.acquire_timeout + GRACE;
        let done = tokio::time::timeout(whole, self.on_database(sql, values)).await;
        let done = done.map_err(|_| ToolError::transient("The database does not answer."))?;
        Ok(done.map_err(|failure| failure.told(time))?.into_json())
    }

    async fn on_database(&self, sql: &str, values: &[Value]) -> Result<Rows, Failure> {
        let (limits, time) = (self.settings.limits, self.settings.statement_timeout);
        match &self.kind {
            Kind::Sqlite(pool) => sqlite::run(pool, sql, values, limits, time).await,
            Kind::Postgres(pool) => postgres::run(pool, sql, values, limits, time).await,
        }
    }
}

impl std::fmt::Debug for SqlPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlPool").field("database", &self.dialect()).finish_non_exhaustive()
    }
}

async fn file(path: &str, settings: &SqlSettings) -> Result<Kind, SqlError> {
    let opened = sqlite::file(Path::new(path), options(settings), settings.acquire_timeout).await;
    opened.map(Kind::Sqlite).map_err(|error| open(&error))
}

fn options<D: Database>(settings: &SqlSettings) -> PoolOptions<D> {
    PoolOptions::new()
        .max_connections(settings.max_connections.max(1))
        .acquire_timeout(settings.acquire_timeout)
        .max_lifetime(settings.max_lifetime)
        .idle_timeout(settings.idle_timeout)
        .test_before_acquire(settings.pre_ping)
}

/// sqlx's texts name files, hosts and users, not passwords.
fn open(error: &sqlx::Error) -> SqlError {
    match error {
        sqlx::Error::Configuration(why) => SqlError::Url(why.to_string()),
        other => SqlError::Open(other.to_string()),
    }
}
