//! A ledger of writes: which calls have begun, and what became of them. It knows keys and results, not tools.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::ToolOutput;

/// What a tool call came to: its output, or the error text that the model was given.
pub(super) type Kept = Result<ToolOutput, String>;

/// What a ledger says to a call that is about to begin.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// It is new, and is kept as begun from now on.
    Fresh,
    /// It was made before; this came of it.
    Finished(Result<ToolOutput, String>),
    /// It began before and never finished, or is still under way: nobody knows whether it took effect.
    Unknown,
}

/// Keeps writes from being executed twice. Its methods may block on a disk; the agent calls them off its own threads.
///
/// # Errors
/// Every method fails where the ledger cannot be written. A call that cannot be begun is not made.
pub trait Ledger: Send + Sync {
    /// Begins the call `key`, unless it has begun before. When it returns `Fresh`, that must outlive the process.
    #[expect(clippy::missing_errors_doc, reason = "said at the trait")]
    fn begin(&self, key: &str) -> io::Result<Begun>;

    /// Keeps what came of a call that has begun.
    #[expect(clippy::missing_errors_doc, reason = "said at the trait")]
    fn finish(&self, key: &str, result: &Result<ToolOutput, String>) -> io::Result<()>;

    /// Forgets a call that has begun but whose tool was never asked.
    #[expect(clippy::missing_errors_doc, reason = "said at the trait")]
    fn release(&self, key: &str) -> io::Result<()>;
}

/// Calls by key: begun (`None`) or finished. Pure.
#[derive(Debug, Default)]
pub(super) struct Calls(HashMap<String, Option<Kept>>);

impl Calls {
    pub(super) fn look(&self, key: &str) -> Begun {
        match self.0.get(key) {
            None => Begun::Fresh,
            Some(None) => Begun::Unknown,
            Some(Some(kept)) => Begun::Finished(kept.clone()),
        }
    }

    pub(super) fn begin(&mut self, key: &str) {
        self.0.entry(key.to_owned()).or_insert(None);
    }

    pub(super) fn finish(&mut self, key: &str, result: Kept) {
        self.0.insert(key.to_owned(), Some(result));
    }

    pub(super) fn release(&mut self, key: &str) {
        self.0.remove(key);
    }
}

/// A ledger that lasts as long as the process.
#[derive(Debug, Default)]
pub struct MemoryLedger(Mutex<Calls>);

impl MemoryLedger {
    fn with<T>(&self, act: impl FnOnce(&mut Calls) -> T) -> io::Result<T> {
        Ok(act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Ledger for MemoryLedger {
    fn begin(&self, key: &str) -> io::Result<Begun> {
        self.with(|calls| {
            let begun = calls.look(key);
            calls.begin(key);
            begun
        })
    }

    fn finish(&self, key: &str, result: &Kept) -> io::Result<()> {
        self.with(|calls| calls.finish(key, result.clone()))
    }

    fn release(&self, key: &str) -> io::Result<()> {
        self.with(|calls| calls.release(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_begins_once_unless_it_is_released() {
        let ledger = MemoryLedger::default();
        assert_eq!(ledger.begin("a").unwrap(), Begun::Fresh);
        assert_eq!(ledger.begin("a").unwrap(), Begun::Unknown);
        ledger.release("a").unwrap();
        assert_eq!(ledger.begin("a").unwrap(), Begun::Fresh);
        ledger.finish("a", &Err("no".into())).unwrap();
        assert_eq!(ledger.begin("a").unwrap(), Begun::Finished(Err("no".into())));
        assert_eq!(ledger.begin("b").unwrap(), Begun::Fresh);
    }
}
