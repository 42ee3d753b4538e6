//! A take that is kept beside the relay, on a task of its own: to decode, redact and write a piece holds up no other piece.

use crate::taking::Taking;
use bytes::Bytes;
use faultline_scenarios::recorded::HowEnded;
use faultline_wire::Header;
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

/// So many pieces may wait; then the relay waits, so that memory is bounded.
const WAITING: usize = 1024;

/// What happens to a take.
enum Piece {
    Head(Duration, u16, Vec<Header>),
    Data(Duration, Bytes),
    End(Duration, HowEnded, Vec<Header>),
}

/// A take under way on its task. Dropped before its end, it is not kept.
pub(crate) struct Aside {
    to: Sender<Piece>,
    task: JoinHandle<bool>,
}

impl Aside {
    /// Begins.
    pub(crate) fn begin(taking: Taking) -> Self {
        let (to, pieces) = mpsc::channel(WAITING);
        Self { to, task: tokio::spawn(take(taking, pieces)) }
    }

    /// The head came.
    pub(crate) async fn head(&self, at: Duration, status: u16, headers: Vec<Header>) {
        self.send(Piece::Head(at, status, headers)).await;
    }

    /// A piece of the body came.
    pub(crate) async fn data(&self, at: Duration, bytes: Bytes) {
        self.send(Piece::Data(at, bytes)).await;
    }

    /// It is over. Waits until the take is kept; whether it is.
    pub(crate) async fn end(self, at: Duration, how: HowEnded, trailers: Vec<Header>) -> bool {
        self.send(Piece::End(at, how, trailers)).await;
        self.task.await.unwrap_or(false)
    }

    /// There is nothing to keep. Waits until nothing is left of it.
    pub(crate) async fn forget(self) {
        drop(self.to);
        // Whether it failed makes no difference.
        let _ = self.task.await;
    }

    async fn send(&self, piece: Piece) {
        // The task ends after us, or it has failed, and its end says so.
        let _ = self.to.send(piece).await;
    }
}

async fn take(mut taking: Taking, mut pieces: Receiver<Piece>) -> bool {
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Head(at, status, headers) => taking.head(at, status, &headers),
            Piece::Data(at, bytes) => taking.data(at, &bytes),
            Piece::End(at, how, trailers) => return taking.end(at, how, &trailers).await,
        }
    }
    false
}
