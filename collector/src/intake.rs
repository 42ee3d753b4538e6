//! Takes what a receiver has read: makes rows of it, waits for the store, and counts. It knows neither HTTP nor gRPC.

use crate::counts::{Counters, add};
use crate::json::{self, Malformed};
use crate::rows::{Batch, Rejected, log_rows, metric_rows, span_rows};
use crate::store::{Store, StoreError};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much may be on its way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The greatest body, in bytes, unpacked.
    pub body: usize,
    /// All bodies together that are read, or wait to be written, in bytes. At least [`Limits::body`].
    pub queue: usize,
    /// How long a request waits for room before it is turned away.
    pub patience: Duration,
    /// How long a request may take in all: who sends a byte a minute takes room from others.
    pub slowest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 8 << 20,
            queue: 64 << 20,
            patience: Duration::from_secs(2),
            slowest: Duration::from_secs(30),
        }
    }
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Protobuf,
    Json,
}

/// Reads a body.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn rows(signal: Signal, form: Form, body: &[u8]) -> Result<(Batch, Rejected), Malformed> {
    let protobuf = |error: prost::DecodeError| Malformed(format!("this is no protobuf of OTLP: {error}"));
    Ok(match (signal, form) {
        (Signal::Traces, Form::Json) => traces(json::traces(body)?),
        (Signal::Metrics, Form::Json) => metrics(json::metrics(body)?),
        (Signal::Logs, Form::Json) => logs(json::logs(body)?),
        (Signal::Traces, Form::Protobuf) => {
            traces(ExportTraceServiceRequest::decode(body).map_err(protobuf)?)
        }
        (Signal::Metrics, Form::Protobuf) => {
            metrics(ExportMetricsServiceRequest::decode(body).map_err(protobuf)?)
        }
        (Signal::Logs, Form::Protobuf) => logs(ExportLogsServiceRequest::decode(body).map_err(protobuf)?),
    })
}

pub(crate) fn traces(request: ExportTraceServiceRequest) -> (Batch, Rejected) {
    let (groups, rejected) = span_rows(request);
    (Batch::Spans(groups), rejected)
}

pub(crate) fn metrics(request: ExportMetricsServiceRequest) -> (Batch, Rejected) {
    let (groups, rejected) = metric_rows(request);
    (Batch::Metrics(groups), rejected)
}

pub(crate) fn logs(request: ExportLogsServiceRequest) -> (Batch, Rejected) {
    let (groups, rejected) = log_rows(request);
    (Batch::Logs(groups), rejected)
}

/// The door to the store.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) store: Store,
    pub(crate) counters: Arc<Counters>,
    pub(crate) limits: Limits,
    room: Arc<Semaphore>,
}

/// Room is counted in these, for a semaphore counts to no more than 2^32 at once.
const UNIT: usize = 1024;

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT).max(1)).unwrap_or(u32::MAX)
}

impl Intake {
    pub(crate) fn new(store: Store, counters: Arc<Counters>, limits: Limits) -> Self {
        let all = units(limits.queue.max(limits.body));
        Self { store, counters, limits, room: Arc::new(Semaphore::new(all as usize)) }
    }

    /// Waits for room for a body of at most so many bytes.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when there is none for too long. It is counted.
    pub(crate) async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, StoreError> {
        add(&self.counters.requests, 1);
        let wanted = self.room.clone().acquire_many_owned(units(bytes.min(self.limits.body)));
        match tokio::time::timeout(self.limits.patience, wanted).await {
            Ok(Ok(room)) => Ok(room),
            _ => {
                add(&self.counters.refused, 1);
                Err(StoreError::Busy)
            }
        }
    }

    /// Keeps a batch that has `bytes`; comes back when it is committed, or not.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) async fn keep(
        &self,
        (batch, rejected): (Batch, Rejected),
        bytes: usize,
        mut room: OwnedSemaphorePermit,
    ) -> Result<Rejected, StoreError> {
        add(&self.counters.rejected, rejected.count as usize);
        // What was set aside for the greatest body goes back to the others.
        let spare = room.num_permits().saturating_sub(units(bytes) as usize);
        drop(room.split(spare));
        if batch.len() > 0 {
            let done = self.store.put(batch, Some(room)).await;
            if done == Err(StoreError::Busy) {
                add(&self.counters.refused, 1);
            }
            done?;
        }
        Ok(rejected)
    }
}
