//! The library as a page for people. Pure.

use crate::known;
use faultline_scenarios::Scenario;
use faultline_scenarios::file::{Expect, ExpectedOutcome, Said};
use faultline_scenarios::parameters::file_name;
use std::fmt::Write as _;

/// The groups in their order, each with what it is about.
const GROUPS: [(&str, &str, &str); 8] = [
    (
        "errors",
        "Errors before the stream",
        "Bedrock, or whoever stands in between, answers with something else than a model's answer.",
    ),
    (
        "exceptions",
        "Exceptions inside the stream",
        "HTTP has said 200, and then the model or the service fails.",
    ),
    ("transport", "The connection", "Bytes are lost, late, torn, broken or held back."),
    (
        "messages",
        "Shapes of messages and tool calls",
        "Everything arrives; what arrives is not what one expects of it.",
    ),
    (
        "history",
        "What an agent does to its own history",
        "The next request has to be one that Bedrock takes.",
    ),
    ("usage", "Usage and cost", "What an answer cost, and who learns of it."),
    (
        "timing",
        "Time",
        "Silence, slowness and haste. Those in real time wait for as long as it says, and `grade` plays them only when asked to.",
    ),
    ("execution", "Tools that fail", "The model is fine; what it asked for is not."),
];

/// The whole page.
pub(crate) fn page(library: &[Scenario]) -> String {
    let files: Vec<&[Scenario]> = library.chunk_by(|one, next| name(one) == name(next)).collect();
    let mut out = format!(
        "# Catalogue\n\n\
         {} scenarios in {} files, made from `scenarios/library` by a test: do not edit this page. A citation is a public \
         report of the failure, not of its cause, and what it says is its author's word.\n\n\
         A name is what `faultline grade --only` and `faultline explain --only` take; so is the id beside it, which \
         several files may share.\n",
        library.len(),
        files.len()
    );
    for (group, title, about) in GROUPS {
        let own: Vec<&&[Scenario]> =
            files.iter().filter(|file| name(&file[0]).split('/').next() == Some(group)).collect();
        let _ = write!(out, "\n## {title} (`{group}`)\n\n{about}\n");
        own.iter().for_each(|file| out += &entry(file));
    }
    out + &not_covered(library)
}

fn name(scenario: &Scenario) -> &str {
    file_name(&scenario.name, &scenario.file)
}

fn entry(file: &[Scenario]) -> String {
    let first = &file[0];
    let id = first.file.id.iter().map(|id| format!(" · {id}")).collect::<String>();
    let about = words(first.file.about.as_deref().unwrap_or_default());
    let mut out = format!("\n### `{}`{id}\n\n{about}\n", name(first));
    if file.len() > 1 {
        let _ = writeln!(out, "\n{} combinations: {}.", file.len(), parameters(first));
    }
    if first.file.real_time {
        out += "\nIn real time.\n";
    }
    let expected = first.file.expect.as_ref().map(robust).unwrap_or_default();
    let _ = writeln!(out, "\n*A robust agent* {expected}");
    if !first.file.seen.is_empty() {
        let links: Vec<String> = first.file.seen.iter().map(|seen| link(seen)).collect();
        let _ = writeln!(out, "\n*Seen:* {}", links.join(" · "));
    }
    out
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each parameter with the short names of its values.
fn parameters(scenario: &Scenario) -> String {
    let one = |(name, values): (&String, &serde_json::Value)| {
        let shorts: Vec<String> = match values {
            serde_json::Value::Object(named) => named.keys().cloned().collect(),
            listed => listed.as_array().into_iter().flatten().map(plain).collect(),
        };
        format!("{name} ({})", shorts.join(", "))
    };
    scenario.file.parameters.iter().map(one).collect::<Vec<_>>().join(" × ")
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is expected, as a sentence that goes on after "A robust agent".
fn robust(expect: &Expect) -> String {
    let outcome = match expect.outcome {
        ExpectedOutcome::Succeeds => "answers",
        ExpectedOutcome::Recovers => "tries again and answers",
        ExpectedOutcome::Fails => "ends with an error that reaches the caller",
        ExpectedOutcome::Survives => {
            "answers, or ends with an error that reaches the caller, and never takes the one for the other"
        }
    };
    let says: Vec<&str> = expect.says.iter().filter_map(|said| part(*said)).collect();
    let says = if says.is_empty() { String::new() } else { format!("; the error tells {}", listed(&says)) };
    let model =
        expect.says.contains(&Said::Model).then(|| "; an answer of another model names it".to_owned());
    let calls = expect.calls.map(|calls| format!("; {calls} request{}", if calls == 1 { "" } else { "s" }));
    let tools = expect.tools.as_ref().map(|tools| match tools.as_slice() {
        [] => "; no tool runs".to_owned(),
        tools => format!("; {}", ran(tools)),
    });
    let within = expect.within.map(|span| format!("; within {}", time(span.0)));
    let parts = [model, calls, tools, within].into_iter().flatten().collect::<String>();
    format!("{outcome}{says}{parts}.")
}

fn part(said: Said) -> Option<&'static str> {
    match said {
        Said::Type => Some("its type"),
        Said::Message => Some("its message"),
        Said::RequestId => Some("the request id"),
        Said::Model => None,
    }
}

fn listed(parts: &[&str]) -> String {
    match parts {
        [head @ .., last] if !head.is_empty() => format!("{} and {last}", head.join(", ")),
        parts => parts.concat(),
    }
}

/// Which tools run, and how often.
fn ran(tools: &[String]) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for tool in tools.iter().map(String::as_str) {
        if !seen.contains(&tool) {
            seen.push(tool);
        }
    }
    let often = |tool: &&str| match tools.iter().filter(|other| other == tool).count() {
        1 => format!("`{tool}` runs once"),
        count => format!("`{tool}` runs {count} times"),
    };
    let each: Vec<String> = seen.iter().map(often).collect();
    listed(&each.iter().map(String::as_str).collect::<Vec<_>>())
}

fn time(span: std::time::Duration) -> String {
    match span.as_secs() {
        secs if secs >= 60 && secs.is_multiple_of(60) => format!("{} min", secs / 60),
        secs => format!("{secs} s"),
    }
}

fn link(seen: &str) -> String {
    match seen.split_once('#') {
        Some((repository, number)) if !seen.starts_with("https://") => {
            format!("[{seen}](https://github.com/{repository}/issues/{number})")
        }
        _ => {
            let shown = seen.trim_start_matches("https://").split(['#', '?']).next().unwrap_or(seen);
            format!("[{shown}]({seen})")
        }
    }
}

fn not_covered(library: &[Scenario]) -> String {
    let has = |id: &str| library.iter().any(|scenario| scenario.file.id.as_deref() == Some(id));
    let rows = known::failures()
        .filter(|(id, _)| !has(id))
        .filter_map(|(id, group)| known::why_not(id).map(|why| format!("| {id} | {group} | {why} |\n")));
    format!(
        "\n## Known failures without a scenario\n\n| id | group | why |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}
