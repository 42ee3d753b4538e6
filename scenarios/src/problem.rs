//! What is wrong with a file: every problem at once, each with its place and what to do about it.

use crate::node::Place;
use miette::{Diagnostic, NamedSource, SourceSpan};

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[error("{path}: {message}")]
pub struct Problem {
    /// Where in the document: `replies[1].message[0]`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[help]
    pub hint: Option<String>,
    /// Where in the text.
    #[label("here")]
    pub span: SourceSpan,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Problem {
    /// A problem at `place`.
    pub(crate) fn new(path: impl Into<String>, place: Place, message: impl Into<String>) -> Self {
        let mut path = path.into();
        if path.is_empty() {
            "the file".clone_into(&mut path);
        }
        let span = (place.offset, place.length).into();
        Self { path, message: message.into(), hint: None, span, line: place.line, column: place.column }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Everything that is wrong with one file.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{}: {} problem{}", source_text.name(), problems.len(), if problems.len() == 1 { "" } else { "s" })]
pub struct Problems {
    /// The text, for whoever renders it.
    #[source_code]
    pub source_text: NamedSource<String>,
    /// The problems, in the order of the text.
    #[related]
    pub problems: Vec<Problem>,
}

impl Problems {
    /// The problems of the file `name` with this text.
    pub fn new(name: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        Self { source_text: NamedSource::new(name, text.to_owned()), problems }
    }

    /// One line a problem: `name:line:column: path: message (hint)`.
    pub fn to_text(&self) -> String {
        let name = self.source_text.name();
        let line = |problem: &Problem| {
            let hint = problem.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{name}:{}:{}: {problem}{hint}\n", problem.line, problem.column)
        };
        self.problems.iter().map(line).collect()
    }
}
