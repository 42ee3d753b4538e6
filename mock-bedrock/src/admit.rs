//! A connection that something is done to: acts on a [`Treatment`] before HTTP begins.
//!
//! What it decides not: the gate did. Farewells, which come after answers, are the connection's.

use crate::connection::{Door, Guest, http, stopped};
use crate::tls::Identity;
use crate::writer;
use faultline_scenarios::admission::{AdmissionKind, Entry};
use faultline_scenarios::span::Span;
use socket2::SockRef;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

impl Door {
    /// Serves an accepted socket as its treatment wants it.
    pub(crate) async fn admit(mut self, tcp: TcpStream, guest: Guest) {
        let wait = guest.treatment.wait;
        if !wait.is_zero() {
            self.did(guest, AdmissionKind::SlowAccept(Span(wait)));
            tokio::select! {
                () = writer::pause(wait) => {}
                () = stopped(&mut self.stop) => return,
            }
        }
        match guest.treatment.entry {
            Entry::Open => {
                if let Some(door) = self.fitted_for(guest, &tcp) {
                    door.serve(tcp).await;
                }
            }
            Entry::Refused => {
                self.did(guest, AdmissionKind::Refuse);
                reset(tcp);
            }
            Entry::Silent => self.swallow(tcp, guest).await,
        }
    }

    fn did(&self, guest: Guest, kind: AdmissionKind) {
        self.house.gate.did(guest.number, kind, None);
    }

    /// The door with the settings that the guest shall see; none when they cannot be had.
    fn fitted_for(mut self, guest: Guest, tcp: &TcpStream) -> Option<Self> {
        let treatment = guest.treatment;
        if treatment.max_streams.or(treatment.window).is_some() {
            self.http = Arc::new(http(treatment.max_streams, treatment.window));
        }
        if let Some(count) = treatment.max_streams {
            self.did(guest, AdmissionKind::MaxStreams(count));
        }
        if let Some(bytes) = treatment.window {
            narrow(tcp, bytes);
            self.did(guest, AdmissionKind::Window(bytes));
        }
        if treatment.unknown_ca && self.tls.is_some() {
            let identity =
                Identity::unknown().inspect_err(|error| tracing::warn!(%error, "no unknown CA")).ok()?;
            self.tls = Some(identity.acceptor);
        }
        self.guest = Some(guest);
        Some(self)
    }

    /// Silence: until the client leaves or the server stops.
    async fn swallow(mut self, mut tcp: TcpStream, guest: Guest) {
        self.did(guest, AdmissionKind::BlackHole);
        tokio::select! {
            end = drained(&mut tcp) => {
                let end = end.err().map_or_else(|| "closed the connection".to_owned(), |error| error.to_string());
                self.house.gate.did(guest.number, AdmissionKind::BlackHole, Some(end));
            }
            () = stopped(&mut self.stop) => {}
        }
    }
}

/// Reads until the client closes.
async fn drained(tcp: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 4096];
    while tcp.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Makes the receive buffer small. The kernel rounds up; where it refuses, HTTP/2's own window still holds.
fn narrow(tcp: &TcpStream, bytes: u32) {
    let _ = SockRef::from(tcp).set_recv_buffer_size(usize::try_from(bytes).unwrap_or(usize::MAX));
}

/// RST instead of FIN: closing without lingering throws the connection away.
fn reset(tcp: TcpStream) {
    if let Err(error) = SockRef::from(&tcp).set_linger(Some(Duration::ZERO)) {
        tracing::warn!(%error, "no reset: the socket closes as usual");
    }
    drop(tcp);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_narrow_socket_has_a_small_receive_buffer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, accepted) =
            tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (_client, tcp) = (client.unwrap(), accepted.unwrap().0);
        let before = SockRef::from(&tcp).recv_buffer_size().unwrap();
        narrow(&tcp, 1000);
        let after = SockRef::from(&tcp).recv_buffer_size().unwrap();
        // The least size differs between systems: 2,304 bytes on Linux (socket(7)).
        assert!(after < before.min(10_000), "{before} became {after}");
    }
}
