//! `faultline traces`: looks at the traces that a collector has kept.

use crate::collected;
use crate::collected::store::StoreArgs;
use crate::collected::terminal::{colours, columns};
use crate::exit::{Exit, Failure};
use crate::output::{counted, print};
use crate::report::ReportFile;
use crate::whole;
use faultline_collector::json as otlp;
use faultline_collector::query::{self, StoredSpan, Trace, Wanted};
use faultline_collector::store::Connection;
use faultline_collector::view::{Style, chrome, duration, waterfall};
use serde_json::json;
use std::path::PathBuf;

/// What to do with traces.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List them, the newest first.
    List(ListArgs),
    /// Draw one as a waterfall: spans as bars, the frames of a stream as ticks.
    Show(ShowArgs),
    /// Write them as OTLP JSON, which any collector takes, or for Chrome's tracing, Perfetto and speedscope.
    Export(ExportArgs),
    /// Write all that is to be said of them as one HTML file: percentiles, distributions, tools, trouble, waterfalls.
    Report(ReportArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Those of this service alone.
    #[arg(long)]
    service: Option<String>,
    /// Those of this conversation alone.
    #[arg(long)]
    conversation: Option<String>,
    /// Those with errors alone.
    #[arg(long)]
    failed: bool,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The trace: its id or the beginning of it; default: the newest.
    #[arg(value_name = "TRACE")]
    trace: Option<String>,
}

#[derive(Debug, clap::Args)]
struct ExportArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The traces: their ids or the beginnings of them; default: all.
    #[arg(value_name = "TRACE")]
    traces: Vec<String>,
    /// In which format.
    #[arg(long, value_enum, default_value_t = Format::Otlp)]
    format: Format,
    /// The file to write; default: standard output.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct ReportArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The file to write.
    #[arg(short = 'o', long, value_name = "FILE", default_value = "faultline-traces.html")]
    to: PathBuf,
}

/// How to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people: one line a trace.
    Text,
    /// One JSON document.
    Json,
}

/// A format of traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// OTLP JSON: what `POST /v1/traces` takes.
    Otlp,
    /// Chrome's trace events.
    Chrome,
}

/// Does it.
///
/// # Errors
/// When the store cannot be read, or there is no such trace.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::List(args) => list(args),
        What::Show(args) => show(args),
        What::Export(args) => export(args),
        What::Report(args) => report(args),
    }
}

fn list(args: &ListArgs) -> Result<Exit, Failure> {
    let wanted = Wanted {
        service: args.service.clone(),
        conversation: args.conversation.clone(),
        failed: args.failed,
        limit: args.limit,
        ..Wanted::default()
    };
    let traces = query::traces(&args.store.open()?, &wanted).map_err(Failure::own)?;
    print(&match args.output {
        Output::Text => table(&traces),
        Output::Json => format!("{:#}\n", json!(traces)),
    })?;
    Ok(Exit::Pass)
}

/// A foreign text within a column.
fn cell(text: Option<&str>, width: usize) -> String {
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let text: String = text.unwrap_or("–").chars().take(width).map(plain).collect();
    format!("{text:width$}")
}

fn table(traces: &[Trace]) -> String {
    if traces.is_empty() {
        return "no traces\n".to_owned();
    }
    let mut text = format!(
        "{:32}  {:30} {:16} {:>9} {:>6} {:>6}  {}\n",
        "trace", "root", "service", "time", "spans", "errors", "conversation"
    );
    for trace in traces {
        let line = format!(
            "{}  {} {} {:>9} {:>6} {:>6}  {}",
            trace.trace_id,
            cell(trace.root.as_deref(), 30),
            cell(trace.service.as_deref(), 16),
            duration(trace.duration()),
            trace.spans,
            trace.errors,
            cell(trace.conversation.as_deref(), 36),
        );
        text += &format!("{}\n", line.trim_end());
    }
    text
}

fn show(args: &ShowArgs) -> Result<Exit, Failure> {
    let store = args.store.open()?;
    let trace = match &args.trace {
        Some(id) => find(&store, id)?,
        None => newest(&store)?,
    };
    let spans = query::spans(&store, trace.number).map_err(Failure::own)?;
    let style = Style { width: columns(), colours: colours() };
    let service = cell(trace.service.as_deref(), 60);
    let head =
        format!("trace {} of {}: {}\n\n", trace.trace_id, service.trim_end(), counted(spans.len(), "span"));
    print(&(head + &waterfall(&spans, style)))?;
    Ok(Exit::Pass)
}

fn find(store: &Connection, id: &str) -> Result<Trace, Failure> {
    let found = query::trace(store, id).map_err(Failure::own)?;
    found.ok_or_else(|| {
        Failure::usage(format!("no trace, or more than one, has an id that begins with `{id}`"))
    })
}

fn newest(store: &Connection) -> Result<Trace, Failure> {
    let mut found = query::traces(store, &Wanted { limit: 1, ..Wanted::default() }).map_err(Failure::own)?;
    found.pop().ok_or_else(|| Failure::usage("there are no traces yet"))
}

fn export(args: &ExportArgs) -> Result<Exit, Failure> {
    let store = args.store.open()?;
    let spans = spans(&store, &args.traces)?;
    let text = match args.format {
        Format::Otlp => otlp::text(&query::traces_as_sent(&store, spans).map_err(Failure::own)?),
        Format::Chrome => chrome(&spans).to_string(),
    } + "\n";
    match &args.to {
        None => {
            print(&text)?;
        }
        Some(path) => whole::write(path, &text)
            .map_err(|why| Failure::own(format!("{} cannot be written: {why}", path.display())))?,
    }
    Ok(Exit::Pass)
}

fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let store = args.store.open()?;
    let file = ReportFile::open(&args.to)?;
    let report = collected::report(&store, &args.store.name()).map_err(Failure::own)?;
    file.write(&faultline_dashboards::traces::page(&report))?;
    print(&format!("report: {}\n", args.to.display()))?;
    Ok(Exit::Pass)
}

/// The spans of these traces, or all, in the order in which they began.
fn spans(store: &Connection, traces: &[String]) -> Result<Vec<StoredSpan>, Failure> {
    let mut all = Vec::new();
    if traces.is_empty() {
        all = query::spans_since(store, 0, u32::MAX).map_err(Failure::own)?;
    }
    for id in traces {
        let trace = find(store, id)?;
        all.extend(query::spans(store, trace.number).map_err(Failure::own)?);
    }
    all.sort_by_key(|stored| (stored.span.start_time_unix_nano, stored.number));
    Ok(all)
}
