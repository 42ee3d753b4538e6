//! What the reference agent gets beside its three small tools: MCP servers, a database, a ledger and an audit log.
//!
//! URLs and headers hold secrets: none is printed.

use crate::exit::Failure;
use faultline_agent::Toolbox;
use faultline_agent::tools::sql::{SqlPool, SqlQuery, SqlSettings, tables};
use faultline_agent::tools::{
    AuditLog, FileLedger, HttpPool, McpError, McpServer, McpTool, ProcessLimits, Sandbox,
};
use std::collections::HashSet;
use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// The variables that a server's command gets. Keys are not among them.
const PASSED_ON: [&str; 6] = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "VIRTUAL_ENV"];

/// More tools, and what is kept of their calls.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ToolkitArgs {
    /// An MCP server whose tools the model gets: the URL of one that is there, or a command for `sh` that starts one and
    /// speaks over standard input and output. May be given more than once.
    #[arg(long, value_name = "URL|COMMAND")]
    mcp: Vec<String>,
    /// A header for the MCP server behind the URL, as `authorization: Bearer …`. May be given more than once.
    #[arg(long, env = "FAULTLINE_MCP_HEADER", hide_env_values = true, value_name = "NAME: VALUE")]
    mcp_header: Vec<String>,
    /// A database that the model may read and not change: a file of SQLite, postgres://USER:PASSWORD@HOST/NAME, or a
    /// script (`….sql`) that makes one in memory.
    #[arg(long, env = "FAULTLINE_SQL", hide_env_values = true, value_name = "URL")]
    sql: Option<String>,
    /// Keep in this file which writes have begun and ended, so that none is executed twice, also after a crash; go on
    /// with `--session`.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Append every tool call to this file, as a chain of hashes.
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
}

impl ToolkitArgs {
    /// The tools with all that is asked for; `scope` names the conversation to the ledger. What is opened here belongs to
    /// the runtime that it is opened on.
    ///
    /// # Errors
    /// When a server or database cannot be reached, or a file cannot be opened.
    pub(crate) async fn add(&self, toolbox: Toolbox, scope: &str) -> Result<Toolbox, Failure> {
        let toolbox = self.with_mcp(toolbox).await?;
        let mut toolbox = self.with_sql(toolbox).await?;
        if let Some(path) = &self.ledger {
            let told = |why| Failure::usage(format!("{}: {why}", path.display()));
            toolbox = toolbox.with_ledger(Arc::new(FileLedger::open(path).map_err(told)?), scope);
        }
        if let Some(path) = &self.audit {
            let told = |why| Failure::usage(format!("{}: {why}", path.display()));
            toolbox = toolbox.with_audit(Arc::new(AuditLog::open(path, SystemTime::now).map_err(told)?));
        }
        Ok(toolbox)
    }

    async fn with_sql(&self, toolbox: Toolbox) -> Result<Toolbox, Failure> {
        let Some(url) = &self.sql else { return Ok(toolbox) };
        let pool = if url.ends_with(".sql") {
            let script =
                std::fs::read_to_string(url).map_err(|why| Failure::usage(format!("--sql: {why}")))?;
            SqlPool::in_memory(script, SqlSettings::default()).await
        } else {
            SqlPool::open(url, SqlSettings::default()).await
        };
        let pool = pool.map_err(|why| Failure::usage(format!("--sql: {why}")))?;
        let tables = tables(pool.clone()).map_err(Failure::own)?;
        let both = toolbox.with(tables).and_then(|toolbox| toolbox.with(SqlQuery::new(pool)));
        both.map_err(Failure::usage)
    }

    async fn with_mcp(&self, mut toolbox: Toolbox) -> Result<Toolbox, Failure> {
        let headers = self.headers()?;
        for (nth, server) in (1..).zip(&self.mcp) {
            let told = |why: McpError| Failure::usage(format!("--mcp, number {nth}: {}", said(why)));
            let connected = if is_url(server) {
                let pool = HttpPool::new().map_err(Failure::own)?;
                McpServer::connect(pool, server, &headers).await
            } else {
                start(server).await
            };
            let tools = connected.map_err(told)?.tools().await.map_err(told)?;
            toolbox = with_all(toolbox, tools)?;
        }
        Ok(toolbox)
    }

    /// A token goes to one server: which of several is meant, nobody has said.
    fn headers(&self) -> Result<Vec<(&str, &str)>, Failure> {
        if self.mcp_header.is_empty() || self.mcp.is_empty() {
            return Ok(Vec::new());
        }
        if self.mcp.iter().filter(|server| is_url(server)).count() != 1 {
            return Err(Failure::usage("--mcp-header goes with one URL of --mcp"));
        }
        let parted = self.mcp_header.iter().map(|header| {
            let (name, value) = header.split_once(':')?;
            Some((name.trim(), value.trim()))
        });
        parted.collect::<Option<_>>().ok_or_else(|| Failure::usage("--mcp-header: write NAME: VALUE"))
    }
}

fn is_url(server: &str) -> bool {
    server.starts_with("http://") || server.starts_with("https://")
}

/// The SDK's own words, but no address: one that is none may hold a password.
fn said(error: McpError) -> String {
    match error {
        McpError::Address(_) => "the URL or a header of it is none".to_owned(),
        other => other.to_string(),
    }
}

/// The user's own program, with the user's files and network, and no limits: it may run for days.
async fn start(command: &str) -> Result<McpServer, McpError> {
    let limits = ProcessLimits { cpu: None, memory: None, file_size: None, ..ProcessLimits::default() };
    let sandbox = Sandbox { limits, network: true, best_effort: true, ..Sandbox::default() };
    let known = PASSED_ON.iter().filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?)));
    let words = ["/bin/sh", "-c", command].map(str::to_owned);
    McpServer::start(words, known, sandbox).await
}

/// Adds tools under names that Bedrock takes and that are free.
fn with_all(mut toolbox: Toolbox, tools: Vec<McpTool>) -> Result<Toolbox, Failure> {
    for tool in tools {
        let taken: HashSet<&str> = toolbox.names().collect();
        let name = free(faultline_agent::Tool::name(&tool), &taken);
        toolbox = toolbox.with(tool.with_name(name)).map_err(Failure::usage)?;
    }
    Ok(toolbox)
}

/// The name with `_` for what is illegal, and a number where it is taken.
fn free(name: &str, taken: &HashSet<&str>) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let legal: String = name.chars().map(legal).take(60).collect();
    let mut names = (2..).map(|nth| format!("{legal}_{nth}"));
    let first = std::iter::once(legal.clone()).filter(|name| !name.is_empty());
    first.chain(&mut names).find(|name| !taken.contains(name.as_str())).unwrap_or(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_gets_a_name_that_bedrock_takes_and_that_is_free() {
        let check = |name: &str, expected: &str| {
            assert_eq!(free(name, &HashSet::from(["taken", "taken_2"])), expected, "{name}");
        };
        check("orders.find-one", "orders_find-one");
        check("taken", "taken_3");
        check("é", "_");
        check(&"x".repeat(90), &"x".repeat(60));
    }

    #[test]
    fn a_header_is_a_name_and_a_value_for_one_server() {
        let headers = |mcp: &[&str], header: &str| {
            let mcp = mcp.iter().map(|it| (*it).to_owned()).collect();
            let args = ToolkitArgs { mcp, mcp_header: vec![header.to_owned()], ..ToolkitArgs::default() };
            args.headers().map(|headers| format!("{headers:?}")).map_err(|_| ())
        };
        assert_eq!(headers(&["http://a", "b"], "a: b:c"), Ok("[(\"a\", \"b:c\")]".to_owned()));
        assert_eq!(headers(&["http://a"], "none"), Err(()));
        assert_eq!(headers(&["http://a", "http://b"], "a: b"), Err(()));
        assert_eq!(headers(&["program"], "a: b"), Err(()));
        assert_eq!(headers(&[], "a: b"), Ok("[]".to_owned()), "a variable may be set for another day");
    }
}
