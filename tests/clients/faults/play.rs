//! Plays rows to clients, each cell on a server of its own, several side by side.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use faultline_mock_bedrock::{MockBedrock, Options, Scripted};
use faultline_scenarios::{Book, Scenario};
use tokio::runtime::Runtime;

use super::client::{Client, Program};
use super::rows::Row;
use crate::driver::{Driver, Outcome};
use crate::rust_sdk;
use crate::toolchain::{Node, Python, Skip};

/// How long a program may take to start.
const START: Duration = Duration::from_secs(60);

/// What one client is asked about one row.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    /// Which row of all, to put the answers in order.
    pub(crate) index: usize,
    /// The row.
    pub(crate) row: &'a Row,
    /// Who is asked.
    pub(crate) client: Client,
}

/// The outcomes by row and client.
pub(crate) type Outcomes = BTreeMap<(usize, Client), Outcome>;

/// How many of a program work side by side: most of the time they wait.
fn side_by_side(program: Program) -> usize {
    match program {
        Program::Python => 3,
        Program::Node => 5,
        Program::Rust => 8,
    }
}

/// Runs every job; or says which client is missing.
pub(crate) fn all(jobs: &[Job<'_>]) -> Result<Outcomes, Skip> {
    let (python, node) = (Python::ready()?, Node::ready()?);
    let runtime = Runtime::new().map_err(|error| Skip { reason: error.to_string() })?;
    let outcomes = Mutex::new(Outcomes::new());
    thread::scope(|scope| {
        for program in [Program::Python, Program::Node, Program::Rust] {
            // The last rows wait longest: they go first.
            let own = jobs.iter().rev().filter(|job| job.client.program() == program);
            let queue: VecDeque<_> = own.collect();
            let queue = Arc::new(Mutex::new(queue));
            for _ in 0..side_by_side(program) {
                let (queue, outcomes, runtime) = (Arc::clone(&queue), &outcomes, &runtime);
                let mut worker = match program {
                    Program::Python => Worker::Process(Box::new(Driver::new(python.driver(), START))),
                    Program::Node => Worker::Process(Box::new(Driver::new(node.driver(), START))),
                    Program::Rust => Worker::Here,
                };
                scope.spawn(move || {
                    // The lock must not be held while a job is played.
                    let next = || lock(&queue).pop_front();
                    while let Some(job) = next() {
                        let outcome = worker.play(runtime, job);
                        lock(outcomes).insert((job.index, job.client), outcome);
                    }
                });
            }
        }
    });
    Ok(outcomes.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Worker {
    Process(Box<Driver>),
    Here,
}

impl Worker {
    fn play(&mut self, runtime: &Runtime, job: &Job<'_>) -> Outcome {
        let (row, client) = (job.row, job.client);
        let tls = client.by_tls(row);
        let stage = Stage::set(runtime, &row.scenario, tls);
        let url = if tls { stage.server.https_url() } else { stage.server.url() };
        let task = client.task(row, &url, tls.then_some(stage.ca.as_path()));
        match self {
            Self::Process(driver) => driver.run(&task),
            Self::Here => runtime.block_on(rust_sdk::run(&task)),
        }
    }
}

/// A server that plays one scenario, and the certificate that its clients trust.
struct Stage {
    server: MockBedrock,
    ca: PathBuf,
}

impl Stage {
    #[expect(clippy::panic, reason = "a test that cannot start must fail")]
    fn set(runtime: &Runtime, scenario: &Scenario, tls: bool) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("faults-{}-{}.pem", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let ca = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let options = Options {
            tls,
            ca_path: tls.then(|| ca.clone()),
            admission: scenario.file.admission.clone(),
            grace: Duration::ZERO,
            ..Options::default()
        };
        let book = Book::new(vec![Scenario::new("row", scenario.file.clone())]);
        let server = runtime.block_on(MockBedrock::start(options, Arc::new(Scripted::new(book))));
        let server = server.unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
        Self { server: server.unverified(), ca }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Without TLS there is none.
        let _ = std::fs::remove_file(&self.ca);
    }
}
