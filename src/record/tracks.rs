//! What became of cassette files while somebody recorded: which were written, and what could not be.

use crate::output::complain;
use faultline_recorder::store::{StoreError, Told};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was told. Copies share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracks(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    written: BTreeSet<PathBuf>,
    lost: usize,
    /// The last complaint: a full disk is told once, and not for each answer.
    said: String,
}

impl Tracks {
    /// What a store calls. What cannot be written is said at once: who records for an hour wants to know now.
    pub(crate) fn told(&self) -> Told {
        let tracks = self.clone();
        Arc::new(move |what| tracks.note(what))
    }

    fn note(&self, what: &Result<PathBuf, StoreError>) {
        let mut inner = self.inner();
        match what {
            Ok(path) => {
                inner.written.insert(path.clone());
            }
            Err(error) => {
                inner.lost += 1;
                let said = format!("{}: {}", error.doing, error.why);
                if inner.said != said {
                    complain(&format!("faultline: not recorded: {error}"));
                    inner.said = said;
                }
            }
        }
    }

    /// The files that were written.
    pub(crate) fn written(&self) -> Vec<PathBuf> {
        self.inner().written.iter().cloned().collect()
    }

    /// How many answers could not be written.
    pub(crate) fn lost(&self) -> usize {
        self.inner().lost
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
