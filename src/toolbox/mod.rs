//! The scripted tools of scenarios beside a command: served, named in its environment, and told of at the end.
//!
//! | module | holds |
//! |---|---|
//! | `gather` | the tools of several scenarios as one set: pure |
//! | `words` | what a tool does, in words: pure |
//!
//! What a tool does is decided by `scenarios`, and played by `mock-bedrock`.

mod gather;
mod words;

use crate::exit::Failure;
use crate::output::counted;
use faultline_mock_bedrock::ToolServer;
use faultline_scenarios::tool_stub::ToolStub;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

pub(crate) use gather::gather;
pub(crate) use words::words;

/// Where the tools are served: over plain HTTP, and as an MCP server (streamable HTTP).
pub(crate) const VARIABLES: [&str; 2] = ["FAULTLINE_TOOLS_URL", "FAULTLINE_MCP_URL"];

/// The variables that name a tool server's two addresses.
pub(crate) fn variables(url: &str) -> [(&'static str, String); 2] {
    let [http, mcp] = VARIABLES;
    [(http, url.to_owned()), (mcp, format!("{url}/mcp"))]
}

/// Serves tools on loopback; port 0 takes a free one.
///
/// # Errors
/// When the port cannot be had.
pub(crate) fn serve(stub: Arc<ToolStub>, port: u16) -> Result<ToolServer, Failure> {
    Ok(ToolServer::start(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), stub)?)
}

/// What calls have caused, a line each.
pub(crate) fn effects(stub: &ToolStub) -> Vec<String> {
    let line = |effect: faultline_scenarios::tool_stub::Effect| {
        let count = counted(usize::try_from(effect.count).unwrap_or(usize::MAX), "effect");
        format!("{}: {count} for {}", effect.tool, effect.key)
    };
    stub.effects().into_iter().map(line).collect()
}
