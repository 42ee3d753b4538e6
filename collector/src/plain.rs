//! Attributes as plain JSON, for people and for SQL: `{"gen_ai.request.model": "m", "tokens": 5, "ratio": 0.5}`.
//!
//! Nothing is lost: a double has a point, and an object in the place of a value says what JSON has no form for:
//! `{"double": "NaN"}`, `{"bytes": "base64"}`, `{"kvlist": {…}}`. Names may come twice, and keep their order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt;

/// Writes attributes.
pub(crate) fn attributes(attributes: &[KeyValue]) -> String {
    // Writing into memory fails only where a map's key is no text, and every key here is.
    serde_json::to_string(&Members(attributes)).unwrap_or_default()
}

/// Writes one value.
pub(crate) fn value(value: &AnyValue) -> String {
    serde_json::to_string(&One(value)).unwrap_or_default()
}

/// Reads what [`attributes`] has written.
pub(crate) fn read_attributes(text: &str) -> serde_json::Result<Vec<KeyValue>> {
    serde_json::from_str::<ReadMembers>(text).map(|read| read.0)
}

/// Reads what [`value`] has written.
pub(crate) fn read_value(text: &str) -> serde_json::Result<AnyValue> {
    serde_json::from_str::<ReadOne>(text).map(|read| read.0)
}

struct Members<'a>(&'a [KeyValue]);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for KeyValue { key, value, .. } in self.0 {
            match value {
                Some(value) => map.serialize_entry(key, &One(value))?,
                None => map.serialize_entry(key, &())?,
            }
        }
        map.end()
    }
}

struct One<'a>(&'a AnyValue);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(value) = &self.0.value else { return serializer.serialize_unit() };
        match value {
            Any::StringValue(text) => serializer.serialize_str(text),
            Any::BoolValue(value) => serializer.serialize_bool(*value),
            Any::IntValue(value) => serializer.serialize_i64(*value),
            Any::DoubleValue(value) if value.is_finite() => serializer.serialize_f64(*value),
            Any::DoubleValue(value) => tagged(serializer, "double", &value.to_string()),
            Any::BytesValue(bytes) => tagged(serializer, "bytes", &STANDARD.encode(bytes)),
            Any::KvlistValue(list) => tagged(serializer, "kvlist", &Members(&list.values)),
            Any::ArrayValue(list) => {
                let mut items = serializer.serialize_seq(Some(list.values.len()))?;
                list.values.iter().try_for_each(|item| items.serialize_element(&One(item)))?;
                items.end()
            }
            Any::StringValueStrindex(_) => serializer.serialize_unit(),
        }
    }
}

fn tagged<S: Serializer>(serializer: S, tag: &str, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, value)?;
    map.end()
}

struct ReadMembers(Vec<KeyValue>);

impl<'de> Deserialize<'de> for ReadMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Here;
        impl<'de> Visitor<'de> for Here {
            type Value = ReadMembers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of attributes")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReadMembers, A::Error> {
                let mut all = Vec::new();
                while let Some((key, ReadOne(value))) = map.next_entry::<String, ReadOne>()? {
                    all.push(KeyValue { key, value: Some(value), ..KeyValue::default() });
                }
                Ok(ReadMembers(all))
            }
        }
        deserializer.deserialize_map(Here)
    }
}

struct ReadOne(AnyValue);

impl ReadOne {
    fn of<E>(value: Any) -> Result<Self, E> {
        Ok(Self(AnyValue { value: Some(value) }))
    }
}

impl<'de> Deserialize<'de> for ReadOne {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneHere)
    }
}

struct OneHere;

impl<'de> Visitor<'de> for OneHere {
    type Value = ReadOne;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of an attribute")
    }

    fn visit_str<E>(self, text: &str) -> Result<ReadOne, E> {
        ReadOne::of(Any::StringValue(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<ReadOne, E> {
        ReadOne::of(Any::BoolValue(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<ReadOne, E> {
        ReadOne::of(Any::IntValue(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<ReadOne, E> {
        i64::try_from(value).map_err(E::custom).and_then(|value| ReadOne::of(Any::IntValue(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<ReadOne, E> {
        ReadOne::of(Any::DoubleValue(value))
    }

    fn visit_unit<E>(self) -> Result<ReadOne, E> {
        Ok(ReadOne(AnyValue::default()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ReadOne, A::Error> {
        let mut values = Vec::new();
        while let Some(ReadOne(value)) = seq.next_element()? {
            values.push(value);
        }
        ReadOne::of(Any::ArrayValue(ArrayValue { values }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReadOne, A::Error> {
        let tag = map.next_key::<String>()?.unwrap_or_default();
        match tag.as_str() {
            "double" => {
                let number = map.next_value::<String>()?.parse().map_err(A::Error::custom)?;
                ReadOne::of(Any::DoubleValue(number))
            }
            "bytes" => {
                let bytes = STANDARD.decode(map.next_value::<String>()?).map_err(A::Error::custom)?;
                ReadOne::of(Any::BytesValue(bytes))
            }
            "kvlist" => {
                let values = map.next_value::<ReadMembers>()?.0;
                ReadOne::of(Any::KvlistValue(KeyValueList { values }))
            }
            other => Err(A::Error::custom(format!("`{other}` is no kind of value"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Any, text: &str) {
        let one = AnyValue { value: Some(value) };
        assert_eq!(super::value(&one), text);
        let read = read_value(text).unwrap();
        // NaN is not itself: what it prints is compared.
        assert_eq!(format!("{read:?}"), format!("{one:?}"));
    }

    #[test]
    fn values_are_plain_and_nothing_is_lost() {
        check(Any::StringValue("a\"b".into()), r#""a\"b""#);
        check(Any::IntValue(i64::MIN), "-9223372036854775808");
        check(Any::DoubleValue(5.0), "5.0");
        check(Any::DoubleValue(-0.0), "-0.0");
        check(Any::DoubleValue(0.1 + 0.2), "0.30000000000000004");
        check(Any::DoubleValue(f64::NAN), r#"{"double":"NaN"}"#);
        check(Any::DoubleValue(f64::NEG_INFINITY), r#"{"double":"-inf"}"#);
        check(Any::BytesValue(vec![0, 255]), r#"{"bytes":"AP8="}"#);
        check(Any::ArrayValue(ArrayValue { values: vec![AnyValue::default()] }), "[null]");
    }

    #[test]
    fn names_may_come_twice() {
        let twice = r#"{"b":1,"a":{"kvlist":{"b":true,"b":false}},"b":2}"#;
        let read = read_attributes(twice).unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(attributes(&read), twice);
    }
}
