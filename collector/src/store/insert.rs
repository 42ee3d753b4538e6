//! Writes the rows of a batch, in a transaction that somebody else has opened.

use super::shared::Shared;
use super::trace_tally::TraceTally;
use crate::rows::{Batch, Group, LogRow, MetricRow, SpanRow};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use rusqlite::{Connection, ToSql, params};
use std::collections::HashMap;

/// How many rows a batch became.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) spans: usize,
    pub(super) points: usize,
    pub(super) logs: usize,
    pub(super) duplicates: usize,
}

impl std::ops::AddAssign for Written {
    fn add_assign(&mut self, more: Self) {
        self.spans += more.spans;
        self.points += more.points;
        self.logs += more.logs;
        self.duplicates += more.duplicates;
    }
}

/// Writes it. `now` is when it came.
///
/// # Errors
/// What SQLite says. The transaction is then to be rolled back.
pub(super) fn batch(
    to: &Connection,
    shared: &mut Shared,
    batch: &Batch,
    now: i64,
) -> rusqlite::Result<Written> {
    match batch {
        Batch::Spans(groups) => spans(to, shared, groups, now),
        Batch::Metrics(groups) => {
            let mut points = 0;
            for group in groups {
                let (resource, scope) = ids(to, shared, group)?;
                for metric in &group.rows {
                    let id = shared.metric(to, metric, resource, scope)?;
                    points += self::points(to, metric, id, now)?;
                }
            }
            Ok(Written { points, ..Written::default() })
        }
        Batch::Logs(groups) => {
            let mut logs = 0;
            for group in groups {
                let (resource, scope) = ids(to, shared, group)?;
                group.rows.iter().try_for_each(|row| log(to, row, resource, scope, now))?;
                logs += group.rows.len();
            }
            Ok(Written { logs, ..Written::default() })
        }
    }
}

fn ids<T>(to: &Connection, shared: &mut Shared, group: &Group<T>) -> rusqlite::Result<(i64, i64)> {
    Ok((shared.resource(to, &group.resource)?, shared.scope(to, &group.scope)?))
}

fn spans(
    to: &Connection,
    shared: &mut Shared,
    groups: &[Group<SpanRow>],
    now: i64,
) -> rusqlite::Result<Written> {
    let mut traces: HashMap<[u8; 16], TraceTally> = HashMap::new();
    let mut written = Written::default();
    for group in groups {
        let (resource, scope) = ids(to, shared, group)?;
        for row in &group.rows {
            let tally = match traces.entry(row.trace) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(TraceTally::start(to, row, now)?)
                }
            };
            if span(to, row, tally.id(), resource, scope)? {
                tally.count(row, &group.resource.service);
                written.spans += 1;
            } else {
                written.duplicates += 1;
            }
        }
    }
    traces.values().try_for_each(|tally| tally.write(to))?;
    Ok(written)
}

/// Whether it is new.
fn span(to: &Connection, row: &SpanRow, trace: i64, resource: i64, scope: i64) -> rusqlite::Result<bool> {
    let [dropped_attributes, dropped_events, dropped_links] = row.dropped;
    let added = to
        .prepare_cached(
            "INSERT INTO spans (trace, span_id, parent_id, name, kind, started, ended, status, status_message,
             operation, resource, scope, attributes, events, links, trace_state, flags,
             dropped_attributes, dropped_events, dropped_links)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (trace, span_id) DO NOTHING",
        )?
        .execute(params![
            trace,
            row.span,
            row.parent,
            row.name,
            row.kind,
            row.started,
            row.ended,
            row.status,
            row.status_message,
            row.operation,
            resource,
            scope,
            row.attributes,
            row.events,
            row.links,
            row.trace_state,
            row.flags,
            dropped_attributes,
            dropped_events,
            dropped_links
        ])?;
    Ok(added == 1)
}

fn points(to: &Connection, metric: &MetricRow, id: i64, now: i64) -> rusqlite::Result<usize> {
    let mut insert = to.prepare_cached(
        "INSERT INTO points (metric, at, received, value, count, sum, attributes, point)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for point in &metric.points {
        let value: Option<&dyn ToSql> = match &point.value {
            Some(Value::AsInt(value)) => Some(value),
            Some(Value::AsDouble(value)) => Some(value),
            None => None,
        };
        insert.execute(params![
            id,
            point.at,
            now,
            value,
            point.count,
            point.sum,
            point.attributes,
            point.point
        ])?;
    }
    Ok(metric.points.len())
}

fn log(to: &Connection, row: &LogRow, resource: i64, scope: i64, now: i64) -> rusqlite::Result<()> {
    let at = [row.time, row.observed].into_iter().find(|time| *time != 0).unwrap_or(now);
    to.prepare_cached(
        "INSERT INTO logs (at, received, time, observed, severity, severity_text, body, event, trace_id, span_id,
         flags, dropped_attributes, resource, scope, attributes)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        at,
        now,
        row.time,
        row.observed,
        row.severity,
        row.severity_text,
        row.body,
        row.event,
        row.trace,
        row.span,
        row.flags,
        row.dropped_attributes,
        resource,
        scope,
        row.attributes
    ])?;
    Ok(())
}
