//! What is written before and after a tool call: the ledger's lines and the audit log's. It runs nothing.

use std::sync::Arc;

use super::audit::{AuditEvent, AuditLog, AuditRecord};
use super::ledger::{Begun, Kept, Ledger};

/// A ledger and an audit log, where there are any.
#[derive(Clone, Default)]
pub(crate) struct Journal {
    pub(super) ledger: Option<Arc<dyn Ledger>>,
    pub(super) audit: Option<Arc<AuditLog>>,
}

/// What the journal says to a call that is about to begin.
pub(crate) enum Beginning {
    /// It may run.
    Run,
    /// It was made before, and this came of it.
    Again(Kept),
}

/// What the model is told of a write that began and whose end nobody saw.
const UNKNOWN: &str = "This call began before and was interrupted. Whether it took effect is unknown, so it was not \
                       run again. Find out what happened before you ask for it anew.";

impl Journal {
    /// Writes that a call begins. `write`: whether the ledger must know of it. The error is for the model.
    pub(crate) async fn begin(&self, key: &str, write: bool, call: AuditRecord) -> Result<Beginning, String> {
        let (journal, key) = (self.clone(), key.to_owned());
        let begin = move || journal.begin_blocking(&key, write, &call);
        if self.is_empty() { begin() } else { off_thread(begin).await? }
    }

    fn begin_blocking(&self, key: &str, write: bool, call: &AuditRecord) -> Result<Beginning, String> {
        let not_run = |why: &dyn std::fmt::Display| {
            format!("The tool was not run: its call could not be recorded ({why}).")
        };
        let ledger = self.ledger.as_ref().filter(|_| write);
        match ledger.map_or(Ok(Begun::Fresh), |ledger| ledger.begin(key)) {
            Ok(Begun::Fresh) => {}
            Ok(Begun::Finished(kept)) => return Ok(Beginning::Again(kept)),
            Ok(Begun::Unknown) => return Err(UNKNOWN.to_owned()),
            Err(error) => return Err(not_run(&error)),
        }
        if let Some(Err(error)) = self.audit.as_ref().map(|audit| audit.append(call)) {
            // Nothing ran. Where this fails too, the call stays unknown, which is the safe side.
            let _ = ledger.map(|ledger| ledger.release(key));
            return Err(not_run(&error));
        }
        Ok(Beginning::Run)
    }

    /// Writes what came of a call. The error is a warning: the call is over.
    pub(crate) async fn end(&self, key: &str, write: bool, call: AuditRecord) -> Result<(), String> {
        if self.is_empty() {
            return Ok(());
        }
        let (journal, key) = (self.clone(), key.to_owned());
        off_thread(move || journal.end_blocking(&key, write, &call)).await?
    }

    fn end_blocking(&self, key: &str, write: bool, call: &AuditRecord) -> Result<(), String> {
        let kept = self.ledger.as_ref().filter(|_| write).map(|ledger| match (call.event, &call.result) {
            (AuditEvent::Finished, Some(result)) => ledger.finish(key, result),
            _ => ledger.release(key),
        });
        let logged = self.append(call);
        kept.unwrap_or(Ok(())).map_err(|error| format!("the ledger could not be written: {error}"))?;
        logged
    }

    /// Writes a call that did not run into the audit log alone.
    pub(crate) async fn note(&self, call: AuditRecord) -> Result<(), String> {
        if self.audit.is_none() {
            return Ok(());
        }
        let journal = self.clone();
        off_thread(move || journal.append(&call)).await?
    }

    fn append(&self, call: &AuditRecord) -> Result<(), String> {
        let logged = self.audit.as_ref().map_or(Ok(()), |audit| audit.append(call));
        logged.map_err(|error| error.to_string())
    }

    fn is_empty(&self) -> bool {
        self.ledger.is_none() && self.audit.is_none()
    }
}

/// Disks are slow: what waits for one does so away from the runtime's threads.
async fn off_thread<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(act).await.map_err(|error| error.to_string())
}
