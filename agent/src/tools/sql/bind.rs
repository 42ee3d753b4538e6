//! JSON values as the parameters of a statement, in whichever database. Text is bound as text, never pasted.

use serde_json::Value;
use sqlx::query::Query;
use sqlx::{Database, Encode, Type};

/// The statement with its values. Lists and objects are bound as JSON text.
pub(super) fn bound<'q, D>(
    query: Query<'q, D, <D as Database>::Arguments>,
    values: &[Value],
) -> Query<'q, D, <D as Database>::Arguments>
where
    D: Database,
    Option<String>: Encode<'q, D> + Type<D>,
    String: Encode<'q, D> + Type<D>,
    bool: Encode<'q, D> + Type<D>,
    f64: Encode<'q, D> + Type<D>,
    i64: Encode<'q, D> + Type<D>,
{
    values.iter().fold(query, |query, value| match value {
        Value::Null => query.bind(None::<String>),
        Value::Bool(value) => query.bind(*value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => query.bind(number),
            None => query.bind(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => query.bind(text.clone()),
        other => query.bind(other.to_string()),
    })
}
