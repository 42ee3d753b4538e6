//! `faultline cassette stats`: what the streams of each model are like.

use super::files::cassettes;
use crate::exit::{Exit, Failure};
use crate::output::{counted, print};
use faultline_recorder::stats::{Sample, Stats, by_model};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to count.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Cassettes, or folders of them.
    #[arg(required = true, value_name = "CASSETTE")]
    paths: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long, conflicts_with = "pace")]
    json: bool,
    /// Print a `pace` for scenarios alone, a line a model.
    #[arg(long)]
    pace: bool,
}

/// Prints them.
///
/// # Errors
/// When a file has problems.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let models = by_model(&cassettes(&args.paths)?);
    if models.is_empty() {
        return Err(Failure::usage(
            "no recording there: frames and bodies are counted, other replies are none",
        ));
    }
    let text = if args.json {
        let all: serde_json::Map<String, Value> =
            models.iter().map(|(model, stats)| (model.clone(), as_json(stats))).collect();
        format!("{:#}\n", Value::Object(all))
    } else if args.pace {
        models.iter().filter_map(|(model, stats)| Some(format!("# {model}\n{}\n", stats.pace()?))).collect()
    } else {
        models.iter().map(|(model, stats)| table(model, stats)).collect()
    };
    print(&text)?;
    Ok(Exit::Pass)
}

/// What is known, by name and unit.
fn rows(stats: &Stats) -> [(&'static str, &Sample); 7] {
    [
        ("time to first frame, ms", &stats.first),
        ("gap between deltas, ms", &stats.gaps),
        ("longest gap of a stream, ms", &stats.stalls),
        ("total time of a stream, ms", &stats.total),
        ("text fragment, characters", &stats.fragments),
        ("input tokens", &stats.input_tokens),
        ("output tokens", &stats.output_tokens),
    ]
}

fn table(model: &str, stats: &Stats) -> String {
    let (streams, others) = (counted(stats.streams, "stream"), counted(stats.others, "other answer"));
    let mut text = format!(
        "{model}: {streams}, {others}\n  {:30}{:>8}{:>10}{:>10}{:>10}{:>10}\n",
        "", "n", "p50", "p95", "p99", "most"
    );
    for (name, sample) in rows(stats).into_iter().filter(|(_, sample)| !sample.is_empty()) {
        let at = |share| sample.quantile(share).unwrap_or_default();
        let (p50, p95, p99, most) = (at(0.5), at(0.95), at(0.99), at(1.0));
        text.push_str(&format!(
            "  {name:30}{:>8}{p50:>10.1}{p95:>10.1}{p99:>10.1}{most:>10.1}\n",
            sample.len()
        ));
    }
    text.extend(stats.pace().map(|pace| format!("  {pace}\n")));
    text + "\n"
}

fn as_json(stats: &Stats) -> Value {
    let sample = |sample: &Sample| {
        let at = |share| sample.quantile(share);
        json!({"n": sample.len(), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)})
    };
    json!({
        "streams": stats.streams, "others": stats.others, "firstFrameMs": sample(&stats.first),
        "gapMs": sample(&stats.gaps), "longestGapMs": sample(&stats.stalls), "totalMs": sample(&stats.total),
        "fragmentChars": sample(&stats.fragments), "inputTokens": sample(&stats.input_tokens),
        "outputTokens": sample(&stats.output_tokens), "pace": stats.pace(),
    })
}
