//! How members are written: what is empty or zero is left out, as protobuf's JSON form does.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A message to be written as OTLP JSON.
pub struct Json<'a, T>(pub(crate) &'a T);

/// Messages to be written as an array.
pub(super) struct List<'a, T>(pub(super) &'a [T]);

impl<T> Serialize for List<'_, T>
where
    for<'b> Json<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        self.0.iter().try_for_each(|item| list.serialize_element(&Json(item)))?;
        list.end()
    }
}

/// A double: what JSON has no number for is a string.
pub(super) struct Double(pub(super) f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            number if number.is_finite() => serializer.serialize_f64(number),
            number if number.is_nan() => serializer.serialize_str("NaN"),
            number if number > 0.0 => serializer.serialize_str("Infinity"),
            _ => serializer.serialize_str("-Infinity"),
        }
    }
}

/// Writes the members of a message.
pub(super) struct Members<M>(M);

impl<M: SerializeMap> Members<M> {
    pub(super) fn start<S>(serializer: S) -> Result<Self, S::Error>
    where
        S: Serializer<SerializeMap = M>,
    {
        serializer.serialize_map(None).map(Self)
    }

    pub(super) fn end(self) -> Result<M::Ok, M::Error> {
        self.0.end()
    }

    pub(super) fn any<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), M::Error> {
        self.0.serialize_entry(name, value)
    }

    pub(super) fn text(&mut self, name: &str, value: &str) -> Result<(), M::Error> {
        if value.is_empty() { Ok(()) } else { self.any(name, &value) }
    }

    pub(super) fn hex(&mut self, name: &str, value: &[u8]) -> Result<(), M::Error> {
        self.text(name, &crate::hex::write(value))
    }

    /// 64 bits, as a string.
    pub(super) fn long(&mut self, name: &str, value: u64) -> Result<(), M::Error> {
        if value == 0 { Ok(()) } else { self.any(name, &value.to_string()) }
    }

    /// A number that JSON can hold.
    pub(super) fn small(&mut self, name: &str, value: impl Into<i64>) -> Result<(), M::Error> {
        match value.into() {
            0 => Ok(()),
            value => self.any(name, &value),
        }
    }

    pub(super) fn flag(&mut self, name: &str, value: bool) -> Result<(), M::Error> {
        if value { self.any(name, &true) } else { Ok(()) }
    }

    pub(super) fn double(&mut self, name: &str, value: Option<f64>) -> Result<(), M::Error> {
        value.map_or(Ok(()), |value| self.any(name, &Double(value)))
    }

    pub(super) fn list<T>(&mut self, name: &str, value: &[T]) -> Result<(), M::Error>
    where
        for<'b> Json<'b, T>: Serialize,
    {
        if value.is_empty() { Ok(()) } else { self.any(name, &List(value)) }
    }

    pub(super) fn message<T>(&mut self, name: &str, value: Option<&T>) -> Result<(), M::Error>
    where
        for<'b> Json<'b, T>: Serialize,
    {
        value.map_or(Ok(()), |value| self.any(name, &Json(value)))
    }
}
