//! The folder of cassettes. One thread writes; a cassette is there whole or not at all.
//!
//! What is under way stands in a hidden `.part` file beside its place and is renamed when it is complete, so a process
//! that dies leaves no half cassette, and what was complete before stays. Leftovers are removed at the next start. A disk
//! that is full or a folder that cannot be written is told to the operator; whoever records goes on without.

mod desk;

use crate::slot::Slot;
use desk::Desk;
use faultline_scenarios::Scenario;
use faultline_scenarios::load::{self, LoadError};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The ending of what is under way.
const PART: &str = "part";

/// The file whose lock says that somebody records into the folder.
const LOCK: &str = ".faultline.lock";

/// So much of a take is written at once, in bytes.
const BATCH: usize = 16 * 1024;

/// The most that may wait for a slow disk, in bytes of all takes together.
const BACKLOG: usize = 256 * 1024 * 1024;

/// Told of every cassette that is kept, and of every one that is not.
pub type Told = Arc<dyn Fn(&Result<PathBuf, StoreError>) + Send + Sync>;

/// Why something was not kept.
#[derive(Debug, thiserror::Error)]
#[error("{}: {doing}: {why}", path.display())]
pub struct StoreError {
    /// Where.
    pub path: PathBuf,
    /// What was tried, as `cannot be written`.
    pub doing: &'static str,
    /// The system's words.
    pub why: io::Error,
}

impl StoreError {
    fn new(path: &Path, doing: &'static str, why: io::Error) -> Self {
        Self { path: path.to_owned(), doing, why }
    }
}

/// A folder of cassettes that is written to.
#[derive(Debug)]
pub struct Store {
    orders: Option<mpsc::Sender<Order>>,
    numbers: AtomicU64,
    waiting: Arc<AtomicUsize>,
    writer: Option<JoinHandle<()>>,
    /// Held as long as we are.
    _lock: File,
    lock_path: PathBuf,
}

/// A take that begins.
#[derive(Debug)]
pub(crate) struct Beginning {
    /// The cassette that it belongs to.
    pub(crate) slot: Slot,
    /// A part of the name of a new file.
    pub(crate) name: String,
    /// The files that had the answers of before: they are replaced.
    pub(crate) known: Vec<PathBuf>,
    /// What stands above the first take of a file.
    pub(crate) top: String,
}

/// What the writer is told.
enum Order {
    Begin { take: u64, what: Box<Beginning> },
    Write { take: u64, text: String },
    Keep { take: u64, done: oneshot::Sender<bool> },
    Forget { take: u64 },
}

impl Store {
    /// Opens a folder, and makes it where it is not there. Nobody else may record into it as long as this lives.
    ///
    /// # Errors
    /// When it cannot be made, nothing can be written in it, or somebody else records into it.
    pub fn open(root: &Path, told: Told) -> Result<Self, StoreError> {
        std::fs::create_dir_all(root).map_err(|why| StoreError::new(root, "cannot be made", why))?;
        let lock = lock(root)?;
        tidy(root);
        let (orders, inbox) = mpsc::channel::<Order>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let mut desk = Desk::new(root, told);
        let written = waiting.clone();
        let work = move || {
            for order in inbox {
                let size = order.size();
                desk.carry_out(order);
                written.fetch_sub(size, Ordering::Relaxed);
            }
        };
        let writer = std::thread::Builder::new().name("cassettes".to_owned()).spawn(work);
        let writer = writer.map_err(|why| StoreError::new(root, "there is no thread to write it", why))?;
        let numbers = AtomicU64::new(0);
        Ok(Self {
            orders: Some(orders),
            numbers,
            waiting,
            writer: Some(writer),
            _lock: lock,
            lock_path: root.join(LOCK),
        })
    }

    /// Begins a take.
    pub(crate) fn begin(self: &Arc<Self>, what: Beginning) -> Page {
        let take = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.order(Order::Begin { take, what: Box::new(what) });
        Page { store: self.clone(), take, text: String::new(), over: false }
    }

    fn order(&self, order: Order) {
        self.waiting.fetch_add(order.size(), Ordering::Relaxed);
        if let Some(orders) = &self.orders {
            // The writer is there as long as we are.
            let _ = orders.send(order);
        }
    }
}

impl Order {
    fn size(&self) -> usize {
        if let Self::Write { text, .. } = self { text.len() } else { 0 }
    }
}

impl Drop for Store {
    /// Everything that was ordered is carried out.
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        let _ = std::fs::remove_file(&self.lock_path);
    }
}

/// A take that is being written.
#[derive(Debug)]
pub(crate) struct Page {
    store: Arc<Store>,
    take: u64,
    text: String,
    /// It was kept or given up.
    over: bool,
}

impl Page {
    /// Writes on.
    pub(crate) fn write(&mut self, text: &str) {
        if self.over {
            return;
        }
        self.text.push_str(text);
        if self.text.len() < BATCH {
            return;
        }
        if self.store.waiting.load(Ordering::Relaxed) > BACKLOG {
            // The disk is too slow for what comes: this take is lost, and the memory is not.
            tracing::warn!("the disk is too slow: an answer is not kept");
            self.give_up();
            return;
        }
        self.flush();
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.store.order(Order::Write { take: self.take, text });
    }

    fn give_up(&mut self) {
        self.text = String::new();
        if !std::mem::replace(&mut self.over, true) {
            self.store.order(Order::Forget { take: self.take });
        }
    }

    /// It is complete. Waits until it is in its place; whether it is.
    pub(crate) async fn keep(mut self) -> bool {
        if std::mem::replace(&mut self.over, true) {
            return false;
        }
        self.flush();
        let (done, kept) = oneshot::channel();
        self.store.order(Order::Keep { take: self.take, done });
        kept.await.unwrap_or(false)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// The cassettes of a folder, and what is wrong with others.
pub fn cassettes(root: &Path) -> (Vec<Scenario>, Vec<LoadError>) {
    let (scenarios, errors) = load::path(root);
    let wrong = errors.into_iter().filter(|error| !matches!(error, LoadError::Empty { .. }));
    (scenarios, wrong.collect())
}

/// The file of each cassette of `root`, so that it can be replaced.
pub fn files(root: &Path, cassettes: &[Scenario]) -> Vec<(Slot, PathBuf)> {
    let file = |scenario: &Scenario| {
        let path = root.join(format!("{}.yaml", scenario.name));
        path.is_file().then_some((Slot::of(scenario)?, path))
    };
    cassettes.iter().filter_map(file).collect()
}

/// Whether anything can be written, and nobody else does.
fn lock(root: &Path) -> Result<File, StoreError> {
    let cannot = |why| StoreError::new(root, "nothing can be written in it", why);
    let mut file = File::create(root.join(LOCK)).map_err(cannot)?;
    file.write_all(b"faultline records here\n").map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(why) => Err(StoreError::new(root, "another faultline records into it", why.into())),
    }
}

/// Removes what an earlier run left under way.
fn tidy(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().to_string_lossy().starts_with('.');
        if path.is_dir() && !path.is_symlink() {
            tidy(&path);
        } else if is_ours && path.extension().is_some_and(|ending| ending == PART) {
            let _ = std::fs::remove_file(&path);
        }
    }
}
