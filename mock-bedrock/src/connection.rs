//! One connection: plain or TLS, through hyper, to its end; then the ending that took the socket acts.

use crate::control::{Control, Last};
use crate::frames;
use crate::handler;
use crate::house::House;
use crate::socket::{FaultIo, Kept, Transport, has_unsent};
use crate::writer;
use faultline_scenarios::plan::Ending;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use socket2::SockRef;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// How long a closed connection goes on reading. Closing with unread bytes would turn FIN into RST.
const LINGER: Duration = Duration::from_secs(2);

/// How long a reset waits for a client that does not read what came before.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first byte of a TLS handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What a connection needs from its server.
#[derive(Clone)]
pub(crate) struct Door {
    /// The shared state.
    pub(crate) house: Arc<House>,
    /// hyper, configured.
    pub(crate) http: Arc<Builder<TokioExecutor>>,
    /// TLS, where it is on.
    pub(crate) tls: Option<TlsAcceptor>,
    /// Turns true when the server stops.
    pub(crate) stop: watch::Receiver<bool>,
}

/// hyper's settings. Many streams a connection; nothing that allocates per stream.
pub(crate) fn http() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http2()
        .max_concurrent_streams(4096)
        .max_header_list_size(64 * 1024)
        // Test clients cancel in masses; the guard against rapid resets would close their connection.
        .max_pending_accept_reset_streams(4096)
        .max_local_error_reset_streams(None);
    builder
}

impl Door {
    /// Serves an accepted socket until it closes.
    pub(crate) async fn serve(self, tcp: TcpStream) {
        // Without this, small writes wait for acknowledgements.
        let _ = tcp.set_nodelay(true);
        match &self.tls {
            Some(tls) if is_tls(&tcp).await => match tls.accept(tcp).await {
                Ok(stream) => self.converse(stream).await,
                Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
            },
            _ => self.converse(tcp).await,
        }
    }

    async fn converse<T: Transport>(self, io: T) {
        let control = Arc::new(Control::default());
        let kept = Kept::default();
        self.speak(FaultIo::new(io, Arc::clone(&control), Arc::clone(&kept)), &control).await;
        let socket = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(last), Some(socket)) = (control.take_last(), socket) {
            conclude(last, socket, control.newest_stream()).await;
        }
    }

    /// HTTP until the connection ends, by the client, by a graceful stop or by an ending.
    async fn speak<T: Transport>(mut self, io: FaultIo<T>, control: &Arc<Control>) {
        let service =
            service_fn(|request| handler::serve(Arc::clone(&self.house), Arc::clone(control), request));
        let mut connection = Box::pin(self.http.serve_connection(TokioIo::new(io), service));
        let result = tokio::select! {
            biased;
            result = connection.as_mut() => result,
            () = stopped(&mut self.stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

/// Returns when the server stops.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that the server's handle is gone: that is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn is_tls(tcp: &TcpStream) -> bool {
    let mut first = [0];
    matches!(tcp.peek(&mut first).await, Ok(1)) && first[0] == TLS_HANDSHAKE
}

/// Carries out the ending of a connection. The exchange is in the journal before the client can see it.
async fn conclude<T: Transport>(mut last: Last, mut socket: T, newest_stream: u32) {
    last.recording.play_end();
    match last.ending {
        Ending::Reset => {
            sent(&socket).await;
            if let Err(error) = SockRef::from(socket.tcp()).set_linger(Some(Duration::ZERO)) {
                tracing::warn!(%error, "no reset: the socket refuses to drop its bytes");
            }
        }
        Ending::Goaway { code, covers } => {
            let last_stream = if covers { newest_stream } else { 0 };
            let frame = frames::goaway(last_stream, code);
            let _ = writer::within(LINGER, socket.write_all(&frame)).await;
            close(socket).await;
        }
        _ => close(socket).await,
    }
}

/// Waits until the kernel has sent what it was given: a client that reads slowly still gets every byte.
async fn sent<T: Transport>(socket: &T) {
    let sending = async {
        while has_unsent(socket.tcp()) {
            writer::pause(Duration::from_millis(1)).await;
        }
    };
    if writer::within(PATIENCE, sending).await.is_none() {
        tracing::warn!("the client does not read: bytes before the reset are lost");
    }
}

/// FIN, under TLS with close_notify in front; then reading on until the client closes too.
async fn close<T: Transport>(mut socket: T) {
    let closing = async {
        let mut rest = [0; 4096];
        let _ = socket.shutdown().await;
        while matches!(socket.read(&mut rest).await, Ok(count) if count > 0) {}
    };
    let _ = writer::within(LINGER, closing).await;
}
