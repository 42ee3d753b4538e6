//! What a span is when it leaves. Pure: spans in, spans out.
//!
//! `tracing` has no lists, so its spans hold texts with spaces between; and a span's fields stand in the program, so they are those
//! of one version of the conventions.

use faultline_telemetry::semconv::{Names, Version};
use faultline_telemetry::{list, own};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// Whose names our spans have.
const N: &Names = Version::V1_41_1.names();

/// The span with lists where there are to be some.
pub(super) fn with_lists(mut span: SpanData) -> SpanData {
    span.attributes.iter_mut().for_each(make_list);
    span
}

fn make_list(attribute: &mut KeyValue) {
    let key = attribute.key.as_str();
    if key == own::FRAMES {
        attribute.value = Value::Array(Array::F64(list::numbers(&attribute.value.as_str())));
    } else if key == N.response_finish_reasons {
        attribute.value = Value::Array(Array::String(vec![attribute.value.as_str().into_owned().into()]));
    }
}

/// The span with names of that version.
pub(super) fn renamed(mut span: SpanData, version: Version) -> SpanData {
    for attribute in &mut span.attributes {
        if let Some(name) = N.renamed(attribute.key.as_str(), version.names()) {
            attribute.key = name.into();
        }
    }
    span
}
