//! `faultline latency`: percentiles of what a collector has kept, from raw samples, with how sure they are.

use crate::collected::store::StoreArgs;
use crate::exit::{Exit, Failure};
use crate::output::print;
use faultline_collector::query::{self, ChatSample, Latency, Trouble, Usage, Window};
use faultline_collector::statistics::{CONFIDENCE, summary};
use faultline_collector::view::percentile;
use serde_json::json;
use std::collections::BTreeMap;

/// Of what, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Those of this service alone.
    #[arg(long)]
    service: Option<String>,
    /// Those of this model alone.
    #[arg(long)]
    model: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// How to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people: a table.
    Text,
    /// One JSON document; times in seconds.
    Json,
}

/// Prints them.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let store = args.store.open()?;
    let mut chats = query::chats(&store, Window::ALL).map_err(Failure::own)?;
    chats.retain(|chat| args.service.as_ref().is_none_or(|service| *service == chat.service));
    chats.retain(|chat| args.model.as_ref().is_none_or(|model| *model == chat.model));
    let tools = query::tools(&store, Window::ALL).map_err(Failure::own)?;
    let trouble = query::trouble(&store, Window::ALL).map_err(Failure::own)?;
    let (rows, usage) = (query::latency(&chats, &tools), query::usage_by_model(&chats));
    print(&match args.output {
        Output::Text => text(&chats, &rows, &usage, &trouble),
        Output::Json => {
            let waits = summary(trouble.waits.iter().copied());
            let said = json!({
                "confidence": CONFIDENCE, "calls": chats.len(),
                "failed": chats.iter().filter(|chat| chat.error.is_some()).count(), "rows": rows, "tokens": usage,
                "throttledRequests": trouble.throttled_requests, "throttledCalls": trouble.throttled_calls,
                "retries": trouble.retries, "waits": waits, "errors": trouble.errors,
            });
            format!("{said:#}\n")
        }
    })?;
    Ok(Exit::Pass)
}

fn text(
    chats: &[ChatSample],
    rows: &[Latency],
    usage: &BTreeMap<String, Usage>,
    trouble: &Trouble,
) -> String {
    let failed = chats.iter().filter(|chat| chat.error.is_some()).count();
    let mut text = format!("{} model calls, {failed} of them failed and in no percentile\n", chats.len());
    if !rows.is_empty() {
        let head = ["p50", "p95", "p99"].map(|name| format!("  {name:<32}"));
        text += &format!("\n{:28}{:>7}{}\n", "", "n", head.concat().trim_end());
    }
    for Latency { name, summary } in rows {
        let name: String =
            name.chars().take(28).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        let cells = summary.percentiles.map(|of| format!("  {:<32}", percentile(&of)));
        text += &format!("{name:28}{:>7}{}\n", summary.n, cells.concat().trim_end());
    }
    for (model, Usage { input, output, cache_read, cache_write }) in usage {
        text += &format!(
            "\ntokens of {model}: {input} read, {output} written, {cache_read} from the cache, {cache_write} to it"
        );
    }
    let Trouble { throttled_requests, throttled_calls, retries, .. } = trouble;
    text += &format!(
        "\nthrottled: {throttled_requests} requests, {throttled_calls} model calls; {retries} requests were sent once more\n"
    );
    if rows.is_empty() {
        return text;
    }
    text + &format!(
        "\nA percentile is the sample of its rank; in brackets, between which samples the true one lies in {:.0} of 100\n\
         cases, whatever the distribution. An open end says that the samples are too few.\n",
        CONFIDENCE * 100.0
    )
}
