//! All series, kept up with the store: each question reads the points that came since the last one.

use super::points::{Labels, labels, nature, told};
use super::series::{Nature, Series};
use super::value::Value;
use crate::store::{Connection, StoreError};
use crate::{attribute, json, plain};
use faultline_telemetry::prometheus as names;
use faultline_telemetry::prometheus::Kind;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use rusqlite::{OptionalExtension as _, Row};
use std::collections::{BTreeMap, HashMap};

/// So long a gauge counts after it was told, in nanoseconds: an SDK tells again each minute. Without an end, the last word
/// of a process that died would stand for ever.
const FRESH: i64 = 5 * 60 * 1_000_000_000;

/// So many points are read at once: meanwhile a store in memory writes nothing.
const AT_ONCE: i64 = 5_000;

/// Series of one name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Family {
    /// What it is.
    pub(super) kind: Kind,
    /// What it is for, in a few words.
    pub(super) help: String,
    /// Its series and what they are.
    pub(super) series: Vec<(Labels, Value)>,
}

/// Everything that was told.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The last point that was read, and when it came.
    seen: (i64, i64),
    metrics: BTreeMap<String, Metric>,
    /// What is known of each job and instance, and when it told last.
    targets: BTreeMap<Labels, (Labels, i64)>,
}

#[derive(Debug)]
struct Metric {
    kind: Kind,
    nature: Nature,
    help: String,
    series: BTreeMap<Labels, Series>,
}

impl Ledger {
    /// Reads of what came since the last time as much as is read at once; whether there may be more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn keep_up(&mut self, store: &Connection) -> Result<bool, StoreError> {
        if self.is_another(store)? {
            self.seen = (0, 0);
        }
        let mut resources = HashMap::new();
        let mut ask = store.prepare_cached(
            "SELECT points.id, received, metrics.name, unit, description, metrics.resource, scopes.name, version, point
             FROM points JOIN metrics ON metrics.id = points.metric JOIN scopes ON scopes.id = metrics.scope
             WHERE points.id > ? ORDER BY points.id LIMIT ?",
        )?;
        let mut rows = ask.query([self.seen.0, AT_ONCE])?;
        let mut left = AT_ONCE;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(5)?;
            let resource = match resources.entry(id) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => new.insert(resource(store, id)?),
            };
            self.take(row, resource)?;
            self.seen = (row.get(0)?, row.get(1)?);
            left -= 1;
        }
        Ok(left == 0)
    }

    /// Whether the store counts from 1 again: it has forgotten all its points.
    fn is_another(&self, store: &Connection) -> Result<bool, StoreError> {
        let newest: Option<i64> = store.query_row("SELECT max(id) FROM points", [], |row| row.get(0))?;
        let (seen, received) = self.seen;
        let mut ask = store.prepare_cached("SELECT received FROM points WHERE id = ?")?;
        let same: Option<i64> = ask.query_row([seen], |row| row.get(0)).optional()?;
        Ok(newest.is_some_and(|newest| newest < seen) || same.is_some_and(|same| same != received))
    }

    fn take(&mut self, row: &Row<'_>, (target, about): &(Labels, Labels)) -> Result<(), StoreError> {
        let received = row.get(1)?;
        self.targets.insert(target.clone(), (about.clone(), received));
        let Some(data) = json::data(&row.get::<_, String>(8)?)? else { return Ok(()) };
        let Some((metric, nature)) = self.metric(row, &data)? else { return Ok(()) };
        let scope: Labels = [(names::SCOPE_NAME, row.get(6)?), (names::SCOPE_VERSION, row.get(7)?)]
            .into_iter()
            .filter(|(_, value): &(_, String)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        for (mut labels, told) in told(data, received) {
            labels.extend(target.iter().chain(&scope).cloned());
            labels.sort();
            metric.series.entry(labels).or_default().take(nature, told);
        }
        Ok(())
    }

    /// The metric of that row. A name is of one kind: what is told under it as another kind is left out.
    fn metric(&mut self, row: &Row<'_>, data: &Data) -> Result<Option<(&mut Metric, Nature)>, StoreError> {
        let (kind, nature) = nature(data);
        let name = names::metric_name(&row.get::<_, String>(2)?, &row.get::<_, String>(3)?, kind);
        let help = row.get(4)?;
        let new = || Metric { kind, nature, help, series: BTreeMap::new() };
        let metric = self.metrics.entry(name).or_insert_with(new);
        Ok(Some((metric, nature)).filter(|(metric, nature)| metric.kind == kind && metric.nature == *nature))
    }

    /// All families by name, at that time (nanoseconds since 1970).
    pub(super) fn families(&self, now: i64) -> Vec<(String, Family)> {
        let since = now.saturating_sub(FRESH);
        let mut families: Vec<(String, Family)> = Vec::new();
        for (name, metric) in &self.metrics {
            let series = metric.series.iter();
            let series = series
                .filter_map(|(labels, series)| Some((labels.clone(), series.value(metric.nature, since)?)));
            let series: Vec<_> = series.collect();
            if !series.is_empty() {
                families
                    .push((name.clone(), Family { kind: metric.kind, help: metric.help.clone(), series }));
            }
        }
        families.extend(self.target_info(since));
        families
    }

    fn target_info(&self, since: i64) -> Option<(String, Family)> {
        let fresh = self.targets.iter().filter(|(_, (about, told))| !about.is_empty() && *told >= since);
        let series = fresh.map(|(target, (about, _))| {
            let labels: Labels = target.iter().chain(about).cloned().collect();
            (labels, Value::Number(1.0))
        });
        let series: Vec<_> = series.collect();
        let help = "What is known of a job and an instance.".to_owned();
        let family = Family { kind: Kind::Gauge, help, series };
        (!family.series.is_empty()).then(|| (names::TARGET_INFO.to_owned(), family))
    }
}

/// The labels that every series of a resource has, and what else is known of it.
fn resource(store: &Connection, id: i64) -> Result<(Labels, Labels), StoreError> {
    let ask = "SELECT attributes FROM resources WHERE id = ?";
    let attributes: String = store.prepare_cached(ask)?.query_row([id], |row| row.get(0))?;
    let attributes = plain::read_attributes(&attributes)?;
    let text = |name| attribute::text_of(&attributes, name).filter(|text| !text.is_empty());
    let service = text(names::SERVICE_NAME).map(|service| match text(names::SERVICE_NAMESPACE) {
        Some(namespace) => format!("{namespace}/{service}"),
        None => service.to_owned(),
    });
    let instance = text(names::SERVICE_INSTANCE).map(str::to_owned);
    let target = [(names::INSTANCE, instance), (names::JOB, service)].into_iter();
    let target = target.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let rest = [names::SERVICE_NAME, names::SERVICE_NAMESPACE, names::SERVICE_INSTANCE];
    let rest: Vec<KeyValue> =
        attributes.into_iter().filter(|attribute| !rest.contains(&attribute.key.as_str())).collect();
    Ok((target, labels(&rest)))
}
