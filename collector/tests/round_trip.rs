//! Nothing is lost: what is read as JSON, written as JSON, kept and given back is what was sent.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Bench, arbitrary};
use faultline_collector::{json, query};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use proptest::prelude::*;
use prost::Message;

/// Every row with who told it, as bytes, for NaN is not equal to itself; in no order.
fn rows(told: impl Iterator<Item = Vec<Vec<u8>>>) -> Vec<Vec<Vec<u8>>> {
    let mut rows: Vec<_> = told.collect();
    rows.sort();
    rows
}

macro_rules! rows_of {
    ($request:expr, $told:ident, $scoped:ident, $items:ident) => {
        rows($request.$told.iter().flat_map(|told| {
            told.$scoped.iter().flat_map(move |scoped| {
                scoped.$items.iter().map(move |item| {
                    let resource = told.resource.as_ref().unwrap().encode_to_vec();
                    let scope = scoped.scope.as_ref().unwrap().encode_to_vec();
                    let urls = format!("{} {}", told.schema_url, scoped.schema_url).into_bytes();
                    vec![item.encode_to_vec(), resource, scope, urls]
                })
            })
        }))
    };
}

fn span_rows(request: &ExportTraceServiceRequest) -> Vec<Vec<Vec<u8>>> {
    rows_of!(request, resource_spans, scope_spans, spans)
}

fn log_rows(request: &ExportLogsServiceRequest) -> Vec<Vec<Vec<u8>>> {
    rows_of!(request, resource_logs, scope_logs, log_records)
}

fn metric_rows(request: &ExportMetricsServiceRequest) -> Vec<Vec<Vec<u8>>> {
    rows_of!(request, resource_metrics, scope_metrics, metrics)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn traces_as_json_read_back_identical(request in arbitrary::traces()) {
        let read = json::traces(json::text(&request).as_bytes()).unwrap();
        prop_assert_eq!(read.encode_to_vec(), request.encode_to_vec());
    }

    #[test]
    fn metrics_as_json_read_back_identical(request in arbitrary::metrics()) {
        let read = json::metrics(json::text(&request).as_bytes()).unwrap();
        prop_assert_eq!(read.encode_to_vec(), request.encode_to_vec());
    }

    #[test]
    fn logs_as_json_read_back_identical(request in arbitrary::logs()) {
        let read = json::logs(json::text(&request).as_bytes()).unwrap();
        prop_assert_eq!(read.encode_to_vec(), request.encode_to_vec());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_store_gives_traces_back_and_an_export_fills_another_alike(request in arbitrary::traces()) {
        let bench = Bench::new();
        prop_assert_eq!(bench.post_protobuf("/v1/traces", &request).status, 200);
        let export = |bench: &Bench| bench.ask(|store| {
            query::traces_as_sent(store, query::spans_since(store, 0, 1000)?)
        });
        let kept = export(&bench);
        prop_assert_eq!(span_rows(&kept), span_rows(&request));
        let again = Bench::new();
        prop_assert_eq!(again.post_json("/v1/traces", &json::text(&kept)).status, 200);
        prop_assert_eq!(span_rows(&export(&again)), span_rows(&request));
    }

    #[test]
    fn a_store_gives_metrics_back(request in arbitrary::metrics()) {
        let bench = Bench::new();
        prop_assert_eq!(bench.post_json("/v1/metrics", &json::text(&request)).status, 200);
        prop_assert_eq!(metric_rows(&bench.ask(query::metrics)), metric_rows(&request));
    }

    #[test]
    fn a_store_gives_logs_back(request in arbitrary::logs()) {
        let bench = Bench::new();
        prop_assert_eq!(bench.post_protobuf("/v1/logs", &request).status, 200);
        prop_assert_eq!(log_rows(&bench.ask(query::logs)), log_rows(&request));
    }
}
