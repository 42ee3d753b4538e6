//! Where spans go that ended: measured at once, sent by a thread. Who ends a span waits for nobody; what does not fit is lost, and
//! counted.

use super::measure::measured;
use super::meters::Meters;
use super::shape::{renamed, with_lists};
use faultline_telemetry::semconv::Version;
use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many spans may wait to be sent.
const WAITING: usize = 65_536;
/// So many go in one request.
const TOGETHER: usize = 512;
/// So long a span waits for others.
const INTERVAL: Duration = Duration::from_millis(500);

/// What became of spans.
#[derive(Debug, Default)]
pub(super) struct Tally {
    ended: AtomicU64,
    sent: AtomicU64,
    why: Mutex<Option<String>>,
}

impl Tally {
    /// How many spans ended, and how many of them arrived.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.ended.load(Ordering::Acquire), self.sent.load(Ordering::Acquire))
    }

    /// Why the last ones were lost; nothing where they still wait.
    pub(super) fn why(&self) -> Option<String> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lose(&self, why: &str) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
    }
}

enum Order {
    Send(Box<SpanData>),
    /// Send what there is, and say so there.
    Flush(Sender<()>),
}

/// Takes spans that ended.
#[derive(Debug)]
pub(super) struct Outlet {
    orders: SyncSender<Order>,
    meters: Meters,
    tally: Arc<Tally>,
}

impl Outlet {
    /// An outlet with its thread, which ends with it.
    pub(super) fn new(exporter: SpanExporter, meters: Meters, version: Version) -> (Self, Arc<Tally>) {
        let (orders, taken) = sync_channel(WAITING);
        let tally = Arc::new(Tally::default());
        let worker = Worker { exporter, version, tally: tally.clone() };
        std::thread::spawn(move || worker.work(&taken));
        (Self { orders, meters, tally: tally.clone() }, tally)
    }
}

impl SpanProcessor for Outlet {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.tally.ended.fetch_add(1, Ordering::AcqRel);
        let span = with_lists(span);
        measured(&span).iter().for_each(|sample| self.meters.take(sample));
        if self.orders.try_send(Order::Send(Box::new(span))).is_err() {
            self.tally.lose("more came than could be sent");
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.shutdown_with_timeout(INTERVAL)
    }

    fn shutdown_with_timeout(&self, patience: Duration) -> OTelSdkResult {
        let (done, flushed) = std::sync::mpsc::channel();
        // Where the queue is full there is room soon: the thread takes from it.
        let order = self.orders.send(Order::Flush(done));
        order.map_err(|_| OTelSdkError::AlreadyShutdown)?;
        flushed.recv_timeout(patience).map_err(|_| OTelSdkError::Timeout(patience))
    }

    fn set_resource(&mut self, _: &Resource) {}
}

/// The thread.
struct Worker {
    exporter: SpanExporter,
    version: Version,
    tally: Arc<Tally>,
}

impl Worker {
    fn work(&self, orders: &Receiver<Order>) {
        let (mut batch, mut since) = (Vec::new(), Instant::now());
        loop {
            let left = if batch.is_empty() { INTERVAL } else { INTERVAL.saturating_sub(since.elapsed()) };
            match orders.recv_timeout(left) {
                Ok(Order::Send(span)) => {
                    if batch.is_empty() {
                        since = Instant::now();
                    }
                    batch.push(renamed(*span, self.version));
                }
                Ok(Order::Flush(done)) => {
                    self.send(&mut batch);
                    // Who wanted to know has gone.
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => self.send(&mut batch),
                Err(RecvTimeoutError::Disconnected) => return self.send(&mut batch),
            }
            if batch.len() >= TOGETHER {
                self.send(&mut batch);
            }
        }
    }

    fn send(&self, batch: &mut Vec<SpanData>) {
        if batch.is_empty() {
            return;
        }
        let count = batch.len();
        match block_on(self.exporter.export(std::mem::take(batch))) {
            Ok(()) => {
                self.tally.sent.fetch_add(count as u64, Ordering::AcqRel);
            }
            Err(why) => self.tally.lose(&why.to_string()),
        }
    }
}

/// Waits on this thread; what is waited for runs on another.
fn block_on<F: Future>(future: F) -> F::Output {
    futures_executor::block_on(future)
}
