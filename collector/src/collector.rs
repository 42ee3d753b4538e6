//! A running collector: two listeners, one store.

use crate::clock::Clock;
use crate::counts::{Counters, Counts};
use crate::intake::{Intake, Limits};
use crate::live::{self, Live};
use crate::receive::{grpc, http};
use crate::store::{Keep, Place, Store, StoreError};
use axum::Router;
use rusqlite::Connection;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How a collector is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where gRPC is listened for; port 0 takes a free one.
    pub grpc: SocketAddr,
    /// Where HTTP is listened for; port 0 takes a free one.
    pub http: SocketAddr,
    /// Where everything is kept.
    pub place: Place,
    /// How much of it.
    pub keep: Keep,
    /// How much may be on its way.
    pub limits: Limits,
    /// What time it is.
    pub clock: Clock,
}

/// Why a collector cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nobody can listen there.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How long requests that are under way are waited for at the end.
const FAREWELL: Duration = Duration::from_secs(5);

/// A running collector. Dropped without [`Collector::stop`], it ends at once.
#[derive(Debug)]
pub struct Collector {
    grpc: SocketAddr,
    http: SocketAddr,
    intake: Arc<Intake>,
    stop: watch::Sender<bool>,
    servers: JoinSet<io::Result<()>>,
    store: JoinHandle<()>,
}

impl Collector {
    /// Starts one on the runtime that it is called on.
    ///
    /// # Errors
    /// When it cannot listen or the store cannot be opened.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let grpc = listen(options.grpc).await?;
        let http = listen(options.http).await?;
        let counters = Arc::new(Counters::default());
        let (store, thread) =
            Store::open(&options.place, options.keep, options.clock.clone(), counters.clone())?;
        let intake = Arc::new(Intake::new(store, counters, options.limits));
        let (stop, stopped) = watch::channel(false);
        let mut servers = JoinSet::new();
        let local = |listener: &TcpListener, asked| {
            listener.local_addr().map_err(|why| StartError::Listen(asked, why))
        };
        let (grpc_at, http_at) = (local(&grpc, options.grpc)?, local(&http, options.http)?);
        servers.spawn(serve(grpc, grpc::router(intake.clone()), stopped.clone()));
        let live = Live::new(options.place, intake.store.clone(), intake.counters.clone(), stopped.clone());
        let metrics = live::metrics(live.clone(), options.clock);
        let router = http::router(intake.clone()).merge(live::router(live)).merge(metrics);
        servers.spawn(serve(http, router, stopped));
        Ok(Self { grpc: grpc_at, http: http_at, intake, stop, servers, store: thread })
    }

    /// Where gRPC is listened for.
    #[must_use]
    pub fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// Where HTTP is listened for.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// What has become of everything so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.intake.counters.read()
    }

    /// Asks the store something, on its thread: it sees everything that was acknowledged. While it is answered, nothing is
    /// written.
    ///
    /// # Errors
    /// When the store is too busy, or the question fails.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.intake.store.ask(question).await
    }

    /// Ends it: what is under way is answered, what was taken is written. What came of everything.
    pub async fn stop(mut self) -> Counts {
        // Nobody listens any more only when both servers have ended already.
        let _ = self.stop.send(true);
        let ended = async { while self.servers.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, ended).await.is_err() {
            self.servers.shutdown().await;
        }
        let counters = self.intake.counters.clone();
        drop(self.intake);
        let store = self.store;
        // The store ends when the last connection has let go of it. A thread that panicked has said so.
        let _ = tokio::time::timeout(FAREWELL, tokio::task::spawn_blocking(move || store.join())).await;
        counters.read()
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|why| StartError::Listen(address, why))
}

async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
    let until = async move {
        // Who held the other end is gone: that is a stop, too.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, router).with_graceful_shutdown(until).await
}
