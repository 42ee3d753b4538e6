//! What a person can type.

use crate::commands::{
    agent, cassette, check, collect, demo, env, explain, export, grade, import, latency, list, record,
    review, run, serve, tools, top, traces,
};
use crate::logging::Format;
use crate::observe::ObserveArgs;
use crate::telemetry::TelemetryArgs;
use clap::{Parser, Subcommand};

/// Find the faults in your Bedrock agent before production does.
///
/// faultline is a local stand-in for Amazon Bedrock Runtime that is byte-faithful on the wire and fails on
/// command. No AWS account, no credentials.
///
/// Exit codes: 0 pass, 1 the system under test failed, 2 usage, 3 a scenario file has problems, 4 faultline failed.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Our own log on standard error: `info`, `debug`, or a tracing filter.
    #[arg(long, global = true, env = "FAULTLINE_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How that log looks.
    #[arg(
        long,
        global = true,
        env = "FAULTLINE_LOG_FORMAT",
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub(crate) log_format: Format,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve scenarios on loopback until stopped.
    Serve(serve::Args),
    /// Serve scenarios to one command, and judge what it did.
    Run(run::Args),
    /// Stand between a client and Bedrock, and keep real traffic as cassettes that replay byte for byte.
    Record(record::Args),
    /// Turn recordings of other tools into cassettes: vcrpy, VCR, go-vcr, nock, WireMock, HAR, ddapm, req_llm, httpmock, `.es`.
    Import(import::Args),
    /// Write cassettes as other tools have them: vcrpy, HAR.
    Export(export::Args),
    /// Look at cassettes, compare them, count them, and make them safe and short.
    Cassette(cassette::Args),
    /// Put any agent through the built-in failures and write its report card.
    Grade(grade::Args),
    /// The reference agent through the built-in scenarios, with a table and an HTML report.
    Demo(demo::Args),
    /// Ask the reference agent something, at the endpoint of the environment.
    Agent(Box<agent::Args>),
    /// Take OpenTelemetry from anybody, over gRPC and HTTP, and keep it in one file.
    Collect(collect::Args),
    /// Look at the traces of such a file: list, show as a waterfall, export.
    Traces(traces::Args),
    /// Percentiles of model calls and tools from such a file, with how sure they are.
    Latency(latency::Args),
    /// Watch such a file in the terminal: calls, latency, tools, traces.
    Top(top::Args),
    /// Print the variables that point clients at an endpoint.
    Env(env::Args),
    /// Say everything that is wrong with scenario files.
    Check(check::Args),
    /// Print what scenarios will send, as timelines.
    Explain(explain::Args),
    /// List scenarios by group.
    List(list::Args),
    /// Accept or reject the snapshots that `run --snapshots` left to decide.
    Review(review::Args),
    /// Serve the scripted tools of scenarios over HTTP and MCP, and count what they cause.
    Tools(tools::Args),
    /// Print the JSON Schema of the scenario format.
    Schema,
}

impl Command {
    /// Whether somebody wants to see what it does.
    pub(crate) fn observed(&self) -> Option<&ObserveArgs> {
        match self {
            Self::Run(args) => Some(&args.observe),
            Self::Demo(args) => Some(&args.observe),
            Self::Grade(args) => Some(&args.observe),
            _ => None,
        }
    }
}
