//! How a worker behaves. Plain values.

use std::sync::Arc;
use std::time::Duration;

use super::settings::OnFailure;

/// How a worker behaves. The defaults are named at each field.
#[derive(Clone)]
pub struct WorkSettings {
    /// So many events become one record of a task's progress at most. Default 100.
    pub batch: usize,
    /// So long an event waits for others. Default 100 ms; the first text of a turn never waits.
    pub interval: Duration,
    /// So often a worker looks whether its task shall stop. Default 500 ms. A third of the queue's lease is the limit.
    pub look: Duration,
    /// Told of every task that got no answer, as a service is told of a prompt. Default: nobody.
    pub failed: Option<OnFailure>,
    /// Told what is wrong with the queue itself. Default: nobody.
    pub trouble: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Default for WorkSettings {
    fn default() -> Self {
        Self {
            batch: 100,
            interval: Duration::from_millis(100),
            look: Duration::from_millis(500),
            failed: None,
            trouble: Arc::new(|_| ()),
        }
    }
}
