//! Tools of MCP servers, through the official SDK: over streamable HTTP, over standard input and output, or over any pair
//! of streams.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock};
use rmcp::service::{ClientInitializeError, RoleClient, RunningService, ServiceError, serve_client};
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
};
use serde_json::{Map, Value};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};

use super::described::{Described, answered_by_about, with_policy_in_about};
use super::http::{HttpPool, HttpToolError, absolute, secret};
use super::mcp_http::McpHttp;
#[cfg(unix)]
use super::process::{Kept, Order, start};
#[cfg(unix)]
use super::sandbox::Sandbox;
use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy};

/// Why an MCP server is of no use.
#[derive(Debug, Error)]
pub enum McpError {
    /// It was not started.
    #[error("the MCP server was not started: {0}")]
    NotStarted(String),
    /// It did not agree on a protocol.
    #[error("the MCP server cannot be talked to: {0}")]
    Handshake(String),
    /// There cannot be a server there.
    #[error(transparent)]
    Address(#[from] HttpToolError),
    /// It does not say which tools it has.
    #[error("the MCP server does not list its tools: {0}")]
    List(String),
}

/// How long a server behind HTTP may take to agree on a protocol.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// An MCP server that is talked to. Clones share it; with the last one, and the last of its tools, it ends.
#[derive(Clone)]
pub struct McpServer(Arc<Connection>);

struct Connection {
    service: RunningService<RoleClient, ()>,
    /// Killed when it is dropped.
    #[cfg(unix)]
    _process: Option<Kept>,
}

impl McpServer {
    /// A server at the other end of two streams, after the handshake (`initialize`).
    ///
    /// # Errors
    /// [`McpError::Handshake`].
    pub async fn over<R, W>(read: R, write: W) -> Result<Self, McpError>
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let service = serve_client((), (read, write)).await;
        let service = service.map_err(handshake)?;
        Ok(Self(Arc::new(Connection {
            service,
            #[cfg(unix)]
            _process: None,
        })))
    }

    /// A server behind streamable HTTP, after the handshake. Headers go with every request; their values are treated as
    /// secrets. A session that the server has forgotten (404) is opened anew, once for each request, and the request is
    /// sent again: it was not taken. Redirects are not followed.
    ///
    /// # Errors
    /// [`McpError::Address`], [`McpError::Handshake`]; neither holds a header's value.
    pub async fn connect(pool: HttpPool, url: &str, headers: &[(&str, &str)]) -> Result<Self, McpError> {
        absolute(url)?;
        let headers = headers.iter().map(|(name, value)| secret(name, value)).collect::<Result<_, _>>()?;
        let config = StreamableHttpClientTransportConfig::with_uri(url);
        let transport = StreamableHttpClientTransport::with_client(McpHttp { pool, headers }, config);
        let service = tokio::time::timeout(HANDSHAKE, serve_client((), transport)).await;
        let service = service.map_err(|_| McpError::Handshake(format!("nothing came for {HANDSHAKE:?}")))?;
        let service = service.map_err(handshake)?;
        Ok(Self(Arc::new(Connection {
            service,
            #[cfg(unix)]
            _process: None,
        })))
    }

    /// Starts a server that speaks over standard input and output, within walls as those of a subprocess. Limits are
    /// those of its whole life, not of a call; what it writes to standard error is dropped.
    ///
    /// # Errors
    /// [`McpError`].
    #[cfg(unix)]
    pub async fn start<S: Into<String>>(
        command: impl IntoIterator<Item = S>,
        environment: impl IntoIterator<Item = (S, S)>,
        sandbox: Sandbox,
    ) -> Result<Self, McpError> {
        let command = command.into_iter().map(Into::into).collect();
        let environment = environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let order = Order { command, environment, folder: None, sandbox };
        let (read, write, process) = match start(order).await.map(super::process::Process::into_streams) {
            Ok(Some(streams)) => streams,
            Ok(None) => return Err(McpError::NotStarted("it has no streams".to_owned())),
            Err(why) => return Err(McpError::NotStarted(why)),
        };
        let service = serve_client((), (read, write)).await;
        let service = service.map_err(handshake)?;
        Ok(Self(Arc::new(Connection { service, _process: Some(process) })))
    }

    /// The server's tools, as it lists them now. What it says of their harmlessness is not believed: each is a write
    /// until it is given another policy.
    ///
    /// # Errors
    /// [`McpError::List`].
    pub async fn tools(&self) -> Result<Vec<McpTool>, McpError> {
        let listed = self.0.service.peer().list_all_tools().await;
        let listed = listed.map_err(|error| McpError::List(said(&error)))?;
        Ok(listed.into_iter().map(|tool| McpTool::new(self.clone(), tool)).collect())
    }
}

impl std::fmt::Debug for McpServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("McpServer")
    }
}

/// A tool of an MCP server.
#[derive(Debug, Clone)]
pub struct McpTool {
    server: McpServer,
    about: Described,
    remote: Cow<'static, str>,
}

impl McpTool {
    fn new(server: McpServer, tool: rmcp::model::Tool) -> Self {
        let described = tool.description.map(Cow::into_owned).filter(|text| !text.trim().is_empty());
        // Bedrock wants a description, MCP does not.
        let description = described.or(tool.title).unwrap_or_else(|| tool.name.to_string());
        let schema = Value::Object(tool.input_schema.as_ref().clone());
        let about = Described::new(tool.name.to_string(), description, schema);
        Self { server, about, remote: tool.name }
    }

    /// The same tool under another name, where the server's is one that Bedrock refuses, or is taken.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.about.name = name.into();
        self
    }

    with_policy_in_about!();
}

impl Tool for McpTool {
    answered_by_about!();

    fn run<'a>(&'a self, input: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let call = CallToolRequestParams::new(self.remote.clone()).with_arguments(input.clone());
            match self.server.0.service.peer().call_tool(call).await {
                Ok(result) => output(result),
                Err(ServiceError::McpError(error)) => Err(ToolError::new(error.message)),
                Err(error) => {
                    Err(ToolError::transient(format!("The MCP server did not answer: {}.", said(&error))))
                }
            }
        })
    }
}

/// What went wrong on the way, without the SDK's names for its types.
fn said(error: &ServiceError) -> String {
    match error {
        ServiceError::TransportSend(way) => way.error.to_string(),
        other => other.to_string(),
    }
}

fn handshake(error: ClientInitializeError) -> McpError {
    McpError::Handshake(match error {
        ClientInitializeError::TransportError { error, .. } => error.error.to_string(),
        other => other.to_string(),
    })
}

/// A result as an output: the structured content where it is an object, otherwise the texts. What is not text is
/// named, not shown.
fn output(result: CallToolResult) -> Result<ToolOutput, ToolError> {
    let text = result.content.iter().map(shown).collect::<Vec<_>>().join("\n");
    match (result.is_error, result.structured_content) {
        (Some(true), _) => Err(ToolError::new(text)),
        (_, Some(Value::Object(members))) => Ok(ToolOutput::Json(Value::Object(members))),
        _ => Ok(ToolOutput::Text(text)),
    }
}

fn shown(block: &ContentBlock) -> &str {
    match block {
        ContentBlock::Text(text) => &text.text,
        ContentBlock::Image(_) => "(an image)",
        ContentBlock::Audio(_) => "(a sound)",
        _ => "(a resource)",
    }
}
