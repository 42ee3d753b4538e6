//! What a scripted tool does, in words. Pure.

use faultline_scenarios::faults::Strike;
use faultline_scenarios::tool_script::{Latency, Picture, Returned, ToolScript};
use std::time::Duration;

/// Characters of a result that are shown.
const SHOWN: usize = 60;

/// A tool's lines: what it is for, what it returns, how long it takes, what goes wrong with its answers. `when` says which
/// calls a fault strikes.
pub(crate) fn words(
    name: &str,
    script: &ToolScript,
    when: impl Fn(&faultline_scenarios::file::Fault) -> String,
) -> Vec<String> {
    let about = script.description.as_deref().map(|about| format!(": {}", about.trim())).unwrap_or_default();
    let mut lines = vec![format!("tool {name}{about}")];
    let several = script.returns.len() > 1;
    for (call, returned) in (1..).zip(&script.returns) {
        let nth = if several { format!("call {call} ") } else { String::new() };
        let later =
            if several && call == script.returns.len() { ", and so does every later one" } else { "" };
        lines.push(format!("  {nth}returns {}{later}", result(returned)));
    }
    if script.returns.is_empty() {
        lines.push("  returns the text \"done\"".to_owned());
    }
    lines.extend(script.latency.map(|latency| format!("  {}", time(latency))));
    if script.idempotent {
        lines.push("  acts once for each key".to_owned());
    }
    for fault in &script.faults {
        let strike = Strike { kind: fault.kind.clone(), at: fault.at.clone() };
        lines.push(format!("  with the fault `{}`{}", strike.cause(), when(fault)));
    }
    lines
}

fn result(returned: &Returned) -> String {
    match returned {
        Returned::Text(text) => format!("the text {}", quoted(text)),
        Returned::Json(value) => format!("the JSON {}", short(&value.to_string())),
        Returned::Error(message) if message.is_empty() => "an error without a message".to_owned(),
        Returned::Error(message) => format!("the error {}", quoted(message)),
        Returned::Size(bytes) => format!("{bytes} bytes of text"),
        Returned::Repeated(text) => format!("{} bytes of {}", text.bytes, quoted(&text.text)),
        Returned::Binary(bytes) => format!("{bytes} bytes that are no text"),
        Returned::Image(Picture { width, height }) => format!("a PNG picture of {width} × {height} pixels"),
        Returned::Raw(text) => format!("{} and calls it JSON", quoted(text)),
    }
}

fn time(Latency { median, p99 }: Latency) -> String {
    let millis = |time: Duration| format!("{} ms", time.as_secs_f64() * 1e3);
    match p99 {
        Some(p99) => {
            format!("takes {}, and more than {} once in a hundred calls", millis(median.0), millis(p99.0))
        }
        None => format!("takes {}", millis(median.0)),
    }
}

fn quoted(text: &str) -> String {
    format!("{:?}", short(text))
}

fn short(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { shown + "…" } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: &[&str]) {
        let text =
            format!("faultline: 1\nreplies: [{{ message: [{{ text: a }}] }}]\ntools: {{ pay: {script} }}\n");
        let scenario = faultline_scenarios::load::scenario("s", "s", &text);
        let scenario = scenario.unwrap_or_else(|bad| panic!("{}", bad.to_text()));
        let lines = words("pay", &scenario.file.tools["pay"], |_| ", once".to_owned());
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_tool_says_what_it_does() {
        check("{}", &["tool pay", "  returns the text \"done\""]);
        check(
            "{ description: Pays., returns: [{ json: 42 }, { error: '' }], latency: { median: 40ms, p99: 1s }, idempotent: true, faults: [{ do: reset, at: head }] }",
            &[
                "tool pay: Pays.",
                "  call 1 returns the JSON 42",
                "  call 2 returns an error without a message, and so does every later one",
                "  takes 40 ms, and more than 1000 ms once in a hundred calls",
                "  acts once for each key",
                "  with the fault `reset at head`, once",
            ],
        );
    }
}
