//! Every query of the files, with what Grafana puts into it put in.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// A query.
pub(crate) struct Query {
    /// `latency.json: Model calls: B`, or `alerts.yml: NAME`.
    pub(crate) place: String,
    pub(crate) expr: String,
}

fn files(folder: &str, end: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dashboards").join(folder);
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.filter(|path| path.extension().is_some_and(|extension| extension == end));
    let mut files: Vec<_> = named
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn boards() -> Vec<(String, Value)> {
    files("grafana", "json")
        .into_iter()
        .map(|(name, text)| (name, serde_json::from_str(&text).unwrap()))
        .collect()
}

#[derive(Deserialize)]
struct RuleFile {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    record: Option<String>,
    alert: Option<String>,
    expr: String,
}

fn rules() -> Vec<(String, String, String)> {
    let files = files("prometheus", "yml").into_iter().filter(|(name, _)| name != "rules_test.yml");
    let rules = files.flat_map(|(file, text)| {
        let read: RuleFile = serde_saphyr::from_str(&text).unwrap();
        read.groups
            .into_iter()
            .flat_map(|group| group.rules)
            .map(move |rule| (file.clone(), rule.record.or(rule.alert).unwrap(), rule.expr))
    });
    rules.collect()
}

/// The names of all rules.
pub(crate) fn rule_names() -> Vec<String> {
    rules().into_iter().map(|(_, name, _)| name).collect()
}

/// All queries.
pub(crate) fn queries() -> Vec<Query> {
    let mut all = Vec::new();
    for (file, board) in boards() {
        for panel in board["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            let targets = panel["targets"].as_array().unwrap();
            assert!(!targets.is_empty(), "{title} asks nothing");
            for target in targets {
                let place = format!("{file}: {title}: {}", target["refId"].as_str().unwrap());
                all.push(Query { place, expr: filled_in(target["expr"].as_str().unwrap()) });
            }
        }
    }
    let rules = rules().into_iter();
    all.extend(
        rules.map(|(file, name, expr)| Query { place: format!("{file}: {name}"), expr: filled_in(&expr) }),
    );
    all
}

/// As Grafana asks where its reader has chosen nothing.
fn filled_in(expr: &str) -> String {
    let known =
        [("$__rate_interval", "1m"), ("$__range", "5m"), ("$job", ".*"), ("$model", ".*"), ("$tool", ".*")];
    let expr = known.iter().fold(expr.to_owned(), |expr, (name, value)| expr.replace(name, value));
    assert!(!expr.contains('$'), "who knows what is left: {expr}");
    expr
}

/// What readers may choose: a metric and the label that gives its values.
pub(crate) fn variables() -> Vec<(String, String)> {
    let lists =
        boards().into_iter().flat_map(|(_, board)| board["templating"]["list"].as_array().unwrap().clone());
    let queries = lists.filter(|variable| variable["type"] == "query").map(|variable| {
        let query = variable["query"].as_str().unwrap().to_owned();
        let inside = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).unwrap();
        let (metric, label) = inside.split_once(", ").unwrap();
        (metric.to_owned(), label.to_owned())
    });
    queries.collect()
}

/// The names of all metrics that are asked for: what stands before a brace, a stretch of time, or alone in parentheses.
pub(crate) fn metrics() -> BTreeSet<String> {
    let is_name = |word: &&str| word.starts_with("gen_ai_") || word.starts_with("faultline_");
    let words = queries().into_iter().flat_map(|query| {
        let outside = without_labels(&query.expr);
        let words = outside.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(is_name).map(str::to_owned).collect::<Vec<_>>()
    });
    words.collect()
}

/// A query without its matchers and without what it groups by: what is left of names are metrics.
fn without_labels(expr: &str) -> String {
    let mut rest = expr;
    let mut left = String::new();
    while let Some(start) = ["by (", "{"].iter().filter_map(|mark| rest.find(mark)).min() {
        left += &rest[..start];
        let end = rest[start..].find([')', '}']).unwrap();
        rest = &rest[start + end + 1..];
        left.push(' ');
    }
    left + rest
}
