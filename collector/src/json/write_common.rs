//! Writes what every signal has: attributes, resources, scopes.

use super::write::{Double, Json, Members};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::ser::{Serialize, Serializer};

impl Serialize for Json<'_, KeyValue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.any("key", &self.0.key)?;
        match &self.0.value {
            Some(value) => out.any("value", &Json(value))?,
            None => out.any("value", &Json(&AnyValue::default()))?,
        }
        out.end()
    }
}

impl Serialize for Json<'_, AnyValue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        match &self.0.value {
            // The last one belongs to profiles alone.
            None | Some(Any::StringValueStrindex(_)) => {}
            Some(Any::StringValue(text)) => out.any("stringValue", text)?,
            Some(Any::BoolValue(value)) => out.any("boolValue", value)?,
            Some(Any::IntValue(value)) => out.any("intValue", &value.to_string())?,
            Some(Any::DoubleValue(value)) => out.any("doubleValue", &Double(*value))?,
            Some(Any::ArrayValue(list)) => out.any("arrayValue", &Json(list))?,
            Some(Any::KvlistValue(list)) => out.any("kvlistValue", &Json(list))?,
            Some(Any::BytesValue(bytes)) => out.any("bytesValue", &STANDARD.encode(bytes))?,
        }
        out.end()
    }
}

impl Serialize for Json<'_, ArrayValue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("values", &self.0.values)?;
        out.end()
    }
}

impl Serialize for Json<'_, KeyValueList> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("values", &self.0.values)?;
        out.end()
    }
}

impl Serialize for Json<'_, Resource> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.list("attributes", &self.0.attributes)?;
        out.small("droppedAttributesCount", self.0.dropped_attributes_count)?;
        out.list("entityRefs", &self.0.entity_refs)?;
        out.end()
    }
}

impl Serialize for Json<'_, EntityRef> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.text("schemaUrl", &self.0.schema_url)?;
        out.text("type", &self.0.r#type)?;
        out.any("idKeys", &self.0.id_keys)?;
        out.any("descriptionKeys", &self.0.description_keys)?;
        out.end()
    }
}

impl Serialize for Json<'_, InstrumentationScope> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Members::start(serializer)?;
        out.text("name", &self.0.name)?;
        out.text("version", &self.0.version)?;
        out.list("attributes", &self.0.attributes)?;
        out.small("droppedAttributesCount", self.0.dropped_attributes_count)?;
        out.end()
    }
}
