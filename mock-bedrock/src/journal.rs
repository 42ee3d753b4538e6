//! The journal: a bounded ring of finished exchanges. Writing to it never waits for a reader.

use faultline_scenarios::exchange::Exchange;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Is told of every exchange when it is over. It runs on the answering task: it must not block.
pub type Listener = Arc<dyn Fn(&Arc<Exchange>) + Send + Sync>;

/// How many requests to unknown paths are remembered.
const STRAYS: usize = 100;

/// The ring. The oldest exchange makes room for the newest.
pub(crate) struct Journal {
    limit: usize,
    ring: Mutex<VecDeque<Arc<Exchange>>>,
    strays: Mutex<VecDeque<String>>,
    total: AtomicU64,
    news: Notify,
    listeners: Vec<Listener>,
}

impl Journal {
    /// A journal of at most `limit` exchanges.
    pub(crate) fn new(limit: usize, listeners: Vec<Listener>) -> Self {
        Self {
            limit,
            ring: Mutex::default(),
            strays: Mutex::default(),
            total: AtomicU64::new(0),
            news: Notify::new(),
            listeners,
        }
    }

    /// Adds a finished exchange.
    pub(crate) fn push(&self, exchange: Arc<Exchange>) {
        for listener in &self.listeners {
            listener(&exchange);
        }
        let oldest = put(&mut lock(&self.ring), exchange, self.limit);
        // Freed after the lock is gone: it may hold a large body.
        drop(oldest);
        self.total.fetch_add(1, Ordering::AcqRel);
        self.news.notify_waiters();
    }

    /// What it holds, in the order of ending; of one session, if asked.
    pub(crate) fn exchanges(&self, session: Option<&str>) -> Vec<Arc<Exchange>> {
        let wanted = |exchange: &&Arc<Exchange>| session.is_none_or(|name| &*exchange.session == name);
        lock(&self.ring).iter().filter(wanted).cloned().collect()
    }

    /// Notes a request that was for no operation.
    pub(crate) fn stray(&self, what: String) {
        put(&mut lock(&self.strays), what, STRAYS);
    }

    /// The requests that were for no operation, as `METHOD path`.
    pub(crate) fn strays(&self) -> Vec<String> {
        lock(&self.strays).iter().cloned().collect()
    }

    /// Forgets a session, or everything.
    pub(crate) fn forget(&self, session: Option<&str>) {
        match session {
            Some(name) => lock(&self.ring).retain(|exchange| &*exchange.session != name),
            None => {
                lock(&self.ring).clear();
                lock(&self.strays).clear();
                self.total.store(0, Ordering::Release);
            }
        }
    }

    /// Returns when `count` exchanges have ended since the start or the last full reset.
    pub(crate) async fn wait_for(&self, count: u64) {
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            if self.total.load(Ordering::Acquire) >= count {
                return;
            }
            news.await;
        }
    }
}

fn put<T>(ring: &mut VecDeque<T>, item: T, limit: usize) -> Option<T> {
    ring.push_back(item);
    if ring.len() > limit { ring.pop_front() } else { None }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let mut ring = VecDeque::new();
        let dropped: Vec<_> = (1..=4).filter_map(|n| put(&mut ring, n, 2)).collect();
        assert_eq!((dropped, ring.into_iter().collect()), (vec![1, 2], vec![3, 4]));
    }
}
