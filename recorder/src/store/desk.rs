//! The one who writes: takes under way, and where they go.

use super::{Beginning, Order, PART, StoreError, Told};
use crate::slot::{Slot, has_room};
use faultline_scenarios::test_folder::test_folder;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// What the writer knows.
pub(super) struct Desk {
    root: PathBuf,
    told: Told,
    open: HashMap<u64, Sheet>,
    /// The files of this run, of each slot the last one.
    made: HashMap<Slot, Made>,
    /// The last number that each folder has.
    numbers: HashMap<PathBuf, u32>,
}

/// A take under way.
struct Sheet {
    what: Beginning,
    part: PathBuf,
    /// `None` once something went wrong, which was told.
    file: Option<File>,
}

/// A file of this run.
struct Made {
    path: PathBuf,
    /// How long its top is.
    top: u64,
    /// Its takes in order, each with its length.
    takes: Vec<(u64, u64)>,
}

impl Desk {
    /// Writes below `root`.
    pub(super) fn new(root: &Path, told: Told) -> Self {
        Self {
            root: root.to_owned(),
            told,
            open: HashMap::new(),
            made: HashMap::new(),
            numbers: HashMap::new(),
        }
    }

    pub(super) fn carry_out(&mut self, order: Order) {
        match order {
            Order::Begin { take, what } => self.begin(take, *what),
            Order::Write { take, text } => self.write(take, &text),
            Order::Keep { take, done } => {
                let kept = self.open.remove(&take).is_some_and(|mut sheet| self.keep(take, &mut sheet));
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

    fn begin(&mut self, take: u64, what: Beginning) {
        let folder = self.folder(&what.slot);
        let part = folder.join(format!(".{take}.{PART}"));
        let began = std::fs::create_dir_all(&folder).and_then(|()| {
            let mut file =
                OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&part)?;
            file.write_all(what.top.as_bytes()).map(|()| file)
        });
        let file = began.map_err(|why| self.tell(&part, why)).ok();
        self.open.insert(take, Sheet { what, part, file });
    }

    fn write(&mut self, take: u64, text: &str) {
        let Some(sheet) = self.open.get_mut(&take) else { return };
        let written = sheet.file.as_mut().map(|file| file.write_all(text.as_bytes()));
        if let Some(Err(why)) = written {
            sheet.file = None;
            let part = sheet.part.clone();
            // What cannot be kept need not fill the disk.
            let _ = std::fs::remove_file(&part);
            self.tell(&part, why);
        }
    }

    fn tell(&self, path: &Path, why: io::Error) {
        (self.told)(&Err(StoreError::new(path, "cannot be written", why)));
    }

    /// Puts a take in its place; whether it is there. What went wrong before was told before.
    fn keep(&mut self, take: u64, sheet: &mut Sheet) -> bool {
        let Some(file) = sheet.file.take() else { return false };
        let placed = self.place(take, sheet, file);
        let _ = std::fs::remove_file(&sheet.part);
        let told = placed.map_err(|why| StoreError::new(&sheet.part, "cannot be written", why));
        (self.told)(&told);
        told.is_ok()
    }

    fn place(&mut self, take: u64, sheet: &Sheet, file: File) -> io::Result<PathBuf> {
        let Sheet { what, part, .. } = sheet;
        let is_first = !self.made.contains_key(&what.slot);
        if let Some(made) = self.made.get_mut(&what.slot).filter(|made| made.has_room()) {
            return made.insert(take, file, what.top.len() as u64, part).map(|()| made.path.clone());
        }
        let known: &[PathBuf] = if is_first { &what.known } else { &[] };
        let path = known.first().cloned().unwrap_or_else(|| self.free(&what.slot, &what.name));
        let (top, whole) = (what.top.len() as u64, file.metadata()?.len());
        std::fs::rename(part, &path)?;
        // Takes of before that went on in other files are replaced with them.
        known.iter().skip(1).for_each(|path| drop(std::fs::remove_file(path)));
        let made = Made { path: path.clone(), top, takes: vec![(take, whole.saturating_sub(top))] };
        self.made.insert(what.slot.clone(), made);
        Ok(path)
    }

    /// A file name that is not taken: `TEST/003-NAME.yaml`.
    fn free(&mut self, slot: &Slot, name: &str) -> PathBuf {
        let folder = self.folder(slot);
        let last = self.numbers.entry(folder.clone()).or_insert_with(|| highest(&folder));
        *last += 1;
        folder.join(format!("{last:03}-{name}.yaml"))
    }

    fn folder(&self, slot: &Slot) -> PathBuf {
        self.root.join(test_folder(&slot.test))
    }
}

impl Made {
    fn has_room(&self) -> bool {
        has_room(self.takes.len(), self.takes.iter().map(|(_, length)| length).sum())
    }

    /// Adds a take, in the order in which they began: a copy with it in its place takes the file's place.
    fn insert(&mut self, number: u64, mut take: File, top: u64, part: &Path) -> io::Result<()> {
        let at = self.takes.partition_point(|(other, _)| *other < number);
        let before = self.top + self.takes[..at].iter().map(|(_, length)| length).sum::<u64>();
        let whole = part.with_extension(format!("whole.{PART}"));
        let length = copy_with(&self.path, before, &mut take, top, &whole)
            .and_then(|length| std::fs::rename(&whole, &self.path).map(|()| length))
            .inspect_err(|_| drop(std::fs::remove_file(&whole)))?;
        self.takes.insert(at, (number, length));
        Ok(())
    }
}

/// Copies `from` to `to`, with what stands in `take` behind its top after the first `before` bytes; how long that is.
fn copy_with(from: &Path, before: u64, take: &mut File, top: u64, to: &Path) -> io::Result<u64> {
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    io::copy(&mut (&mut from).take(before), &mut to)?;
    take.seek(SeekFrom::Start(top))?;
    let length = io::copy(take, &mut to)?;
    io::copy(&mut from, &mut to)?;
    Ok(length)
}

/// The highest number that a file of the folder begins with.
fn highest(folder: &Path) -> u32 {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let number = |name: std::ffi::OsString| name.to_string_lossy().split('-').next()?.parse::<u32>().ok();
    names.filter_map(number).max().unwrap_or(0)
}
