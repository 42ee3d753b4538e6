//! `faultline tools`: the scripted tools of scenarios, over plain HTTP and MCP, with every effect counted.

use crate::exit::{Exit, Failure};
use crate::output::{Reader, complain, counted, print};
use crate::serving::runtime;
use crate::source::SourceArgs;
use crate::toolbox::{effects, gather, serve};
use faultline_mock_bedrock::ToolServer;
use faultline_mock_bedrock::tools::stdio::{self, Ended};
use faultline_scenarios::Scenario;
use faultline_scenarios::seed::Seed;
use faultline_scenarios::tool_script::ToolScript;
use faultline_scenarios::tool_stub::ToolStub;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::io::{BufReader, stdin, stdout};
use tokio::signal::unix::{SignalKind, signal};

/// Which tools and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Only the tools of the scenario of this name.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 0, conflicts_with = "stdio")]
    port: u16,
    /// Speak MCP on standard input and output, as an MCP client starts it.
    #[arg(long)]
    stdio: bool,
}

/// Serves until stopped, then says what the calls have caused.
///
/// # Errors
/// When a scenario has problems, no tool is scripted, two scenarios script one differently, or the port is taken.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let book = args.source.book()?;
    let seed = book.scenarios.first().map_or(0, |scenario| scenario.file.seed);
    let stub = Arc::new(ToolStub::new(tools(args, &book.scenarios)?, &Seed::new(seed), book.speed));
    let runtime = runtime()?;
    let exit = runtime.block_on(async {
        if args.stdio { over_stdio(&stub).await } else { over_http(args.port, &stub).await }
    })?;
    // A read of standard input that is under way would hold us up until its end.
    runtime.shutdown_background();
    effects(&stub).iter().for_each(|line| complain(line));
    Ok(exit)
}

/// The tools of the scenarios that are asked for.
fn tools(args: &Args, scenarios: &[Arc<Scenario>]) -> Result<BTreeMap<String, ToolScript>, Failure> {
    let wanted = |scenario: &&Arc<Scenario>| args.only.as_ref().is_none_or(|name| *scenario.name == **name);
    let tools = gather(scenarios.iter().filter(wanted))
        .map_err(|clash| Failure::usage(format!("{clash}: name one with `--only`")))?;
    if tools.is_empty() {
        let which = args.only.as_ref().map_or_else(
            || "none of these scenarios has".to_owned(),
            |name| format!("no scenario `{name}` here has"),
        );
        return Err(Failure::usage(format!("{which} `tools`")));
    }
    Ok(tools)
}

async fn over_http(port: u16, stub: &Arc<ToolStub>) -> Result<Exit, Failure> {
    let listen = |kind| signal(kind).map_err(Failure::own);
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let server = serve(Arc::clone(stub), port)?;
    if print(&said(&server))? == Reader::There {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
    Ok(Exit::Pass)
}

fn said(server: &ToolServer) -> String {
    let (url, tools) = (server.url(), server.stub().tools());
    let mut lines = vec![
        format!("faultline serves {} at {url}", counted(tools.len(), "tool")),
        format!("  MCP:      {url}/mcp"),
        format!("  effects:  {url}/effects"),
    ];
    lines.extend(tools.keys().map(|name| format!("  POST {url}/tools/{name}")));
    lines.join("\n") + "\n"
}

async fn over_stdio(stub: &Arc<ToolStub>) -> Result<Exit, Failure> {
    let ended =
        stdio::serve(Arc::clone(stub), BufReader::new(stdin()), stdout()).await.map_err(Failure::own)?;
    Ok(if ended == Ended::ByClient { Exit::Pass } else { Exit::TestFailed })
}
