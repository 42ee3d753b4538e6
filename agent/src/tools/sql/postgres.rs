//! Reading statements on PostgreSQL: each in a read-only transaction with a time limit, which is always rolled back, so
//! that no setting outlives its call either.
//!
//! The server makes the JSON (`row_to_json`), so every type of its comes through, and bounds rows and their length before
//! it sends them. A statement stands in a subquery, where a WITH that changes something is not even grammatical.

use std::time::Duration;

use futures_util::TryStreamExt;
use serde_json::{Map, Value};
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgPool, Postgres, Row};

use super::super::ToolError;
use super::bind::bound;
use super::failure::Failure;
use super::rows::{Rows, SqlLimits, row};
use super::unique::Members;

/// A pool over a server. What the URL leaves out, sqlx takes from the variables that libpq reads.
pub(super) async fn server(url: &str, pool: PoolOptions<Postgres>) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let read_only = [("default_transaction_read_only", "on")];
    let options = options.options(read_only).application_name("agent").disable_statement_logging();
    // A pool would try a server that refuses again and again.
    options.connect().await?.close().await?;
    Ok(pool.connect_lazy_with(options))
}

/// Runs a statement for so long at most.
pub(super) async fn run(
    pool: &PgPool,
    sql: &str,
    values: &[Value],
    limits: SqlLimits,
    time: Duration,
) -> Result<Rows, Failure> {
    let mut transaction = pool.begin_with("BEGIN READ ONLY").await?;
    let limit = format!("SET LOCAL statement_timeout = {}", time.as_millis().max(1));
    sqlx::raw_sql(AssertSqlSafe(limit)).execute(&mut *transaction).await?;
    let query = bound(sqlx::query(AssertSqlSafe(wrapped(sql, limits))).persistent(false), values);
    let mut rows = Rows::new(limits);
    let mut coming = query.fetch(&mut *transaction);
    while let Some(next) = coming.try_next().await? {
        let go_on = match kept(&next.try_get::<String, _>(0)?, limits)? {
            Some(row) => rows.take(row),
            None => rows.too_long(),
        };
        if !go_on {
            break;
        }
    }
    drop(coming);
    transaction.rollback().await?;
    Ok(rows)
}

/// One row more than is kept shows that there are more, and one character more that a row is too long.
fn wrapped(sql: &str, limits: SqlLimits) -> String {
    let (rows, length) = (limits.rows.saturating_add(1), limits.bytes.saturating_add(1));
    format!("SELECT left(row_to_json(q)::text, {length}) FROM (\n{sql}\n) AS q LIMIT {rows}")
}

/// A row as the server wrote it; `None` where it was too long to be sent whole.
fn kept(text: &str, limits: SqlLimits) -> Result<Option<Map<String, Value>>, ToolError> {
    if text.len() > limits.bytes {
        return Ok(None);
    }
    let members: Members = serde_json::from_str(text).map_err(|error| ToolError::new(error.to_string()))?;
    row(members.0).map(Some)
}
