//! Looks attributes up by name and kind.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

/// The first attribute of that name that has a value.
pub(crate) fn value_of<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == name)?.value.as_ref()?.value.as_ref()
}

/// A string.
pub(crate) fn text_of<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    match value_of(attributes, name)? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// A number that is finite.
pub(crate) fn number_of(attributes: &[KeyValue], name: &str) -> Option<f64> {
    number(value_of(attributes, name)?)
}

/// A whole number.
pub(crate) fn whole_of(attributes: &[KeyValue], name: &str) -> Option<i64> {
    match value_of(attributes, name)? {
        Value::IntValue(number) => Some(*number),
        _ => None,
    }
}

/// An array of numbers; `None` where anything else is in it.
pub(crate) fn numbers_of(attributes: &[KeyValue], name: &str) -> Option<Vec<f64>> {
    let Value::ArrayValue(list) = value_of(attributes, name)? else { return None };
    list.values.iter().map(|AnyValue { value }| number(value.as_ref()?)).collect()
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::DoubleValue(number) => Some(*number).filter(|number| number.is_finite()),
        // Times and counts are far below where a double loses whole numbers.
        Value::IntValue(number) => Some(*number as f64),
        _ => None,
    }
}
