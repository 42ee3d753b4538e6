//! Tools over SQL: SQLite and PostgreSQL, through pools of read-only connections. It knows no model and no conversation.
//!
//! Both databases go through sqlx. Its SQLite and rusqlite's (dead letters) must be one library, so the two are kept at
//! versions that agree.

mod bind;
mod failure;
mod pool;
mod postgres;
mod rows;
mod settings;
mod sqlite;
mod text;
mod tools;
mod unique;

pub use pool::SqlPool;
pub use rows::SqlLimits;
pub use settings::{SqlError, SqlSettings};
pub use tools::{SqlQuery, SqlStatement, tables};
