//! Reads what every signal has: attributes, resources, scopes.

use super::node::{Malformed, Node, as_boolean, as_double, as_signed, as_text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

pub(super) fn attribute(node: &Node<'_>) -> Result<KeyValue, Malformed> {
    let value = node.message("value", any)?.unwrap_or_default();
    Ok(KeyValue { key: node.text("key")?, value: Some(value), ..KeyValue::default() })
}

pub(super) fn attributes(node: &Node<'_>) -> Result<Vec<KeyValue>, Malformed> {
    node.list("attributes", attribute)
}

/// A value; empty where it says none that is known.
pub(super) fn any(node: &Node<'_>) -> Result<AnyValue, Malformed> {
    for (name, read) in KINDS {
        if let Some(value) = node.member(name)? {
            return Ok(AnyValue { value: Some(read(&value)?) });
        }
    }
    Ok(AnyValue::default())
}

type ReadAny = fn(&Node<'_>) -> Result<Any, Malformed>;

const KINDS: [(&str, ReadAny); 7] = [
    ("stringValue", |node| as_text(node).map(Any::StringValue)),
    ("boolValue", |node| as_boolean(node).map(Any::BoolValue)),
    ("intValue", |node| as_signed(node).map(Any::IntValue)),
    ("doubleValue", |node| as_double(node).map(Any::DoubleValue)),
    ("arrayValue", |node| Ok(Any::ArrayValue(ArrayValue { values: node.list("values", any)? }))),
    ("kvlistValue", |node| Ok(Any::KvlistValue(KeyValueList { values: node.list("values", attribute)? }))),
    ("bytesValue", |node| {
        STANDARD.decode(as_text(node)?).map(Any::BytesValue).map_err(|_| node.wrong("this is no base64"))
    }),
];

pub(super) fn resource(node: &Node<'_>) -> Result<Resource, Malformed> {
    Ok(Resource {
        attributes: attributes(node)?,
        dropped_attributes_count: node.small("droppedAttributesCount")?,
        entity_refs: node.list("entityRefs", entity)?,
    })
}

fn entity(node: &Node<'_>) -> Result<EntityRef, Malformed> {
    Ok(EntityRef {
        schema_url: node.text("schemaUrl")?,
        r#type: node.text("type")?,
        id_keys: node.list("idKeys", as_text)?,
        description_keys: node.list("descriptionKeys", as_text)?,
    })
}

pub(super) fn scope(node: &Node<'_>) -> Result<InstrumentationScope, Malformed> {
    Ok(InstrumentationScope {
        name: node.text("name")?,
        version: node.text("version")?,
        attributes: attributes(node)?,
        dropped_attributes_count: node.small("droppedAttributesCount")?,
    })
}
