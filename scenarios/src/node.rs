//! A YAML (or JSON) document as a tree that remembers where everything stands.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;
use std::fmt;

/// Where something stands in its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
    /// Offset in bytes.
    pub(crate) offset: usize,
    /// Length in bytes; at least 1.
    pub(crate) length: usize,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The value.
    pub(crate) kind: Kind,
    /// Its place.
    pub(crate) place: Place,
}

/// A member of a map: name, the name's place, value.
pub(crate) type Member = (String, Place, Node);

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// null, true, 1.5, "text".
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// A map, in its order.
    Map(Vec<Member>),
}

impl Node {
    /// The same as plain JSON.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Self::to_value).collect(),
            Kind::Map(members) => Value::Object(
                members.iter().map(|(name, _, node)| (name.clone(), node.to_value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// The member or item that `step` names.
    pub(crate) fn child(&self, step: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(members) => members.iter().find(|(name, ..)| name == step).map(|(.., node)| node),
            Kind::List(items) => items.get(step.parse::<usize>().ok()?),
            Kind::Scalar(_) => None,
        }
    }

    /// The deepest node on the way of `steps`: where a problem there is shown.
    pub(crate) fn nearest<'a>(&self, steps: impl IntoIterator<Item = &'a str>) -> &Self {
        let mut node = self;
        for step in steps {
            let Some(child) = node.child(step) else { return node };
            node = child;
        }
        node
    }
}

fn place(location: serde_saphyr::Location) -> Place {
    let size = |number: u64| usize::try_from(number).unwrap_or(0);
    let span = location.span();
    Place {
        line: size(location.line()),
        column: size(location.column()),
        offset: size(span.byte_offset().unwrap_or(0)),
        length: size(span.byte_len().unwrap_or(1)).max(1),
    }
}

/// The place of a parser's error.
pub(crate) fn place_of(error: &serde_saphyr::Error, text: &str) -> Place {
    let Some(location) = error.location() else { return Place { line: 1, column: 1, offset: 0, length: 1 } };
    let found = place(location);
    let lines: usize = text.lines().take(found.line.saturating_sub(1)).map(|line| line.len() + 1).sum();
    // The parser does not always know bytes: line and column do.
    Place { offset: (lines + found.column.saturating_sub(1)).min(text.len()), ..found }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Self { kind: spanned.value, place: place(spanned.referenced) })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut members = Vec::new();
        while let Some((name, node)) = access.next_entry::<Spanned<String>, Node>()? {
            members.push((name.value, place(name.referenced), node));
        }
        Ok(Kind::Map(members))
    }
}
