//! Tools over a database: one where the model writes the statement, one where the author has written it.

use serde_json::{Map, Value, json};

use super::super::described::{Described, answered_by_about, with_policy_in_about};
use super::super::{Tool, ToolContext, ToolFuture, ToolOutput, ToolPolicy, text_member};
use super::pool::SqlPool;
use super::settings::SqlError;
use super::text::{positional, reading};

/// A tool where the model writes a statement that reads and gets rows as JSON. It is called `sql_query`.
///
/// The result is `{"rows": [{…}, …]}`, with `cut` where there was more. Values may be given apart, as `parameters` for
/// `$1`, `$2`, …; they are bound.
#[derive(Debug, Clone)]
pub struct SqlQuery {
    about: Described,
    pool: SqlPool,
}

impl SqlQuery {
    /// A tool over a database. [`tables`] is its companion.
    #[must_use]
    pub fn new(pool: SqlPool) -> Self {
        let dialect = pool.dialect();
        let description = format!(
            "Runs one read-only {dialect} statement (SELECT, WITH or VALUES) and gives its rows as JSON. Name each column. \
             Look at the tables first (list_tables)."
        );
        let schema = json!({
            "type": "object",
            "properties": {
                "sql": {"type": "string", "description": format!("One {dialect} statement that reads.")},
                "parameters": {
                    "type": "array",
                    "items": {"type": ["string", "number", "boolean", "null"]},
                    "description": "Values for $1, $2, … in the statement."
                }
            },
            "required": ["sql"],
            "additionalProperties": false
        });
        let mut about = Described::new("sql_query", description, schema);
        about.policy = ToolPolicy::read();
        Self { about, pool }
    }

    /// The same tool under another name and description, where there are several databases.
    #[must_use]
    pub fn described(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        (self.about.name, self.about.description) = (name.into(), description.into());
        self
    }

    with_policy_in_about!();
}

impl Tool for SqlQuery {
    answered_by_about!();

    fn run<'a>(&'a self, input: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let values = input.get("parameters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            self.pool.run(text_member(input, "sql")?, values).await.map(ToolOutput::Json)
        })
    }
}

/// A tool over one statement that its author wrote, with named parameters (`:name`): the model gives values, which are
/// bound, and never text of the statement. A parameter that the input leaves out is NULL; lists and objects are bound as
/// JSON text.
#[derive(Debug, Clone)]
pub struct SqlStatement {
    about: Described,
    pool: SqlPool,
    sql: String,
    parameters: Vec<String>,
}

impl SqlStatement {
    /// A tool over a statement; `schema` is that of the parameters.
    ///
    /// # Errors
    /// [`SqlError::Statement`] where it is not one statement that reads, [`SqlError::Parameter`] where the schema does not
    /// have a parameter of it.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        schema: Value,
        pool: SqlPool,
        sql: &str,
    ) -> Result<Self, SqlError> {
        let tool = name.into();
        reading(sql).map_err(|why| SqlError::Statement { tool: tool.clone(), why })?;
        let (sql, parameters) = positional(sql);
        if let Some(parameter) =
            parameters.iter().find(|name| schema["properties"].get(name.as_str()).is_none())
        {
            return Err(SqlError::Parameter { tool, parameter: parameter.clone() });
        }
        let mut about = Described::new(tool, description, schema);
        about.policy = ToolPolicy::read();
        Ok(Self { about, pool, sql, parameters })
    }

    with_policy_in_about!();
}

impl Tool for SqlStatement {
    answered_by_about!();

    fn run<'a>(&'a self, input: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let value = |name: &String| input.get(name).cloned().unwrap_or_default();
            let values: Vec<Value> = self.parameters.iter().map(value).collect();
            self.pool.run(&self.sql, &values).await.map(ToolOutput::Json)
        })
    }
}

const SQLITE_TABLES: &str = "SELECT m.name AS \"table\", c.name AS \"column\", c.type AS \"type\" \
    FROM sqlite_schema AS m, pragma_table_info(m.name) AS c \
    WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY m.name, c.cid";

const POSTGRES_TABLES: &str = "SELECT table_schema AS \"schema\", table_name AS \"table\", column_name AS \"column\", \
    data_type AS \"type\" FROM information_schema.columns \
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema') \
    ORDER BY table_schema, table_name, ordinal_position";

/// A tool `list_tables` that tells the model which tables and columns there are.
///
/// # Errors
/// None: a test holds that the statement reads.
pub fn tables(pool: SqlPool) -> Result<SqlStatement, SqlError> {
    let sql = if pool.dialect() == "SQLite" { SQLITE_TABLES } else { POSTGRES_TABLES };
    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    SqlStatement::new(
        "list_tables",
        "Lists the tables of the database, with their columns.",
        schema,
        pool,
        sql,
    )
}
