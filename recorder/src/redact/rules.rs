//! What a user wants replaced beyond the built-in shapes: a regular expression over every text, or a JSONPath over bodies.

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    name: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Pattern(Regex),
    Path(JsonPath),
}

/// Why a rule is none.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The regular expression cannot be read.
    #[error("`{0}` is no regular expression: {1}")]
    Regex(String, #[source] Box<regex::Error>),
    /// The JSONPath cannot be read.
    #[error("`{0}` is no JSONPath: {1} (write `$..name`)")]
    Path(String, #[source] Box<serde_json_path::ParseError>),
}

impl Rule {
    /// Replaces what matches `pattern`, in any text, by `redacted-NAME-1`.
    ///
    /// # Errors
    /// When the pattern is none.
    pub fn regex(name: &str, pattern: &str) -> Result<Self, RuleError> {
        let read = Regex::new(pattern).map_err(|why| RuleError::Regex(pattern.to_owned(), Box::new(why)))?;
        Ok(Self { name: name.to_owned(), what: What::Pattern(read) })
    }

    /// Replaces what `path` selects in a JSON body, whole.
    ///
    /// # Errors
    /// When the path is none.
    pub fn path(name: &str, path: &str) -> Result<Self, RuleError> {
        let read = JsonPath::parse(path).map_err(|why| RuleError::Path(path.to_owned(), Box::new(why)))?;
        Ok(Self { name: name.to_owned(), what: What::Path(read) })
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The pattern, if it has one.
    pub(super) fn pattern(&self) -> Option<&Regex> {
        if let What::Pattern(pattern) = &self.what { Some(pattern) } else { None }
    }

    /// The JSON pointers of what its path selects, the innermost first.
    pub(super) fn places(&self, value: &Value) -> Vec<String> {
        let What::Path(path) = &self.what else { return Vec::new() };
        let located = path.query_located(value);
        let mut places: Vec<String> = located.locations().map(|place| place.to_json_pointer()).collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.len()));
        places
    }
}
