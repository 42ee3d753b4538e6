//! The report of a store: what was asked of it, as the page of the report wants it.

use crate::invocation::moment;
use faultline_collector::query::{self, SLOW, Trace, Usage, Wanted, Window};
use faultline_collector::statistics::{CONFIDENCE, Summary, summary};
use faultline_collector::store::{Connection, StoreError};
use faultline_collector::view::{Laid, duration, laid_out};
use faultline_dashboards::traces::{Bar, Mark, Measured, Percentile, Tokens, Tool, TraceReport, Waterfall};

/// What there is to say of a store that is called `name`.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn report(store: &Connection, name: &str) -> Result<TraceReport, StoreError> {
    let chats = query::chats(store, Window::ALL)?;
    let tools = query::tools(store, Window::ALL)?;
    let trouble = query::trouble(store, Window::ALL)?;
    let mut errors: Vec<(String, u64)> = trouble.errors.clone().into_iter().collect();
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let failed = chats.iter().filter(|chat| chat.error.is_some()).count();
    Ok(TraceReport {
        title: "faultline traces".to_owned(),
        subtitle: format!("what {name} holds"),
        calls: [chats.len() as u64, failed as u64],
        facts: facts(store)?,
        confidence: CONFIDENCE,
        measured: query::samples(&chats, &tools).into_iter().filter_map(measured).collect(),
        tools: query::tool_use(&tools).into_iter().map(tool).collect(),
        slow_ms: SLOW * 1e3,
        trouble: told(&trouble),
        errors,
        tokens: query::usage_by_model(&chats).into_iter().map(tokens).collect(),
        waterfalls: waterfalls(store)?,
    })
}

fn facts(store: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let of = |ask: &str| store.query_row(ask, [], |row| row.get::<_, Option<i64>>(0));
    let at = |nanos: Option<i64>| nanos.map_or_else(|| "–".to_owned(), |nanos| moment(nanos / 1_000_000_000));
    let spans = of("SELECT sum(spans) FROM traces")?.unwrap_or_default();
    Ok(vec![
        ("Traces".to_owned(), query::count_traces(store, &Wanted::default())?.to_string()),
        ("Spans".to_owned(), spans.to_string()),
        ("From".to_owned(), at(of("SELECT min(started) FROM traces")?)),
        ("Until".to_owned(), at(of("SELECT max(ended) FROM traces")?)),
    ])
}

fn told(trouble: &query::Trouble) -> Vec<(String, String)> {
    let waits = summary(trouble.waits.iter().copied());
    let wait =
        |of: fn(&Summary) -> f64| waits.as_ref().map_or_else(|| "–".to_owned(), |waits| duration(of(waits)));
    let said = [
        ("Requests throttled", trouble.throttled_requests.to_string()),
        ("Model calls throttled", trouble.throttled_calls.to_string()),
        ("Requests sent again", trouble.retries.to_string()),
        ("Waits told", trouble.waits.len().to_string()),
        ("Shortest wait", wait(|waits| waits.least)),
        ("Longest wait", wait(|waits| waits.most)),
    ];
    said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn milliseconds(seconds: f64) -> f64 {
    seconds * 1e3
}

fn measured((name, samples): (String, Vec<f64>)) -> Option<Measured> {
    let percentiles = summary(samples.iter().copied())?.percentiles.map(|percentile| Percentile {
        value_ms: milliseconds(percentile.value),
        between_ms: [percentile.low, percentile.high].map(|end| end.map(milliseconds)),
        enough: percentile.enough,
    });
    let samples_ms = samples.into_iter().map(milliseconds).collect();
    Some(Measured { name, samples_ms, percentiles: percentiles.to_vec() })
}

fn tool(used: query::ToolUse) -> Tool {
    let median = used.total.percentiles[0];
    Tool {
        name: used.tool,
        calls: used.calls as u64,
        failed: used.failed as u64,
        slow: used.slow as u64,
        median_ms: median.enough.then(|| milliseconds(median.value)),
        most_ms: milliseconds(used.total.most),
    }
}

fn tokens((model, usage): (String, Usage)) -> Tokens {
    let counts = [usage.input, usage.output, usage.cache_read, usage.cache_write];
    Tokens { model, counts: counts.map(|count| u64::try_from(count).unwrap_or_default()) }
}

/// The slowest trace, and the slowest of those that failed, where that is another.
fn waterfalls(store: &Connection) -> Result<Vec<Waterfall>, StoreError> {
    let slowest = query::slowest(store, false)?;
    let failing = query::slowest(store, true)?.filter(|trace| Some(trace) != slowest.as_ref());
    let drawn = [("The slowest trace", slowest), ("The slowest trace with errors", failing)];
    let there = drawn.into_iter().filter_map(|(title, trace)| Some((title, trace?)));
    there.map(|(title, trace)| waterfall(store, title, &trace)).collect()
}

fn waterfall(store: &Connection, title: &str, trace: &Trace) -> Result<Waterfall, StoreError> {
    let spans = query::spans(store, trace.number)?;
    let service =
        trace.service.as_deref().filter(|service| !service.is_empty()).unwrap_or("nobody who says so");
    let about = format!(
        "{}, told by {service}, {}, {} spans, {} errors",
        trace.trace_id,
        duration(trace.duration()),
        trace.spans,
        trace.errors
    );
    Ok(Waterfall { title: title.to_owned(), about, bars: laid_out(&spans).into_iter().map(bar).collect() })
}

fn bar(laid: Laid<'_>) -> Bar {
    let span = &laid.stored.span;
    let status = span.status.as_ref().filter(|status| status.code == 2);
    let failure = status.map(|status| match status.message.as_str() {
        "" => "failed".to_owned(),
        message => message.to_owned(),
    });
    let marks = laid.marks.into_iter().map(|(at, what)| (milliseconds(at), mark(what)));
    Bar {
        depth: laid.depth,
        name: span.name.clone(),
        from_ms: milliseconds(laid.from),
        took_ms: milliseconds(laid.stored.duration()),
        failure,
        frames_ms: laid.frames.into_iter().map(milliseconds).collect(),
        marks: marks.collect(),
    }
}

fn mark(what: &str) -> Mark {
    match what {
        "first event" => Mark::FirstEvent,
        "first text" => Mark::FirstText,
        "retry" => Mark::Retry,
        "stall" => Mark::Stall,
        _ => Mark::Fault,
    }
}
