//! Binding: one port, before anything runs.

use crate::options::Options;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};

/// Connections that may wait to be accepted; the usual 1,024 makes thousands of clients retry their SYN.
const BACKLOG: u32 = 4096;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else has the port.
    #[error("port {} on {} is taken: stop the other program, or choose another port (0 takes a free one)", .0.port(), .0.ip())]
    PortTaken(SocketAddr),
    /// The address is not loopback, and nobody said that it may be.
    #[error(
        "{0} is not a loopback address: other machines could reach this server; allow that explicitly if it is meant"
    )]
    Public(std::net::IpAddr),
    /// Others may reach the address, and nothing guards the admin API.
    #[error(
        "{0} is reachable from other machines: set an admin token, since the admin API shows every request"
    )]
    Unguarded(std::net::IpAddr),
    /// Listening failed for another reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// An admission needs TLS, and TLS is off.
    #[error("the admission `unknown_ca` needs a server with TLS")]
    NeedsTls,
    /// The local CA could not be made.
    #[error("cannot make the TLS certificate: {0}")]
    Tls(String),
    /// The CA certificate could not be written.
    #[error("cannot write the CA certificate to {path}: {source}")]
    CaFile {
        /// Where to.
        path: std::path::PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Binds and listens.
pub(crate) fn bind(options: &Options) -> Result<TcpListener, StartError> {
    let address = options.address;
    if !options.public && !address.ip().is_loopback() {
        return Err(StartError::Public(address.ip()));
    }
    if options.admin_token.is_none() && !address.ip().is_loopback() {
        return Err(StartError::Unguarded(address.ip()));
    }
    listen(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken(address),
        _ => StartError::Listen { address, source },
    })
}

pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Unix this lets a restarted server have its port back at once; two live servers still cannot share it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
