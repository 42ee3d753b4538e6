//! A JSON object under construction: required members, optional members, keys in alphabetical order as Bedrock
//! writes them. Knows nothing of Bedrock's shapes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use aws_sdk_bedrockruntime::primitives::Blob;

/// An object being built; `done` sorts its keys.
#[derive(Default)]
pub(super) struct Obj(Map<String, Value>);

impl Obj {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A member that is always written.
    pub(super) fn put(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// A member that is written where it is there.
    pub(super) fn opt(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    /// A list that is left out where it is empty. For lists that the SDK calls required and therefore fills in where
    /// the service left them out, as recorded guardrail traces do.
    pub(super) fn filled<T>(self, key: &str, items: &[T], f: impl Fn(&T) -> Value) -> Self {
        if items.is_empty() { self } else { self.put(key, list(items, f)) }
    }

    pub(super) fn done(mut self) -> Value {
        self.0.sort_keys();
        Value::Object(self.0)
    }
}

/// An object with one member: how Bedrock spells a union.
pub(super) fn one(key: &str, value: impl Into<Value>) -> Value {
    Obj::new().put(key, value).done()
}

/// What stands for a union member or a struct that this SDK version cannot name. It is not Bedrock's spelling on
/// purpose: a comparison with the sent bytes must fail where the SDK lost something.
pub(super) fn unknown() -> Value {
    one("$unknown", true)
}

/// A list, each item through `f`.
pub(super) fn list<T>(items: &[T], f: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.iter().map(f).collect())
}

/// An optional list, each item through `f`.
pub(super) fn opt_list<T>(items: &Option<Vec<T>>, f: impl Fn(&T) -> Value) -> Option<Value> {
    items.as_ref().map(|items| list(items, f))
}

/// Bytes as base64 with padding, the rest-json spelling of a blob.
pub(super) fn blob(bytes: &Blob) -> Value {
    Value::String(STANDARD.encode(bytes.as_ref()))
}
