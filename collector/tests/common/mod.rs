//! A collector on this machine, and a client that sends it any bytes.

#![allow(dead_code, reason = "each test file uses a part of this module")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

pub(crate) mod arbitrary;

use faultline_collector::store::{Keep, Place, StoreError};
use faultline_collector::{Clock, Collector, Limits, Options};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// 2026-01-01, in nanoseconds since 1970: the time of a test's clock when it starts.
pub(crate) const NOW: i64 = 1_767_225_600_000_000_000;

/// A collector and a clock that the test sets.
pub(crate) struct Bench {
    pub(crate) runtime: Runtime,
    pub(crate) collector: Option<Collector>,
    pub(crate) now: Arc<AtomicI64>,
}

pub(crate) fn options(place: Place) -> Options {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Options {
        grpc: free,
        http: free,
        place,
        keep: Keep::default(),
        limits: Limits::default(),
        clock: Clock::new(|| NOW),
    }
}

/// A path of this test's own, where nothing is.
pub(crate) fn temporary(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    path
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(options(Place::Memory))
    }

    pub(crate) fn with(options: Options) -> Self {
        let now = Arc::new(AtomicI64::new(NOW));
        let hand = now.clone();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let options = Options { clock: Clock::new(move || hand.load(Ordering::SeqCst)), ..options };
        let collector = runtime.block_on(Collector::start(options)).unwrap();
        Self { runtime, collector: Some(collector), now }
    }

    pub(crate) fn collector(&self) -> &Collector {
        self.collector.as_ref().unwrap()
    }

    pub(crate) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.collector().ask(question)).unwrap()
    }

    pub(crate) fn count(&self, table: &str) -> i64 {
        let ask = format!("SELECT count(*) FROM {table}");
        self.ask(move |store| Ok(store.query_row(&ask, [], |row| row.get(0))?))
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        post(self.collector().http(), path, headers, body)
    }

    pub(crate) fn post_protobuf(&self, path: &str, message: &impl prost::Message) -> Answer {
        self.post(path, &[("content-type", "application/x-protobuf")], &message.encode_to_vec())
    }

    pub(crate) fn post_json(&self, path: &str, body: &str) -> Answer {
        self.post(path, &[("content-type", "application/json")], body.as_bytes())
    }

    pub(crate) fn stop(mut self) -> faultline_collector::Counts {
        self.runtime.block_on(self.collector.take().unwrap().stop())
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Posts a body, and reads the answer to its end.
pub(crate) fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(address).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    // A server that has refused by the head alone need not read the rest.
    let _ = socket.write_all(body);
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer"));
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: answer[split + 4..].to_vec() }
}

/// Gzip.
pub(crate) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Whether it comes true before a test would rather fail.
pub(crate) fn soon(mut is: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while !is() {
        if began.elapsed() > Duration::from_secs(30) {
            return false;
        }
        std::thread::yield_now();
    }
    true
}
