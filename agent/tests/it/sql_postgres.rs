//! Tools over PostgreSQL, on a real server that its own client sets up and looks at afterwards.

use std::time::{Duration, Instant};

use faultline_agent::ToolError;
use faultline_agent::tools::sql::{SqlLimits, SqlPool, SqlQuery, SqlSettings, SqlStatement, tables};
use serde_json::json;

use crate::postgres::Cluster;
use crate::sql::{ask, query};

const ORDERS: &str =
    "CREATE TABLE orders (id int PRIMARY KEY, customer text, paid numeric(8,2), day date, tags text[]);
    INSERT INTO orders VALUES (1, 'Ada', 9.50, '2026-11-28', '{a,b}'), (2, 'Bob', NULL, NULL, NULL);
    CREATE SEQUENCE numbers;
    CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'INSERT INTO orders (id) VALUES (9) RETURNING id';";

async fn tool(cluster: &Cluster, settings: SqlSettings) -> SqlQuery {
    SqlQuery::new(SqlPool::open(&cluster.url(), settings).await.unwrap())
}

#[tokio::test]
async fn rows_of_any_type_are_read_and_nothing_is_written() {
    let Some(cluster) = Cluster::start("pg-reads") else { return };
    cluster.psql(ORDERS);
    let pool = SqlPool::open(&cluster.url(), SqlSettings::default()).await.unwrap();
    assert!(!format!("{pool:?}").contains("hush"), "{pool:?}");
    let tool = SqlQuery::new(pool.clone());
    reads(&tool, &pool).await;
    refuses(&tool, &cluster).await;
    limits(&cluster).await;
}

async fn reads(tool: &SqlQuery, pool: &SqlPool) {
    let rows = query(tool, "SELECT *, paid > 9 AS much FROM orders ORDER BY id; -- all").await.unwrap();
    let expected = json!({"rows": [
        {"id": 1, "customer": "Ada", "paid": 9.5, "day": "2026-11-28", "tags": ["a", "b"], "much": true},
        {"id": 2, "customer": "Bob", "paid": null, "day": null, "tags": null, "much": null},
    ]});
    assert_eq!(rows, expected);
    let bound = json!({"sql": "SELECT id FROM orders WHERE customer = $1 OR id = $2", "parameters": ["' OR true --", 2]});
    assert_eq!(ask(tool, bound).await.unwrap(), json!({"rows": [{"id": 2}]}));
    let schema = json!({"type": "object", "properties": {"day": {"type": "string"}}});
    let sql = "SELECT customer FROM orders WHERE day = :day::date";
    let fixed = SqlStatement::new("on_day", "Orders of a day.", schema, pool.clone(), sql).unwrap();
    let rows = ask(&fixed, json!({"day": "2026-11-28"})).await.unwrap();
    assert_eq!(rows, json!({"rows": [{"customer": "Ada"}]}));
    let listed = ask(&tables(pool.clone()).unwrap(), json!({})).await.unwrap();
    assert_eq!(
        listed["rows"][2],
        json!({"schema": "public", "table": "orders", "column": "paid", "type": "numeric"})
    );
    let twice = query(tool, "SELECT 1 AS a, 2 AS a").await.unwrap_err();
    assert!(twice.message.starts_with("Two columns are called \"a\""), "{twice}");
}

async fn refuses(tool: &SqlQuery, cluster: &Cluster) {
    let begins = "a statement must begin with SELECT, WITH or VALUES; nothing can be changed.";
    let read_only = "in a read-only transaction";
    for (sql, why) in [
        ("INSERT INTO orders (id) VALUES (9)", begins),
        ("SET transaction_read_only = off", begins),
        ("COPY orders TO PROGRAM 'cat'", begins),
        ("SELECT 1; DROP TABLE orders", "One statement at a time"),
        ("SELECT $$'$$) q; DROP TABLE orders --'", "syntax error"),
        ("WITH a AS (DELETE FROM orders RETURNING id) SELECT * FROM a", "must be at the top level"),
        ("SELECT 1) q; DROP TABLE orders --", "One statement at a time"),
        ("SELECT id INTO copy FROM orders", "INTO"),
        ("SELECT nextval('numbers')", read_only),
        ("SELECT sneak()", read_only),
        ("SELECT set_config('transaction_read_only', 'off', false)", "must be set before any query"),
    ] {
        let error = query(tool, sql).await.expect_err(sql);
        assert!(error.message.contains(why) && !error.transient, "{sql}: {error}");
    }
    query(tool, "SELECT set_config('default_transaction_read_only', 'off', false), set_config('statement_timeout', '0', false) AS b").await.unwrap();
    let settings = query(tool, "SELECT current_setting('default_transaction_read_only') AS a, current_setting('statement_timeout') AS b").await;
    assert_eq!(settings.unwrap()["rows"], json!([{"a": "on", "b": "10s"}]), "no setting outlives its call");
    assert_eq!(cluster.psql("SELECT count(*), max(id) FROM orders"), "2|2");
    // Before PostgreSQL 16, a read-only transaction lets this through.
    let _ = query(tool, "SELECT lo_create(0)").await;
    assert_eq!(cluster.psql("SELECT count(*) FROM pg_largeobject_metadata"), "0", "it is rolled back");
    assert_eq!(cluster.psql("SELECT last_value, is_called FROM numbers"), "1|f");
}

async fn limits(cluster: &Cluster) {
    let limits = SqlLimits { rows: 3, bytes: 200 };
    let settings = SqlSettings {
        limits,
        statement_timeout: Duration::from_millis(200),
        max_connections: 1,
        ..SqlSettings::default()
    };
    let tool = tool(cluster, settings).await;
    let rows = query(&tool, "SELECT i FROM generate_series(1, 1000000000) AS i").await;
    let began = Instant::now();
    let error = rows.map(|rows| rows["cut"].clone());
    // A set that a function makes is made whole before its first row: the time limit meets it.
    assert_eq!(error, Err(ToolError::new("The statement was stopped after 200ms, the limit.")));
    let rows = query(&tool, "SELECT i FROM (SELECT generate_series(1, 1000000000) AS i) AS s").await.unwrap();
    assert_eq!(
        rows,
        json!({"rows": [{"i": 1}, {"i": 2}, {"i": 3}], "cut": "cut after 3 rows, the limit; there are more"})
    );
    let rows = query(&tool, "SELECT repeat('x', 1000000) AS long").await.unwrap();
    assert_eq!(rows, json!({"rows": [], "cut": "cut after 0 rows at 200 bytes, the limit; there are more"}));
    let error = query(&tool, "SELECT pg_sleep(600)::text AS s").await.unwrap_err();
    assert_eq!(error.message, "The statement was stopped after 200ms, the limit.");
    let dropped = query(&tool, "SELECT pg_sleep(600)::text AS s");
    assert!(
        tokio::time::timeout(Duration::from_millis(50), dropped).await.is_err(),
        "it does not end by itself"
    );
    query(&tool, "SELECT 1 AS a").await.unwrap();
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()";
    assert_eq!(cluster.psql(idle), "0", "the server has stopped it");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_that_died_is_noticed_before_it_is_used() {
    let Some(cluster) = Cluster::start("pg-restart") else { return };
    let settings = SqlSettings { max_connections: 1, ..SqlSettings::default() };
    let (careful, rash) = (
        tool(&cluster, settings.clone()).await,
        tool(&cluster, SqlSettings { pre_ping: false, ..settings.clone() }).await,
    );
    let pid = async |tool: &SqlQuery| {
        let rows = query(tool, "SELECT pg_backend_pid() AS pid, pg_sleep(0.01)::text AS slept").await;
        rows.map(|rows| rows["rows"][0]["pid"].clone())
    };
    let (before, _) = (pid(&careful).await.unwrap(), pid(&rash).await.unwrap());
    assert_eq!(pid(&careful).await.unwrap(), before, "a connection is used again");
    cluster.psql(&format!("SELECT pg_terminate_backend({before})"));
    assert_ne!(pid(&careful).await.unwrap(), before, "and replaced when it is dead");
    cluster.server("restart");
    assert!(pid(&careful).await.is_ok(), "a restart is not noticed");
    let error = pid(&rash).await.unwrap_err();
    assert!(error.transient, "who does not test fails once, and may try again: {error}");
    assert!(pid(&rash).await.is_ok());
    let recycled =
        tool(&cluster, SqlSettings { max_lifetime: Some(Duration::from_millis(1)), ..settings }).await;
    let first = pid(&recycled).await.unwrap();
    assert_ne!(pid(&recycled).await.unwrap(), first, "a connection is not used beyond its lifetime");
    cluster.server("stop");
    let error = pid(&careful).await.unwrap_err();
    assert!(error.transient && !error.message.contains("hush"), "{error}");
}
