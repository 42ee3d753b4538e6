//! What many rows share, and its ids: resources, scopes, metrics. Known ones are remembered, within bounds.

use crate::rows::{Fingerprint, MetricRow, ResourceRow, ScopeRow};
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// So many are remembered of each; then all are forgotten and asked for again.
const REMEMBERED: usize = 4096;

/// The ids that are known.
#[derive(Debug, Default)]
pub(super) struct Shared {
    resources: HashMap<Fingerprint, i64>,
    scopes: HashMap<Fingerprint, i64>,
    metrics: HashMap<(Fingerprint, i64, i64), i64>,
}

impl Shared {
    /// Forgets all: what was told in a transaction that did not come about is not there.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn resource(&mut self, to: &Connection, row: &ResourceRow) -> rusqlite::Result<i64> {
        remembered(&mut self.resources, row.fingerprint, || {
            to.prepare_cached(
                "INSERT INTO resources (fingerprint, service, attributes, resource, schema_url) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT (fingerprint) DO UPDATE SET service = excluded.service RETURNING id",
            )?
            .query_row(
                params![row.fingerprint, row.service, row.attributes, row.resource, row.schema_url],
                |row| row.get(0),
            )
        })
    }

    pub(super) fn scope(&mut self, to: &Connection, row: &ScopeRow) -> rusqlite::Result<i64> {
        remembered(&mut self.scopes, row.fingerprint, || {
            to.prepare_cached(
                "INSERT INTO scopes (fingerprint, name, version, attributes, dropped_attributes, schema_url)
                 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO UPDATE SET name = excluded.name RETURNING id",
            )?
            .query_row(
                params![
                    row.fingerprint,
                    row.name,
                    row.version,
                    row.attributes,
                    row.dropped_attributes,
                    row.schema_url
                ],
                |row| row.get(0),
            )
        })
    }

    pub(super) fn metric(
        &mut self,
        to: &Connection,
        row: &MetricRow,
        resource: i64,
        scope: i64,
    ) -> rusqlite::Result<i64> {
        remembered(&mut self.metrics, (row.fingerprint, resource, scope), || {
            to.prepare_cached(
                "INSERT INTO metrics (fingerprint, resource, scope, name, kind, unit, description, metadata,
                 temporality, monotonic) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (fingerprint, resource, scope) DO UPDATE SET name = excluded.name RETURNING id",
            )?
            .query_row(
                params![
                    row.fingerprint,
                    resource,
                    scope,
                    row.name,
                    row.kind,
                    row.unit,
                    row.description,
                    row.metadata,
                    row.temporality,
                    row.monotonic
                ],
                |row| row.get(0),
            )
        })
    }
}

fn remembered<K: std::hash::Hash + Eq>(
    known: &mut HashMap<K, i64>,
    key: K,
    ask: impl FnOnce() -> rusqlite::Result<i64>,
) -> rusqlite::Result<i64> {
    if let Some(id) = known.get(&key) {
        return Ok(*id);
    }
    let id = ask()?;
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(key, id);
    Ok(id)
}
