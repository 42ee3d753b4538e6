//! One connection: plain or TLS, through hyper, to its end; then the ending that took the socket acts.

use crate::control::{Control, Last};
use crate::frames;
use crate::handler;
use crate::house::House;
use crate::socket::{FaultIo, Kept, Transport, has_unsent};
use crate::writer;
use faultline_scenarios::admission::{AdmissionKind, Farewell, Treatment};
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

/// The error code of an ending without error (RFC 9113, section 7).
const NO_ERROR: u32 = 0;

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
    /// Whom it is for, where something is done to the connection.
    pub(crate) guest: Option<Guest>,
}

/// A connection that something is done to.
#[derive(Clone, Copy)]
pub(crate) struct Guest {
    /// Which connection of the server, from 1.
    pub(crate) number: u64,
    /// What is done to it.
    pub(crate) treatment: Treatment,
}

/// hyper's settings. Many streams a connection, unless `max_streams` says how many; nothing that allocates per stream.
/// `window` is what clients may send ahead in bytes, of a stream and of the connection.
pub(crate) fn http(max_streams: Option<u32>, window: Option<u32>) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http2()
        .initial_stream_window_size(window)
        .initial_connection_window_size(window)
        .max_concurrent_streams(max_streams.unwrap_or(4096))
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
            Some(tls) if is_tls(&tcp).await => {
                let shaken = tls.accept(tcp).await;
                self.note_handshake(shaken.as_ref().err());
                match shaken {
                    Ok(stream) => self.converse(stream).await,
                    Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
                }
            }
            _ => self.converse(tcp).await,
        }
    }

    /// A client that met an unknown CA: did it look?
    fn note_handshake(&self, error: Option<&std::io::Error>) {
        let Some(guest) = self.guest.filter(|guest| guest.treatment.unknown_ca) else { return };
        let client = error.map_or_else(|| "went on all the same".to_owned(), ToString::to_string);
        self.house.gate.did(guest.number, AdmissionKind::UnknownCa, Some(client));
    }

    async fn converse<T: Transport>(self, io: T) {
        let farewell = self.guest.and_then(|guest| Some((guest.number, guest.treatment.farewell?)));
        let house = farewell.map(|_| Arc::clone(&self.house));
        let control = Arc::new(if farewell.is_some() { Control::counting() } else { Control::default() });
        let kept = Kept::default();
        let io = FaultIo::new(io, Arc::clone(&control), Arc::clone(&kept));
        self.speak(if farewell.is_some() { io.until_idle() } else { io }, &control).await;
        let Some(socket) = kept.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        if let Some(last) = control.take_last() {
            conclude(last, socket, control.newest_stream()).await;
        } else if let (Some((number, farewell)), Some(house)) = (farewell, house) {
            house.gate.did(number, farewell.kind(), None);
            part(farewell, socket, control.newest_stream()).await;
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
async fn conclude<T: Transport>(mut last: Last, socket: T, newest_stream: u32) {
    last.recording.play_end();
    match last.ending {
        Ending::Reset => {
            sent(&socket).await;
            if let Err(error) = SockRef::from(socket.tcp()).set_linger(Some(Duration::ZERO)) {
                tracing::warn!(%error, "no reset: the socket refuses to drop its bytes");
            }
        }
        Ending::Goaway { code, covers } => {
            go_away(socket, if covers { newest_stream } else { 0 }, code).await;
        }
        _ => close(socket).await,
    }
}

/// Ends an idle connection. Only over HTTP/2 is there a stream to speak of.
async fn part<T: Transport>(farewell: Farewell, socket: T, newest_stream: u32) {
    match farewell {
        Farewell::Goaway if newest_stream > 0 => go_away(socket, newest_stream, NO_ERROR).await,
        _ => close(socket).await,
    }
}

/// GOAWAY, then FIN.
async fn go_away<T: Transport>(mut socket: T, last_stream: u32, code: u32) {
    let frame = frames::goaway(last_stream, code);
    let _ = writer::within(LINGER, socket.write_all(&frame)).await;
    close(socket).await;
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
