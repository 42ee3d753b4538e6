//! A document of another tool as a tree: what JSON and YAML have in common, and YAML's binary texts.
//!
//! It knows no recorder's format.

use serde_json::{Map, Value};

/// A node of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    /// Null, true, 1.5.
    Scalar(Value),
    /// A text.
    Text(String),
    /// Bytes that a YAML file tags as such.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Tree>),
    /// Members in their order.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// The member of that name; none where this is no map.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A member of a member.
    pub(super) fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |tree, name| tree.get(name))
    }

    /// Whether there is a member of that name that is not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| *value != Self::Scalar(Value::Null))
    }

    /// The items; none where this is no list.
    pub(super) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// The text; none for anything else.
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text of a member.
    pub(super) fn text_at(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// A number, also one that is written as a text.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Scalar(value) => value.as_f64(),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The value of a header: a text, a number, bytes that are text, or the first of a list of them.
    pub(super) fn value(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Scalar(Value::Null) => None,
            Self::Scalar(value) => Some(value.to_string()),
            Self::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::List(items) => items.first()?.value(),
            Self::Map(_) => None,
        }
    }

    /// The same as JSON; bytes as the text that they hold.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::Text(text) => Value::String(text.clone()),
            Self::Bytes(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(members) => Value::Object(
                members.iter().map(|(name, value)| (name.clone(), value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Map(members.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
            scalar => Self::Scalar(scalar),
        }
    }
}
