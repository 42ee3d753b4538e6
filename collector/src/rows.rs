//! What a batch is to the store: rows, ready to be written. Pure: made where the batch arrives, so that the one writer has
//! little to do. It knows no SQL and no socket.

mod admissible;
mod logs;
mod metrics;
mod spans;

pub(crate) use logs::{LogRow, log_rows};
pub(crate) use metrics::{MetricRow, metric_rows};
pub(crate) use spans::{SpanRow, span_rows};

use crate::attribute::text_of;
use crate::{json, plain};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use sha2::{Digest as _, Sha256};

/// A row's name for what many rows share.
pub(crate) type Fingerprint = [u8; 32];

/// Rows that one resource and one scope told.
#[derive(Clone, Debug)]
pub(crate) struct Group<T> {
    pub(crate) resource: ResourceRow,
    pub(crate) scope: ScopeRow,
    pub(crate) rows: Vec<T>,
}

/// Everything of one request.
#[derive(Clone, Debug)]
pub(crate) enum Batch {
    Spans(Vec<Group<SpanRow>>),
    Metrics(Vec<Group<MetricRow>>),
    Logs(Vec<Group<LogRow>>),
}

impl Batch {
    /// Spans, points or records in it.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Spans(groups) => groups.iter().map(|group| group.rows.len()).sum(),
            Self::Logs(groups) => groups.iter().map(|group| group.rows.len()).sum(),
            Self::Metrics(groups) => {
                groups.iter().flat_map(|group| &group.rows).map(|metric| metric.points.len()).sum()
            }
        }
    }
}

/// What of a request cannot be kept: the rest is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// How many spans, points or records.
    pub(crate) count: u32,
    /// What was wrong with the first one.
    pub(crate) why: String,
}

impl Rejected {
    /// Keeps what is sound, and counts the rest.
    fn sift<T>(&mut self, count: usize, row: Result<T, String>) -> Option<T> {
        row.map_err(|why| {
            if self.count == 0 {
                self.why = why;
            }
            self.count = self.count.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        })
        .ok()
    }
}

/// Who told.
#[derive(Clone, Debug)]
pub(crate) struct ResourceRow {
    pub(crate) fingerprint: Fingerprint,
    /// `service.name`, or empty.
    pub(crate) service: String,
    pub(crate) attributes: String,
    /// All of it, as OTLP JSON.
    pub(crate) resource: String,
    pub(crate) schema_url: String,
}

/// What part of it told.
#[derive(Clone, Debug)]
pub(crate) struct ScopeRow {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) attributes: String,
    pub(crate) dropped_attributes: u32,
    pub(crate) schema_url: String,
}

fn resource_row(resource: Option<Resource>, schema_url: String) -> Result<ResourceRow, String> {
    let resource = resource.unwrap_or_default();
    admissible::attributes(&resource.attributes).map_err(|why| format!("a resource: {why}"))?;
    let names = faultline_telemetry::semconv::Version::default().names();
    let text = json::text(&resource);
    Ok(ResourceRow {
        fingerprint: fingerprint(&[&text, &schema_url]),
        service: text_of(&resource.attributes, names.service_name).unwrap_or_default().to_owned(),
        attributes: plain::attributes(&resource.attributes),
        resource: text,
        schema_url,
    })
}

fn scope_row(scope: Option<InstrumentationScope>, schema_url: String) -> Result<ScopeRow, String> {
    let scope = scope.unwrap_or_default();
    admissible::attributes(&scope.attributes).map_err(|why| format!("a scope: {why}"))?;
    Ok(ScopeRow {
        fingerprint: fingerprint(&[&json::text(&scope), &schema_url]),
        attributes: plain::attributes(&scope.attributes),
        dropped_attributes: scope.dropped_attributes_count,
        name: scope.name,
        version: scope.version,
        schema_url,
    })
}

/// A name for these texts together: whose length each is told too, so that no two lists are one.
pub(crate) fn fingerprint(texts: &[&str]) -> Fingerprint {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}
