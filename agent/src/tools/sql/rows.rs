//! Rows as they are kept for the model: only so many, and only so many bytes. Pure; it knows no database.

use serde_json::{Map, Value, json};

use super::super::ToolError;

/// How much of a result is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlLimits {
    /// How many rows. Default 200.
    pub rows: usize,
    /// How many bytes the rows take as JSON, all together. Default 64 KiB.
    pub bytes: usize,
}

impl Default for SqlLimits {
    fn default() -> Self {
        Self { rows: 200, bytes: 64 << 10 }
    }
}

/// The rows so far.
#[derive(Debug)]
pub(super) struct Rows {
    limits: SqlLimits,
    rows: Vec<Value>,
    bytes: usize,
    cut: Option<String>,
}

impl Rows {
    pub(super) fn new(limits: SqlLimits) -> Self {
        Self { limits, rows: Vec::new(), bytes: 0, cut: None }
    }

    /// Takes one more row; returns whether another may come.
    pub(super) fn take(&mut self, row: Map<String, Value>) -> bool {
        let row = Value::Object(row);
        self.bytes += row.to_string().len();
        if self.rows.len() >= self.limits.rows {
            self.cut = Some(format!("cut after {} rows, the limit; there are more", self.limits.rows));
        } else if self.bytes > self.limits.bytes {
            self.too_long();
        } else {
            self.rows.push(row);
        }
        self.cut.is_none()
    }

    /// The next row is longer than what is left: no other may come.
    pub(super) fn too_long(&mut self) -> bool {
        let (rows, bytes) = (self.rows.len(), self.limits.bytes);
        self.cut = Some(format!("cut after {rows} rows at {bytes} bytes, the limit; there are more"));
        false
    }

    /// What the model is told.
    pub(super) fn into_json(self) -> Value {
        let mut result = json!({ "rows": self.rows });
        if let Some(cut) = self.cut {
            result["cut"] = Value::from(cut);
        }
        result
    }
}

/// A row of columns. Two of one name could not be told apart.
pub(super) fn row(
    columns: impl IntoIterator<Item = (String, Value)>,
) -> Result<Map<String, Value>, ToolError> {
    let mut row = Map::new();
    for (name, value) in columns {
        if row.contains_key(&name) {
            return Err(ToolError::new(format!(
                "Two columns are called {name:?}: give each a name of its own (AS)."
            )));
        }
        row.insert(name, value);
    }
    Ok(row)
}

/// Bytes as PostgreSQL writes them.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    "\\x".chars().chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(limits: SqlLimits, count: usize) -> Value {
        let mut rows = Rows::new(limits);
        for n in 0..count {
            if !rows.take(row([("n".to_owned(), json!(n))]).unwrap()) {
                break;
            }
        }
        rows.into_json()
    }

    #[test]
    fn a_result_that_was_cut_says_so() {
        let limits = SqlLimits { rows: 2, bytes: 20 };
        assert_eq!(taken(limits, 2), json!({"rows": [{"n": 0}, {"n": 1}]}));
        let cut = "cut after 2 rows, the limit; there are more";
        assert_eq!(taken(limits, 3), json!({"rows": [{"n": 0}, {"n": 1}], "cut": cut}));
        let cut = "cut after 2 rows at 20 bytes, the limit; there are more";
        assert_eq!(
            taken(SqlLimits { rows: 9, ..limits }, 9),
            json!({"rows": [{"n": 0}, {"n": 1}], "cut": cut})
        );
    }

    #[test]
    fn columns_of_one_name_are_an_error() {
        let error = row(["a", "a"].map(|name| (name.to_owned(), json!(1)))).unwrap_err();
        assert_eq!(error, ToolError::new("Two columns are called \"a\": give each a name of its own (AS)."));
        assert_eq!((hex(&[0, 255, 0x1a]), hex(&[])), ("\\x00ff1a".to_owned(), "\\x".to_owned()));
    }
}
