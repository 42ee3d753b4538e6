//! A case: a scenario, a request, and what each client must make of it. Cases are data, one a file, in
//! `cases/`; a new file is a new case of every client that it names.
//!
//! What a case does not mention must not happen: no error, no text, no tool call, no retry. A client's own
//! expectations lie over those for `all`, member by member; `null` takes one away. `all` is every client that
//! has the operation: the AWS CLI has no streams.
//!
//! This file knows no client and no server.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use faultline_scenarios::{Scenario, load};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::expect::Expect;

/// The folder of the cases.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/cases");
/// What a request asks for that names no model.
pub(crate) const MODEL: &str = "anthropic.claude-3-5-haiku-20241022-v1:0";

/// A client that judges, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Who {
    /// Whoever has the operation.
    All,
    /// Python.
    Boto3,
    /// JavaScript as it comes: HTTP/2.
    JsH2,
    /// JavaScript with `NodeHttpHandler`.
    JsH1,
    /// Rust: HTTP/1.1, and HTTP/2 over TLS.
    Rust,
    /// Version 1.
    AwsCli,
}

/// The clients, one by one.
pub(crate) const CLIENTS: [Who; 5] = [Who::Boto3, Who::JsH2, Who::JsH1, Who::Rust, Who::AwsCli];

impl fmt::Display for Who {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::All => "all",
            Self::Boto3 => "boto3",
            Self::JsH2 => "js-h2",
            Self::JsH1 => "js-h1",
            Self::Rust => "rust",
            Self::AwsCli => "aws-cli",
        })
    }
}

/// A file as written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CaseFile {
    /// What is shown, in a sentence.
    about: String,
    /// Left out: `ConverseStream`.
    #[serde(default)]
    operation: Operation,
    /// A scenario as in a scenario file.
    scenario: Value,
    /// Members of the request; left out: a greeting to Claude.
    #[serde(default)]
    request: Map<String, Value>,
    #[serde(default)]
    client: Settings,
    expect: BTreeMap<Who, Map<String, Value>>,
}

/// The operations that cases call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Operation {
    /// One answer.
    Converse,
    /// Events.
    #[default]
    ConverseStream,
}

/// How the client is set up; what is left out keeps the client's own default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Settings {
    /// Attempts in all.
    pub(crate) max_attempts: Option<u32>,
    /// The longest silence.
    pub(crate) read_timeout_ms: Option<u64>,
    /// The client leaves after so many events.
    pub(crate) stop_after_events: Option<u64>,
    /// A Bedrock API key.
    pub(crate) bearer: Option<String>,
    /// By `https://`, with the server's CA trusted.
    #[serde(default)]
    pub(crate) tls: bool,
}

/// A case that was read.
#[derive(Debug)]
pub(crate) struct Case {
    /// The path of its file below the folder, without extension: the name of its scenario too.
    pub(crate) name: String,
    /// What is shown.
    pub(crate) about: String,
    /// What is called.
    pub(crate) operation: Operation,
    /// The whole request.
    pub(crate) request: Value,
    /// How the client is set up.
    pub(crate) settings: Settings,
    /// What each client must see. A client that is not here is not asked.
    pub(crate) expect: BTreeMap<Who, Expect>,
}

impl Case {
    /// Reads a case and its scenario, which is called like it.
    pub(crate) fn parse(name: &str, text: &str) -> Result<(Self, Scenario), String> {
        let file: CaseFile = serde_saphyr::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        let shown = format!("the scenario of {name}");
        let scenario = load::scenario(name, &shown, &file.scenario.to_string());
        let case = Self {
            name: name.to_owned(),
            expect: expectations(&file).map_err(|error| format!("{name}: {error}"))?,
            about: file.about,
            operation: file.operation,
            request: request(file.request),
            settings: file.client,
        };
        Ok((case, scenario.map_err(|problems| problems.to_text())?))
    }
}

fn request(given: Map<String, Value>) -> Value {
    let mut request = json!({
        "modelId": MODEL,
        "messages": [{ "role": "user", "content": [{ "text": "Hello" }] }],
    });
    if let Value::Object(members) = &mut request {
        members.extend(given);
    }
    request
}

fn expectations(file: &CaseFile) -> Result<BTreeMap<Who, Expect>, String> {
    let all = file.expect.get(&Who::All);
    let mut found = BTreeMap::new();
    for who in CLIENTS {
        let own = file.expect.get(&who);
        let able = who != Who::AwsCli || file.operation == Operation::Converse;
        if own.is_some() && !able {
            return Err(format!("{who} has no {:?}", file.operation));
        }
        if own.or(all).is_some() && able {
            let expect = overlaid(all, own);
            let expect =
                serde_json::from_value(expect).map_err(|error| format!("expect for {who}: {error}"))?;
            found.insert(who, expect);
        }
    }
    Ok(found)
}

fn overlaid(all: Option<&Map<String, Value>>, own: Option<&Map<String, Value>>) -> Value {
    let mut members = all.cloned().unwrap_or_default();
    members.extend(own.cloned().unwrap_or_default());
    // `status: null` says something; anything else that is null is simply not there.
    members.retain(|name, value| name == "status" || !value.is_null());
    Value::Object(members)
}

/// Every case, in the order of their names; or every problem.
pub(crate) fn all() -> Result<Vec<(Case, Scenario)>, Vec<String>> {
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    for (name, path) in files() {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"));
        match text.and_then(|text| Case::parse(&name, &text)) {
            Ok(case) => cases.push(case),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn files() -> BTreeMap<String, PathBuf> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![PathBuf::from(FOLDER)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if load::is_scenario(&path) {
                found.insert(name(&path), path);
            }
        }
    }
    found
}

fn name(path: &Path) -> String {
    let below = path.strip_prefix(FOLDER).unwrap_or(path).with_extension("");
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "
about: a case
scenario: { faultline: 1, replies: [{ message: [{ text: hi }] }] }
expect:
  all: { exchanges: ['reply 1: played'], text: hi, stopReason: end_turn }
  boto3: { text: ho, stopReason: null }
";

    fn check(from: &str, to: &str, problem: &str) {
        let text = WHOLE.replace(from, to);
        assert_ne!(text, WHOLE);
        let error = Case::parse("x", &text).err().unwrap_or_default();
        assert!(error.contains(problem), "{error}");
    }

    #[test]
    fn a_client_lies_over_all_and_a_stream_is_not_for_the_cli() {
        let (case, scenario) = Case::parse("x", WHOLE).unwrap();
        let texts: Vec<(Who, &str)> = case.expect.iter().map(|(who, expect)| (*who, &*expect.text)).collect();
        assert_eq!(texts, [(Who::Boto3, "ho"), (Who::JsH2, "hi"), (Who::JsH1, "hi"), (Who::Rust, "hi")]);
        assert_eq!(case.expect[&Who::Boto3].stop_reason, None);
        assert_eq!(case.expect[&Who::Rust].stop_reason.as_deref(), Some("end_turn"));
        assert_eq!(case.request["modelId"], MODEL);
        assert_eq!(&*scenario.name, "x");
    }

    #[test]
    fn unknown_keys_are_refused_at_every_level() {
        check("about:", "abuot:", "abuot");
        check("boto3:", "boto4:", "boto4");
        check("text: hi, stop", "txet: hi, stop", "txet");
        check("about: a case", "about: a case\nclient: { retries: 1 }", "retries");
        check("replies:", "repiles:", "repiles");
        check("stopReason: null", "error: { class: X, during: stream, kind: y }", "kind");
    }
}
