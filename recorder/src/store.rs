//! The folder of cassettes. One thread writes; a cassette is there whole or not at all.
//!
//! What is under way stands in a hidden `.part` file beside its place and is renamed when it is complete, so a process
//! that dies leaves no half cassette, and what was complete before stays. Leftovers are removed at the next start. A disk
//! that is full or a folder that cannot be written is told to the operator; whoever records goes on without.

use faultline_scenarios::Scenario;
use faultline_scenarios::load::{self, LoadError};
use faultline_scenarios::test_folder::test_folder;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The ending of what is under way.
const PART: &str = "part";

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
    writer: Option<JoinHandle<()>>,
}

/// Which cassette a take belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The test that asked: a folder; empty for none.
    pub test: String,
    /// What tells its request from others.
    pub key: String,
}

/// What the writer is told.
enum Order {
    Begin { take: u64, slot: Slot, name: String, known: Option<PathBuf>, top: String },
    Write { take: u64, text: String },
    Keep { take: u64, done: oneshot::Sender<bool> },
    Forget { take: u64 },
}

impl Store {
    /// Opens a folder, and makes it where it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or nothing can be written in it.
    pub fn open(root: &Path, told: Told) -> Result<Self, StoreError> {
        std::fs::create_dir_all(root).map_err(|why| StoreError::new(root, "cannot be made", why))?;
        tidy(root);
        let probe = root.join(format!(".probe.{PART}"));
        let tried = File::create(&probe)
            .and_then(|mut file| file.write_all(b"faultline"))
            .and_then(|()| std::fs::remove_file(&probe));
        tried.map_err(|why| StoreError::new(root, "nothing can be written in it", why))?;
        let (orders, inbox) = mpsc::channel();
        let mut desk = Desk {
            root: root.to_owned(),
            told,
            open: HashMap::new(),
            made: HashMap::new(),
            numbers: HashMap::new(),
        };
        let writer = std::thread::Builder::new().name("cassettes".to_owned()).spawn(move || {
            inbox.iter().for_each(|order| desk.carry_out(order));
        });
        let writer = writer.map_err(|why| StoreError::new(root, "there is no thread to write it", why))?;
        Ok(Self { orders: Some(orders), numbers: AtomicU64::new(0), writer: Some(writer) })
    }

    /// Begins a take: `name` is a part of a new file's name, `known` the file that it replaces, `top` what stands above the
    /// first take of a file.
    pub(crate) fn begin(
        self: &Arc<Self>,
        slot: Slot,
        name: String,
        known: Option<PathBuf>,
        top: String,
    ) -> Page {
        let take = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.order(Order::Begin { take, slot, name, known, top });
        Page { store: self.clone(), take, kept: false }
    }

    fn order(&self, order: Order) {
        // The writer is there as long as we are.
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

impl Drop for Store {
    /// Everything that was ordered is carried out.
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// A take that is being written.
#[derive(Debug)]
pub(crate) struct Page {
    store: Arc<Store>,
    take: u64,
    kept: bool,
}

impl Page {
    /// Writes on.
    pub(crate) fn write(&self, text: String) {
        self.store.order(Order::Write { take: self.take, text });
    }

    /// It is complete. Waits until it is in its place; whether it is.
    pub(crate) async fn keep(mut self) -> bool {
        self.kept = true;
        let (done, kept) = oneshot::channel();
        self.store.order(Order::Keep { take: self.take, done });
        kept.await.unwrap_or(false)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !self.kept {
            self.store.order(Order::Forget { take: self.take });
        }
    }
}

/// The cassettes of a folder, and what is wrong with others.
pub fn cassettes(root: &Path) -> (Vec<Scenario>, Vec<LoadError>) {
    let (scenarios, errors) = load::path(root);
    let wrong = errors.into_iter().filter(|error| !matches!(error, LoadError::Empty { .. }));
    (scenarios, wrong.collect())
}

/// What the writer knows.
struct Desk {
    root: PathBuf,
    told: Told,
    open: HashMap<u64, Sheet>,
    /// The files of this run.
    made: HashMap<Slot, PathBuf>,
    /// The last number that each folder has.
    numbers: HashMap<PathBuf, u32>,
}

/// A take under way.
struct Sheet {
    slot: Slot,
    name: String,
    known: Option<PathBuf>,
    part: PathBuf,
    /// `None` once something went wrong, which was told.
    file: Option<BufWriter<File>>,
    /// How long the top is.
    top: u64,
}

impl Desk {
    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Begin { take, slot, name, known, top } => {
                let folder = self.root.join(test_folder(&slot.test));
                let part = folder.join(format!(".{take}.{PART}"));
                let began = std::fs::create_dir_all(&folder).and_then(|()| {
                    let options =
                        OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&part);
                    let mut file = BufWriter::new(options?);
                    file.write_all(top.as_bytes()).map(|()| file)
                });
                let top = top.len() as u64;
                let file = began.map_err(|why| self.tell(&part, why)).ok();
                self.open.insert(take, Sheet { slot, name, known, part, file, top });
            }
            Order::Write { take, text } => {
                let Some(sheet) = self.open.get_mut(&take) else { return };
                let written = sheet.file.as_mut().map(|file| file.write_all(text.as_bytes()));
                if let Some(Err(why)) = written {
                    sheet.file = None;
                    let part = sheet.part.clone();
                    self.tell(&part, why);
                }
            }
            Order::Keep { take, done } => {
                let kept = self.open.remove(&take).is_some_and(|sheet| self.keep(sheet));
                // Whoever waits may have gone.
                let _ = done.send(kept);
            }
            Order::Forget { take } => {
                if let Some(sheet) = self.open.remove(&take) {
                    let _ = std::fs::remove_file(&sheet.part);
                }
            }
        }
    }

    fn tell(&self, path: &Path, why: io::Error) {
        (self.told)(&Err(StoreError::new(path, "cannot be written", why)));
    }

    /// Puts a take in its place.
    fn keep(&mut self, sheet: Sheet) -> bool {
        let Sheet { slot, name, known, part, file, top } = sheet;
        let Some(file) = file else {
            let _ = std::fs::remove_file(&part);
            return false;
        };
        let before = self.made.get(&slot).cloned();
        let placed =
            file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|mut take| match &before {
                Some(path) => append(path, &mut take, top, &part).map(|()| path.clone()),
                None => {
                    let path = known.unwrap_or_else(|| self.free(&slot.test, &name));
                    std::fs::rename(&part, &path).map(|()| path)
                }
            });
        let told = match placed {
            Ok(path) => {
                self.made.insert(slot, path.clone());
                Ok(path)
            }
            Err(why) => {
                let _ = std::fs::remove_file(&part);
                Err(StoreError::new(&part, "cannot be written", why))
            }
        };
        (self.told)(&told);
        told.is_ok()
    }

    /// A file name that is not taken: `TEST/003-NAME.yaml`.
    fn free(&mut self, test: &str, name: &str) -> PathBuf {
        let folder = self.root.join(test_folder(test));
        let last = self.numbers.entry(folder.clone()).or_insert_with(|| highest(&folder));
        *last += 1;
        folder.join(format!("{last:03}-{name}.yaml"))
    }
}

/// Adds a take to a file that has others: a copy with the take behind it takes the file's place.
fn append(path: &Path, take: &mut File, top: u64, part: &Path) -> io::Result<()> {
    let whole = part.with_extension(format!("whole.{PART}"));
    let made = (|| {
        std::fs::copy(path, &whole)?;
        let mut file = OpenOptions::new().append(true).open(&whole)?;
        take.seek(SeekFrom::Start(top))?;
        io::copy(&mut take.take(u64::MAX), &mut file)?;
        std::fs::rename(&whole, path)
    })();
    let _ = std::fs::remove_file(if made.is_ok() { part } else { &whole });
    made
}

/// The highest number that a file of the folder begins with.
fn highest(folder: &Path) -> u32 {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let number = |name: std::ffi::OsString| name.to_string_lossy().split('-').next()?.parse::<u32>().ok();
    names.filter_map(number).max().unwrap_or(0)
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
