//! A place in foreign JSON: what is there, and where it is when something is wrong. It knows no message.

use serde_json::Value;
use std::fmt;

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(crate) String);

/// A value and the way to it.
pub(super) struct Node<'a> {
    value: &'a Value,
    way: Way<'a>,
}

#[derive(Clone, Copy)]
enum Way<'a> {
    Root,
    Member(&'a Way<'a>, &'a str),
    Item(&'a Way<'a>, usize),
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Member(before, name) => write!(f, "{before}.{name}"),
            Self::Item(before, index) => write!(f, "{before}[{index}]"),
        }
    }
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, way: Way::Root }
    }

    /// What is wrong here.
    pub(super) fn wrong(&self, why: &str) -> Malformed {
        Malformed(format!("{}: {why}", self.way))
    }

    /// A member that is there and not null.
    pub(super) fn member(&'a self, name: &'a str) -> Result<Option<Node<'a>>, Malformed> {
        let Value::Object(members) = self.value else { return Err(self.wrong("this is no object")) };
        let value = members.get(name).filter(|value| !value.is_null());
        Ok(value.map(|value| Node { value, way: Way::Member(&self.way, name) }))
    }

    fn read<T: Default>(
        &self,
        name: &str,
        read: impl FnOnce(&Node<'_>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        self.member(name)?.map_or_else(|| Ok(T::default()), |node| read(&node))
    }

    /// A message in a member.
    pub(super) fn message<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Node<'_>) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        self.member(name)?.map(|node| read(&node)).transpose()
    }

    /// The messages in a member that is an array.
    pub(super) fn list<T>(
        &self,
        name: &str,
        read: impl Fn(&Node<'_>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        self.read(name, |node| node.items(read))
    }

    /// The messages in this array.
    pub(super) fn items<T>(
        &self,
        read: impl Fn(&Node<'_>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let Value::Array(items) = self.value else { return Err(self.wrong("this is no array")) };
        let item = |(index, value)| read(&Node { value, way: Way::Item(&self.way, index) });
        items.iter().enumerate().map(item).collect()
    }

    pub(super) fn text(&self, name: &str) -> Result<String, Malformed> {
        self.read(name, as_text)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, Malformed> {
        self.read(name, as_boolean)
    }

    pub(super) fn unsigned(&self, name: &str) -> Result<u64, Malformed> {
        self.read(name, as_unsigned)
    }

    pub(super) fn small(&self, name: &str) -> Result<u32, Malformed> {
        self.read(name, |node| {
            u32::try_from(as_unsigned(node)?).map_err(|_| node.wrong("this is beyond 32 bits"))
        })
    }

    pub(super) fn enumeration(&self, name: &str) -> Result<i32, Malformed> {
        self.read(name, |node| {
            i32::try_from(as_signed(node)?).map_err(|_| node.wrong("this is beyond 32 bits"))
        })
    }

    pub(super) fn double(&self, name: &str) -> Result<f64, Malformed> {
        self.read(name, as_double)
    }

    /// Bytes as hex, in either case.
    pub(super) fn hex(&self, name: &str) -> Result<Vec<u8>, Malformed> {
        self.read(name, |node| crate::hex::read(&as_text(node)?).ok_or_else(|| node.wrong("this is no hex")))
    }
}

pub(super) fn as_text(node: &Node<'_>) -> Result<String, Malformed> {
    node.value.as_str().map(str::to_owned).ok_or_else(|| node.wrong("this is no string"))
}

pub(super) fn as_boolean(node: &Node<'_>) -> Result<bool, Malformed> {
    node.value.as_bool().ok_or_else(|| node.wrong("this is neither true nor false"))
}

/// A whole number, as a number or, as OTLP writes 64 bits, as a string.
pub(super) fn as_unsigned(node: &Node<'_>) -> Result<u64, Malformed> {
    let number = match node.value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    number.ok_or_else(|| node.wrong("this is no whole number from 0 to 2^64-1"))
}

pub(super) fn as_signed(node: &Node<'_>) -> Result<i64, Malformed> {
    let number = match node.value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    number.ok_or_else(|| node.wrong("this is no whole number of 64 bits"))
}

pub(super) fn as_double(node: &Node<'_>) -> Result<f64, Malformed> {
    let number = match node.value {
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        other => other.as_f64(),
    };
    number.ok_or_else(|| node.wrong("this is no number"))
}
