//! Reading statements on SQLite. The file is opened for reading only; what sqlx gives no safe way to forbid (ATTACH,
//! PRAGMA) is refused by `text`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteColumn, SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Row, Sqlite, SqliteConnection, SqlitePool, TypeInfo,
    ValueRef,
};

use super::bind::bound;
use super::failure::Failure;
use super::rows::{Rows, SqlLimits, hex, row};

/// After so many steps of SQLite's machine it is asked whether to go on: some tens of microseconds.
const STEPS: i32 = 1000;

fn options(wait: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .create_if_missing(false)
        .busy_timeout(wait)
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// A pool over a file, which is there.
pub(super) async fn file(
    path: &Path,
    pool: PoolOptions<Sqlite>,
    wait: Duration,
) -> Result<SqlitePool, sqlx::Error> {
    let options = options(wait).filename(path).read_only(true).pragma("query_only", "ON");
    // A pool would try a file that is not there again and again.
    options.connect().await?.close().await?;
    Ok(pool.connect_lazy_with(options))
}

/// A pool over databases in memory: each connection has one of its own, made by the same statements.
pub(super) async fn memory(
    setup: String,
    pool: PoolOptions<Sqlite>,
    wait: Duration,
) -> Result<SqlitePool, sqlx::Error> {
    let options = options(wait).in_memory(true);
    let setup: Arc<str> = setup.into();
    let mut first = options.connect().await?;
    make(&mut first, &setup).await?;
    first.close().await?;
    let made = pool.after_connect(move |connection, _| {
        let setup = setup.clone();
        Box::pin(async move { make(connection, &setup).await })
    });
    Ok(made.connect_lazy_with(options))
}

async fn make(connection: &mut SqliteConnection, setup: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(setup)).execute(&mut *connection).await?;
    sqlx::raw_sql("PRAGMA query_only = ON").execute(connection).await.map(drop)
}

/// Stops a statement when the call is dropped: the thread that works for a connection does not see that by itself.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a statement for so long at most.
pub(super) async fn run(
    pool: &SqlitePool,
    sql: &str,
    values: &[Value],
    limits: SqlLimits,
    time: Duration,
) -> Result<Rows, Failure> {
    let mut connection = pool.acquire().await?;
    let stop = Stop(Arc::default());
    watch(&mut connection, stop.0.clone(), time).await?;
    let query = bound(sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false), values);
    let mut rows = Rows::new(limits);
    let mut coming = query.fetch(&mut *connection);
    while let Some(next) = coming.try_next().await? {
        let go_on = match columns(&next, limits.bytes)? {
            Some(columns) => rows.take(row(columns)?),
            None => rows.too_long(),
        };
        if !go_on {
            break;
        }
    }
    Ok(rows)
}

/// Lets SQLite ask, while it works, whether to go on.
async fn watch(
    connection: &mut SqliteConnection,
    stop: Arc<AtomicBool>,
    time: Duration,
) -> Result<(), sqlx::Error> {
    let began = Instant::now();
    let go_on = move || began.elapsed() < time && !stop.load(Ordering::Relaxed);
    connection.lock_handle().await?.set_progress_handler(STEPS, go_on);
    Ok(())
}

/// The columns of a row; `None` where a value is too long to be kept, which is then not copied either.
fn columns(row: &SqliteRow, most: usize) -> Result<Option<Vec<(String, Value)>>, sqlx::Error> {
    let value = |column: usize| -> Result<Option<Value>, sqlx::Error> {
        let raw = row.try_get_raw(column)?;
        if raw.is_null() {
            return Ok(Some(Value::Null));
        }
        let kind = raw.type_info().name().to_owned();
        Ok(match kind.as_str() {
            "INTEGER" => Some(Value::from(row.try_get_unchecked::<i64, _>(column)?)),
            "REAL" => Some(Value::from(row.try_get_unchecked::<f64, _>(column)?)),
            "BLOB" => {
                let bytes: &[u8] = row.try_get_unchecked(column)?;
                (bytes.len() <= most).then(|| Value::from(hex(bytes)))
            }
            _ => {
                let text: &str = row.try_get_unchecked(column)?;
                (text.len() <= most).then(|| Value::from(text))
            }
        })
    };
    let named = |column: &SqliteColumn| {
        let value = value(column.ordinal())?;
        Ok(value.map(|value| (column.name().to_owned(), value)))
    };
    row.columns().iter().map(named).collect()
}
