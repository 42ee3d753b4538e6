//! The tool server: scripted tools over plain HTTP and as an MCP server, with every effect counted.
//!
//! It shares a port with nobody and knows nothing of Bedrock. What a call returns is decided by
//! [`ToolStub`]; here it is rendered and played.
//!
//! | request | answer |
//! |---|---|
//! | `POST /tools/NAME` with JSON input | what the tool returns |
//! | `POST /mcp` | MCP, streamable HTTP (JSON answers) |
//! | `GET /tools` | the tools: name, description, inputSchema, annotations |
//! | `GET /effects` | `[{"tool", "key", "count"}]` |
//! | `POST /reset` | forgets every call |
//!
//! A call is named by the header `idempotency-key`, else `x-tool-use-id`; over MCP by `idempotencyKey` or `toolUseId` in
//! `_meta`. Where there is none, the same tool with the same input is the same call.
//!
//! `/mcp` and `/reset` refuse web pages of other machines.

mod http_api;
mod http_form;
pub mod mcp;
mod play;
mod png;
pub mod stdio;

use crate::listener::{StartError, listen};
use crate::writer;
use faultline_scenarios::tool_stub::ToolStub;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use socket2::{SockRef, Socket};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// How long to wait after a failed accept.
const BREATH: Duration = Duration::from_millis(20);

/// A running tool server. It stops when it is dropped.
#[derive(Debug)]
pub struct ToolServer {
    stub: Arc<ToolStub>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl ToolServer {
    /// Starts a server on a loopback address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address is not loopback, or the port cannot be had.
    pub fn start(address: SocketAddr, stub: Arc<ToolStub>) -> Result<Self, StartError> {
        if !address.ip().is_loopback() {
            return Err(StartError::Public(address.ip()));
        }
        let failed = |source| StartError::Listen { address, source };
        let listener = listen(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let accepting = tokio::spawn(accept(listener, Arc::clone(&stub)));
        Ok(Self { stub, address, accepting })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Its URL; tools are below `/tools/`, MCP is at `/mcp`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The tools and what has been done with them.
    pub fn stub(&self) -> &ToolStub {
        &self.stub
    }
}

impl Drop for ToolServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, stub: Arc<ToolStub>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => drop(connections.spawn(serve(tcp, Arc::clone(&stub)))),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    writer::pause(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection. A planned reset needs the socket after hyper has dropped it, so a second handle of it is kept.
async fn serve(tcp: TcpStream, stub: Arc<ToolStub>) {
    let _ = tcp.set_nodelay(true);
    let handle: Option<Arc<Socket>> = SockRef::from(&tcp).try_clone().ok().map(Arc::new);
    let service = service_fn(|request| http_api::serve(Arc::clone(&stub), handle.clone(), request));
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(tcp), service).await {
        tracing::debug!(%error, "a connection of a tool broke off");
    }
}

/// The tools as both protocols list them.
fn listed(stub: &ToolStub) -> Vec<Value> {
    let one = |(name, script): (&String, &faultline_scenarios::tool_script::ToolScript)| {
        let schema = script
            .input_schema
            .clone()
            .map_or_else(|| serde_json::json!({ "type": "object" }), Value::Object);
        serde_json::json!({
            "name": name,
            "description": script.description.as_deref().unwrap_or(name),
            "inputSchema": schema,
            // MCP, "Tool annotations": whether calling it again with the same arguments changes nothing more.
            "annotations": { "idempotentHint": script.idempotent },
        })
    };
    stub.list().iter().map(one).collect()
}
