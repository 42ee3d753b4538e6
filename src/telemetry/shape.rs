//! What a span is when it leaves. Pure: spans in, spans out.
//!
//! `tracing` has no lists, so its spans hold texts with spaces between; and a span's fields stand in the program, so they are those
//! of one version of the conventions.

use faultline_telemetry::own;
use faultline_telemetry::semconv::{Names, Version};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// The span with lists where there are to be some, and names of that version.
pub(super) fn shaped(mut span: SpanData, version: Version) -> SpanData {
    let (from, to) = (Version::V1_41_1.names(), version.names());
    span.attributes.iter_mut().for_each(|attribute| shape(attribute, from, to));
    span
}

fn shape(attribute: &mut KeyValue, from: &Names, to: &Names) {
    let key = attribute.key.as_str();
    if key == own::FRAMES {
        attribute.value = Value::Array(Array::F64(numbers(&attribute.value.as_str())));
    } else if key == from.response_finish_reasons {
        attribute.value = Value::Array(Array::String(vec![attribute.value.as_str().into_owned().into()]));
    }
    if let Some(name) = from.renamed(key, to) {
        attribute.key = name.into();
    }
}

/// The numbers of a text that has spaces between them.
pub(super) fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').filter_map(|number| number.parse().ok()).collect()
}
