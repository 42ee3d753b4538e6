//! Tools over SQLite, on a file that rusqlite has made and looks at afterwards.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use faultline_agent::tools::sql::{
    SqlError, SqlLimits, SqlPool, SqlQuery, SqlSettings, SqlStatement, tables,
};
use faultline_agent::{Conversation, Mode, Tool, ToolContext, ToolError, ToolOutput, Toolbox};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::script::{Server, ask_on, calls, config, says};

const ORDERS: &str = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, paid REAL, scan BLOB);
    INSERT INTO orders VALUES (1, 'Ada', 9.5, x'00ff'), (2, 'Bob; DROP TABLE orders', NULL, NULL), (3, 'Cy', 3, NULL);
    CREATE VIEW unpaid AS SELECT id FROM orders WHERE paid IS NULL;";

fn orders(name: &str) -> (Folder, PathBuf) {
    let folder = Folder::new(name);
    let path = folder.0.join("orders.db");
    let _ = std::fs::remove_file(&path);
    Connection::open(&path).unwrap().execute_batch(ORDERS).unwrap();
    (folder, path)
}

async fn open(path: &std::path::Path, settings: SqlSettings) -> SqlPool {
    SqlPool::open(&format!("sqlite:{}", path.display()), settings).await.unwrap()
}

pub(crate) async fn ask(tool: &impl Tool, input: Value) -> Result<Value, ToolError> {
    match tool.run(input.as_object().unwrap(), &ToolContext::detached()).await? {
        ToolOutput::Json(json) => Ok(json),
        ToolOutput::Text(text) => panic!("not JSON: {text}"),
    }
}

pub(crate) async fn query(tool: &SqlQuery, sql: &str) -> Result<Value, ToolError> {
    ask(tool, json!({ "sql": sql })).await
}

#[tokio::test]
async fn a_model_looks_at_the_tables_and_reads_rows() {
    let (_folder, path) = orders("sql-reads");
    let pool = open(&path, SqlSettings::default()).await;
    let toolbox = Toolbox::new().with(tables(pool.clone()).unwrap()).unwrap();
    let toolbox = toolbox.with(SqlQuery::new(pool)).unwrap();
    let server = Server::new([
        calls("a", "list_tables", &["{}"]),
        calls(
            "b",
            "sql_query",
            &[r#"{"sql": "SELECT id, customer, paid, scan FROM orders WHERE id < $1;", "parameters": [3]}"#],
        ),
        calls("c", "sql_query", &[r#"{"sql": "DROP TABLE orders"}"#]),
        says("done"),
    ]);
    let outcome = ask_on(&server, config(Mode::Streaming), toolbox, &mut Conversation::new()).await;
    let told = |nth: usize| outcome.last_message(nth)[0]["toolResult"]["content"][0].clone();
    let column =
        |table: &str, column: &str, kind: &str| json!({"table": table, "column": column, "type": kind});
    let columns = json!([
        column("orders", "id", "INTEGER"),
        column("orders", "customer", "TEXT"),
        column("orders", "paid", "REAL"),
        column("orders", "scan", "BLOB"),
        column("unpaid", "id", "INTEGER"),
    ]);
    assert_eq!(told(1)["json"]["rows"], columns);
    let rows = json!({"rows": [
        {"id": 1, "customer": "Ada", "paid": 9.5, "scan": "\\x00ff"},
        {"id": 2, "customer": "Bob; DROP TABLE orders", "paid": null, "scan": null},
    ]});
    assert_eq!(told(2)["json"], rows);
    assert_eq!(outcome.last_message(3)[0]["toolResult"]["status"], "error");
}

#[tokio::test]
async fn every_attempt_to_write_is_refused_and_changes_nothing() {
    let (folder, path) = orders("sql-writes");
    let other = folder.0.join("other.db");
    let before = std::fs::read(&path).unwrap();
    let tool = SqlQuery::new(open(&path, SqlSettings::default()).await);
    let attach = format!("ATTACH '{}' AS other", other.display());
    let into = format!("VACUUM INTO '{}'", other.display());
    let begins = "a statement must begin with SELECT, WITH or VALUES; nothing can be changed.";
    let cases: [(&str, &str); 14] = [
        ("INSERT INTO orders (id) VALUES (9)", begins),
        ("UPDATE orders SET paid = 0", begins),
        ("REPLACE INTO orders (id) VALUES (1)", begins),
        ("PRAGMA query_only = OFF", begins),
        ("PRAGMA writable_schema = ON", begins),
        ("CREATE TEMP TABLE x (a)", begins),
        (&attach, begins),
        (&into, begins),
        ("SELECT 1; DROP TABLE orders", "One statement at a time"),
        ("SELECT ''';'; DELETE FROM orders", "One statement at a time"),
        ("WITH a AS (SELECT 1) DELETE FROM orders RETURNING id", "attempt to write a readonly database"),
        (
            "WITH a AS (SELECT 7 AS id) INSERT INTO orders (id) SELECT id FROM a",
            "attempt to write a readonly database",
        ),
        ("SELECT load_extension('/tmp/x.so')", "not authorized"),
        ("SELECT * FROM pragma_query_only(0)", "too many arguments on pragma_query_only()"),
    ];
    for (sql, why) in cases {
        let error = query(&tool, sql).await.expect_err(sql);
        assert!(error.message.contains(why) && !error.transient, "{sql}: {error}");
    }
    assert_eq!(query(&tool, "SELECT count(*) AS n FROM orders").await.unwrap(), json!({"rows": [{"n": 3}]}));
    assert_eq!(std::fs::read(&path).unwrap(), before, "not a byte of the file has changed");
    assert!(!other.exists());
}

#[tokio::test]
async fn a_fixed_statement_binds_values_and_never_pastes_them() {
    let (_folder, path) = orders("sql-fixed");
    let pool = open(&path, SqlSettings::default()).await;
    let schema =
        json!({"type": "object", "properties": {"who": {"type": "string"}, "most": {"type": "number"}}});
    let fixed = |sql: &str| SqlStatement::new("find", "Finds orders.", schema.clone(), pool.clone(), sql);
    let tool =
        fixed("SELECT id FROM orders WHERE customer = :who AND (:most IS NULL OR id <= :most)").unwrap();
    for (input, ids) in [
        (json!({"who": "Ada"}), json!([{"id": 1}])),
        (json!({"who": "Bob; DROP TABLE orders", "most": 2.5}), json!([{"id": 2}])),
        (json!({"who": "Cy", "most": 2}), json!([])),
        (json!({"who": "' OR 1=1 --"}), json!([])),
        (json!({}), json!([])),
    ] {
        assert_eq!(ask(&tool, input.clone()).await.unwrap()["rows"], ids, "{input}");
    }
    let error = fixed("SELECT id FROM orders WHERE id = :id").unwrap_err();
    assert!(matches!(&error, SqlError::Parameter { parameter, .. } if parameter == "id"), "{error}");
    assert!(matches!(fixed("DELETE FROM orders"), Err(SqlError::Statement { .. })));
}

#[tokio::test]
async fn a_result_is_cut_at_its_limits_and_says_so() {
    let limits = SqlLimits { rows: 2, bytes: 100 };
    let pool = SqlPool::in_memory(ORDERS, SqlSettings { limits, ..SqlSettings::default() }).await.unwrap();
    let tool = SqlQuery::new(pool);
    let rows = query(&tool, "SELECT id FROM orders").await.unwrap();
    let cut = "cut after 2 rows, the limit; there are more";
    assert_eq!(rows, json!({"rows": [{"id": 1}, {"id": 2}], "cut": cut}));
    let rows = query(&tool, "SELECT id, printf('%.*c', 40 * id, 'x') AS long FROM orders").await.unwrap();
    assert_eq!(rows["rows"].as_array().unwrap().len(), 1);
    assert_eq!(rows["cut"], "cut after 1 rows at 100 bytes, the limit; there are more");
    let rows = query(&tool, "SELECT 1 AS id, zeroblob(100000000) AS long").await.unwrap();
    assert_eq!(rows, json!({"rows": [], "cut": "cut after 0 rows at 100 bytes, the limit; there are more"}));
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    assert_eq!(query(&tool, endless).await.unwrap()["cut"], cut, "an endless result ends at its limit");
    let error = query(&tool, "SELECT 1 AS a, 2 AS a").await.unwrap_err();
    assert!(error.message.starts_with("Two columns are called \"a\""), "{error}");
}

/// A statement that gives no row and never ends by itself.
const RUNAWAY: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n";

#[tokio::test]
async fn a_runaway_statement_is_stopped_and_so_is_one_whose_call_is_dropped() {
    let one =
        |statement_timeout| SqlSettings { max_connections: 1, statement_timeout, ..SqlSettings::default() };
    let pool = SqlPool::in_memory(ORDERS, one(Duration::from_millis(100))).await.unwrap();
    let tool = SqlQuery::new(pool);
    let began = Instant::now();
    let error = query(&tool, RUNAWAY).await.unwrap_err();
    assert_eq!(error, ToolError::new("The statement was stopped after 100ms, the limit."));
    // There is one connection: were it still at work, nobody could use it.
    query(&tool, "SELECT 1 AS a").await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let pool = SqlPool::in_memory(ORDERS, one(Duration::from_secs(600))).await.unwrap();
    let tool = SqlQuery::new(pool);
    let dropped = tokio::time::timeout(Duration::from_millis(50), query(&tool, RUNAWAY)).await;
    assert!(dropped.is_err(), "it does not end by itself");
    assert_eq!(query(&tool, "SELECT 1 AS a").await.unwrap(), json!({"rows": [{"a": 1}]}));
}

#[tokio::test]
async fn a_database_in_memory_is_the_same_in_each_connection_and_cannot_be_written() {
    let short = Some(Duration::from_millis(1));
    let settings = SqlSettings { max_lifetime: short, idle_timeout: short, ..SqlSettings::default() };
    let tool = SqlQuery::new(SqlPool::in_memory(ORDERS, settings).await.unwrap());
    let count = || query(&tool, "SELECT count(*) AS n FROM orders");
    let (a, b, c) = tokio::join!(count(), count(), count());
    let expected = Ok(json!({"rows": [{"n": 3}]}));
    assert_eq!((&a, &b, &c), (&expected, &expected, &expected));
    assert_eq!(count().await, expected, "connections were replaced in between");
    let error = query(&tool, "WITH a AS (SELECT 1) DELETE FROM orders").await.unwrap_err();
    assert!(error.message.contains("attempt to write a readonly database"), "{error}");
    let broken = SqlPool::in_memory("CREATE TABEL x", SqlSettings::default()).await.unwrap_err();
    assert!(broken.to_string().contains("near \"TABEL\""), "{broken}");
}

#[tokio::test]
async fn what_is_no_database_is_an_error_without_its_password() {
    for (url, part) in [
        ("/no/such/file.db", "unable to open database file"),
        ("mysql://u:hush@h/x", "mysql: is not known"),
        ("postgres://u:hush@127.0.0.1:1/x", "Connection refused"),
        ("postgres://u:hush@127.0.0.1:99999/x", "invalid port number"),
    ] {
        let error = SqlPool::open(url, SqlSettings::default()).await.unwrap_err().to_string();
        assert!(error.contains(part) && !error.contains("hush"), "{url}: {error}");
    }
}
