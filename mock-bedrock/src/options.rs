//! Settings of a server.

use crate::auth::SigV4;
use crate::cassettes::CassetteReader;
use crate::journal::Listener;
use faultline_scenarios::admission::Admission;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a server. The default is right for tests: loopback, a free port, no TLS.
#[derive(Clone)]
pub struct Options {
    /// Where to listen. Port 0 takes a free one.
    pub address: SocketAddr,
    /// Whether an address that others can reach is allowed; it also needs `admin_token`.
    pub public: bool,
    /// Whether to speak TLS too, on the same port, with a certificate for localhost, 127.0.0.1 and ::1.
    pub tls: bool,
    /// Where to write the CA certificate (PEM) that clients must trust; needs `tls`.
    pub ca_path: Option<PathBuf>,
    /// The seed of request ids.
    pub seed: u64,
    /// How many finished exchanges are remembered, and how many events of connections.
    pub journal: usize,
    /// The longest request body in bytes.
    pub body_limit: usize,
    /// How long a graceful stop waits for running answers.
    pub grace: Duration,
    /// What admin requests must show in the header `x-faultline-token`.
    pub admin_token: Option<String>,
    /// Who may ask; `None`: everybody, signed or not.
    pub auth: Option<SigV4>,
    /// What goes wrong with connections. A scenario's own `admission` belongs here when it is served alone.
    pub admission: Vec<Admission>,
    /// Who reads the cassettes that sessions are given through the admin API; `None`: they are given none.
    pub cassettes: Option<Arc<dyn CassetteReader>>,
    /// Called with every exchange when it is over, on the answering task: must not block.
    pub listeners: Vec<Listener>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            public: false,
            tls: false,
            ca_path: None,
            seed: 0,
            journal: 10_000,
            // The service model allows InvokeModel bodies of 25,000,000 bytes; a little more is let through.
            body_limit: 32 * 1024 * 1024,
            grace: Duration::from_secs(1),
            admin_token: None,
            auth: None,
            admission: Vec::new(),
            cassettes: None,
            listeners: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("address", &self.address)
            .field("public", &self.public)
            .field("tls", &self.tls)
            .field("ca_path", &self.ca_path)
            .field("seed", &self.seed)
            .field("journal", &self.journal)
            .field("body_limit", &self.body_limit)
            .field("grace", &self.grace)
            .field("auth", &self.auth)
            .field("admission", &self.admission)
            .finish_non_exhaustive()
    }
}
