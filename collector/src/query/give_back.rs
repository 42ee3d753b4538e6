//! Gives everything back as it was sent, but for how it was batched: one message, grouped by resource and scope.
//!
//! What is equal in meaning is written one way: an absent resource is an empty one, an unset status is none, and points of
//! one metric stand together.

use super::span::StoredSpan;
use crate::store::StoreError;
use crate::{json, plain};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use rusqlite::{Connection, Row};

/// Things that one resource told, by scope.
type Told<T> = Vec<(i64, Vec<(i64, Vec<T>)>)>;

/// These spans.
///
/// # Errors
/// When the store cannot be read.
pub fn traces_as_sent(
    store: &Connection,
    spans: Vec<StoredSpan>,
) -> Result<ExportTraceServiceRequest, StoreError> {
    let mut told: Told<Span> = Vec::new();
    for StoredSpan { resource, scope, span, .. } in spans {
        place(&mut told, resource, scope).push(span);
    }
    let mut resource_spans = Vec::new();
    for (id, scopes) in told {
        let (resource, schema_url) = resource(store, id)?;
        let scope_spans = scopes.into_iter().map(|(id, spans)| {
            let (scope, schema_url) = scope(store, id)?;
            Ok(ScopeSpans { scope: Some(scope), spans, schema_url })
        });
        let scope_spans = scope_spans.collect::<Result<_, StoreError>>()?;
        resource_spans.push(ResourceSpans { resource: Some(resource), scope_spans, schema_url });
    }
    Ok(ExportTraceServiceRequest { resource_spans })
}

/// All metrics, in the order in which their first points came.
///
/// # Errors
/// When the store cannot be read.
pub fn metrics(store: &Connection) -> Result<ExportMetricsServiceRequest, StoreError> {
    let mut told: Told<(i64, Metric)> = Vec::new();
    let mut ask = store.prepare(
        "SELECT resource, scope, metrics.id, name, description, unit, metadata, point
         FROM points JOIN metrics ON metrics.id = points.metric ORDER BY points.id",
    )?;
    let mut rows = ask.query([])?;
    while let Some(row) = rows.next()? {
        let metrics = place(&mut told, row.get(0)?, row.get(1)?);
        let id: i64 = row.get(2)?;
        let data = json::data(&row.get::<_, String>(7)?)?;
        match metrics.iter_mut().find(|(known, _)| *known == id) {
            Some((_, metric)) => join(&mut metric.data, data),
            None => metrics.push((id, metric(row, data)?)),
        }
    }
    let mut resource_metrics = Vec::new();
    for (id, scopes) in told {
        let (resource, schema_url) = resource(store, id)?;
        let scope_metrics = scopes.into_iter().map(|(id, metrics)| {
            let (scope, schema_url) = scope(store, id)?;
            let metrics = metrics.into_iter().map(|(_, metric)| metric).collect();
            Ok(ScopeMetrics { scope: Some(scope), metrics, schema_url })
        });
        let scope_metrics = scope_metrics.collect::<Result<_, StoreError>>()?;
        resource_metrics.push(ResourceMetrics { resource: Some(resource), scope_metrics, schema_url });
    }
    Ok(ExportMetricsServiceRequest { resource_metrics })
}

fn metric(row: &Row<'_>, data: Option<Data>) -> Result<Metric, StoreError> {
    Ok(Metric {
        name: row.get(3)?,
        description: row.get(4)?,
        unit: row.get(5)?,
        metadata: plain::read_attributes(&row.get::<_, String>(6)?)?,
        data,
    })
}

/// Adds the points of one to those of the other, which is of the same kind: a metric is one kind.
fn join(to: &mut Option<Data>, from: Option<Data>) {
    match (to, from) {
        (Some(Data::Gauge(to)), Some(Data::Gauge(from))) => to.data_points.extend(from.data_points),
        (Some(Data::Sum(to)), Some(Data::Sum(from))) => to.data_points.extend(from.data_points),
        (Some(Data::Histogram(to)), Some(Data::Histogram(from))) => to.data_points.extend(from.data_points),
        (Some(Data::ExponentialHistogram(to)), Some(Data::ExponentialHistogram(from))) => {
            to.data_points.extend(from.data_points);
        }
        (Some(Data::Summary(to)), Some(Data::Summary(from))) => to.data_points.extend(from.data_points),
        _ => {}
    }
}

/// All logs, in the order in which they came.
///
/// # Errors
/// When the store cannot be read.
pub fn logs(store: &Connection) -> Result<ExportLogsServiceRequest, StoreError> {
    let mut told: Told<LogRecord> = Vec::new();
    let mut ask = store.prepare(
        "SELECT resource, scope, time, observed, severity, severity_text, body, event, trace_id, span_id, flags,
         dropped_attributes, attributes FROM logs ORDER BY id",
    )?;
    let mut rows = ask.query([])?;
    while let Some(row) = rows.next()? {
        place(&mut told, row.get(0)?, row.get(1)?).push(record(row)?);
    }
    let mut resource_logs = Vec::new();
    for (id, scopes) in told {
        let (resource, schema_url) = resource(store, id)?;
        let scope_logs = scopes.into_iter().map(|(id, log_records)| {
            let (scope, schema_url) = scope(store, id)?;
            Ok(ScopeLogs { scope: Some(scope), log_records, schema_url })
        });
        let scope_logs = scope_logs.collect::<Result<_, StoreError>>()?;
        resource_logs.push(ResourceLogs { resource: Some(resource), scope_logs, schema_url });
    }
    Ok(ExportLogsServiceRequest { resource_logs })
}

fn record(row: &Row<'_>) -> Result<LogRecord, StoreError> {
    let time = |column| row.get::<_, i64>(column).map(|nanos| u64::try_from(nanos).unwrap_or_default());
    Ok(LogRecord {
        time_unix_nano: time(2)?,
        observed_time_unix_nano: time(3)?,
        severity_number: row.get(4)?,
        severity_text: row.get(5)?,
        body: row.get::<_, Option<String>>(6)?.map(|body| plain::read_value(&body)).transpose()?,
        event_name: row.get(7)?,
        trace_id: row.get(8)?,
        span_id: row.get(9)?,
        flags: row.get(10)?,
        dropped_attributes_count: row.get(11)?,
        attributes: plain::read_attributes(&row.get::<_, String>(12)?)?,
    })
}

/// Where the things of this resource and scope stand.
fn place<T>(told: &mut Told<T>, resource: i64, scope: i64) -> &mut Vec<T> {
    let scopes = entry(told, resource);
    entry(scopes, scope)
}

/// The list of that key, at its end where there was none.
fn entry<T>(list: &mut Vec<(i64, Vec<T>)>, key: i64) -> &mut Vec<T> {
    let index = list.iter().rposition(|(known, _)| *known == key).unwrap_or_else(|| {
        list.push((key, Vec::new()));
        list.len() - 1
    });
    &mut list[index].1
}

fn resource(store: &Connection, id: i64) -> Result<(Resource, String), StoreError> {
    let mut ask = store.prepare_cached("SELECT resource, schema_url FROM resources WHERE id = ?")?;
    let (text, schema_url): (String, String) = ask.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((json::resource(&text)?, schema_url))
}

fn scope(store: &Connection, id: i64) -> Result<(InstrumentationScope, String), StoreError> {
    let mut ask = store.prepare_cached(
        "SELECT name, version, attributes, dropped_attributes, schema_url FROM scopes WHERE id = ?",
    )?;
    let (name, version, attributes, dropped_attributes_count, schema_url): (_, _, String, _, _) =
        ask.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    let attributes = plain::read_attributes(&attributes)?;
    Ok((InstrumentationScope { name, version, attributes, dropped_attributes_count }, schema_url))
}
