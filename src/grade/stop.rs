//! The wish to stop, told to every run.

use tokio::sync::watch;

/// Learns of the wish. Copies learn of the same.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A wish and who learns of it.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Waits for the wish.
    pub(crate) async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            // Nobody can wish any more.
            std::future::pending::<()>().await;
        }
    }

    /// Whether it was wished.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }
}
