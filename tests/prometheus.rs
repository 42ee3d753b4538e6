//! A real Prometheus judges `/metrics`, the dashboards and the rules: every query of every file is asked, over observations that
//! are known, and must come to what can be worked out of them by hand. A query without an expected value fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
#[expect(dead_code, reason = "each test file uses a part of it")]
mod command;
#[path = "prometheus/expected.rs"]
mod expected;
#[path = "prometheus/observed.rs"]
mod observed;
#[path = "support/prometheus.rs"]
mod prometheus;
#[path = "prometheus/queries.rs"]
mod queries;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "no model is asked here")]
mod served;
#[path = "support/until.rs"]
mod until;

use command::{faultline, text};
use prometheus::{Prometheus, Vector, folder, get, installed, promtool};
use queries::{Query, queries, rule_names, variables};
use served::Served;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;
use until::until;

const OPEN: &str = "accept: application/openmetrics-text\r\n";

fn collect() -> Served {
    Served::start(&mut faultline(&["collect", "--json"]))
}

/// A Prometheus that has scraped the observations, fifteen seconds apart.
fn filled(name: &str) -> Prometheus {
    let (folder, collector) = (folder(name), collect());
    let mut file = String::new();
    for step in 0..=observed::STEPS {
        observed::tell(&collector.address(), step);
        let (_, body) = get(&collector.address(), "/metrics", OPEN);
        for line in body.lines().filter(|line| *line != "# EOF") {
            // A line of metadata has no time.
            let at = observed::at(step);
            let time = if line.starts_with('#') { String::new() } else { format!(" {at}") };
            writeln!(file, "{line}{time}").unwrap();
        }
    }
    let scraped = folder.join("scraped.om");
    std::fs::write(&scraped, file + "# EOF\n").unwrap();
    let data = folder.join("data");
    let backfill = ["tsdb", "create-blocks-from", "openmetrics"];
    let made = promtool(&[&backfill[..], &[scraped.to_str().unwrap(), data.to_str().unwrap()]].concat(), "");
    assert!(made.status.success(), "{}{}", text(&made.stdout), text(&made.stderr));
    Prometheus::start(&folder, "[]")
}

/// What is wrong with the answer to a query.
fn wrong(answer: &Result<Vector, String>, expected: Option<&Vector>) -> Option<String> {
    let Some(expected) = expected else { return Some("nobody says what it must come to".to_owned()) };
    let near = |one: f64, other: f64| (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1e-6);
    let same = answer.as_ref().is_ok_and(|answer| {
        !expected.is_empty()
            && answer.keys().eq(expected.keys())
            && answer.values().zip(expected.values()).all(|(one, other)| near(*one, *other))
    });
    (!same).then(|| format!("expected {expected:#?}\ngot {answer:#?}"))
}

#[test]
fn every_query_of_every_file_comes_to_what_was_observed() {
    if !installed() {
        return;
    }
    let prometheus = filled("prometheus-queries");
    let at = observed::at(observed::STEPS);
    let mut expected = expected::all_expected();
    let mut report = String::new();
    let queries = queries();
    for Query { place, expr } in &queries {
        let wrong = wrong(&prometheus.query(expr, Some(at)), expected.remove(place).as_ref());
        wrong.into_iter().for_each(|wrong| writeln!(report, "\n{place}\n  {expr}\n{wrong}").unwrap());
    }
    assert!(report.is_empty(), "{report}");
    assert!(expected.is_empty(), "there is no such query any more: {:?}", expected.keys());
    assert!(queries.len() > 50, "{}", queries.len());
    // What a test that cannot fail would let through.
    let renamed = queries[0].expr.replace("gen_ai_client_", "gen_ai_customer_");
    let all = expected::all_expected();
    assert!(wrong(&prometheus.query(&renamed, Some(at)), all.get(&queries[0].place)).is_some());
    assert!(wrong(&prometheus.query("sum by (", Some(at)), all.get(&queries[0].place)).is_some());
}

#[test]
fn what_a_reader_may_choose_is_what_there_is() {
    if !installed() {
        return;
    }
    let prometheus = filled("prometheus-variables");
    let known = BTreeMap::from([
        ("job", vec!["fixture"]),
        ("gen_ai_request_model", vec!["claude", "nova"]),
        ("gen_ai_tool_name", vec!["book", "search"]),
    ]);
    let variables = variables();
    assert_eq!(variables.len(), 8, "{variables:?}");
    for (metric, label) in variables {
        let values = prometheus.ask(&format!("label/{label}/values"), &[("match[]", &metric)]).unwrap();
        assert_eq!(values, serde_json::json!(known[label.as_str()]), "{label} of {metric}");
    }
}

#[test]
fn rules_do_what_their_tests_say_and_none_is_without_a_test() {
    if !installed() {
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards/prometheus");
    for file in ["alerts.yml", "recording.yml"] {
        let checked = promtool(&["check", "rules", "--lint-fatal", &format!("{folder}/{file}")], "");
        assert!(checked.status.success(), "{file}: {}{}", text(&checked.stdout), text(&checked.stderr));
    }
    let tests = format!("{folder}/rules_test.yml");
    let tested = promtool(&["test", "rules", &tests], "");
    assert!(tested.status.success(), "{}{}", text(&tested.stdout), text(&tested.stderr));
    let tests = std::fs::read_to_string(tests).unwrap();
    for name in rule_names() {
        let tested = tests.contains(&format!("alertname: {name}\n")) || tests.contains(&format!("({name},"));
        assert!(tested, "{name} has no test");
    }
}

/// A collector that has heard of an agent with two tools whose second model call is throttled once.
fn told_by_a_run() -> Served {
    let collector = collect();
    let agent = ["--attempts", "3", "Where are orders A-10293 and B-4410?"];
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/two_tools.yaml");
    let mut run = faultline(&["run", scenario, "--", env!("CARGO_BIN_EXE_faultline"), "agent"]);
    let run = run.args(agent).env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.said("url")).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    collector
}

#[test]
fn a_scraping_prometheus_sees_every_metric_that_a_dashboard_asks_for() {
    if !installed() {
        return;
    }
    let collector = told_by_a_run();
    let target = format!(
        "[{{job_name: own, honor_labels: true, scrape_interval: 1s, static_configs: [{{targets: ['{}']}}]}}]",
        collector.address()
    );
    let prometheus = Prometheus::start(&folder("prometheus-scrape"), &target);
    let ask = |expr: &str| prometheus.query(expr, None).unwrap();
    let there = || !ask("faultline_retries_total").is_empty();
    until(Duration::from_secs(60), "it scraped nothing", there);
    let names = prometheus.ask("label/__name__/values", &[]).unwrap();
    let names: BTreeSet<&str> = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for name in queries::metrics() {
        assert!(names.contains(name.as_str()), "{name} is not among {names:?}");
    }
    let value = |expr: &str| ask(expr).into_values().collect::<Vec<_>>();
    assert_eq!(value("faultline_retries_total{job='faultline'}"), [1.0]);
    assert_eq!(value("sum(faultline_throttles_total)"), [1.0]);
    assert_eq!(value("sum(gen_ai_client_operation_duration_seconds_count)"), [2.0]);
    assert_eq!(value("sum(gen_ai_execute_tool_duration_seconds_count)"), [2.0]);
    assert_eq!(value("count(target_info{job='faultline', telemetry_sdk_language='rust'}) > bool 0"), [1.0]);
}

#[test]
fn promtool_has_nothing_against_the_form() {
    if !installed() {
        return;
    }
    let collector = told_by_a_run();
    let (head, body) = get(&collector.address(), "/metrics", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let checked = promtool(&["check", "metrics"], &body);
    assert_eq!((text(&checked.stdout), text(&checked.stderr)), (String::new(), String::new()));
    assert!(checked.status.success());
}

#[test]
fn the_files_for_containers_are_well_formed_and_mount_what_is_there() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards/compose");
    let read = |name: &str| -> serde_json::Value {
        serde_saphyr::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    for name in ["otelcol.yaml", "tempo.yaml", "grafana/datasources.yaml", "grafana/dashboards.yaml"] {
        assert!(read(name).is_object(), "{name}");
    }
    let compose = read("compose.yaml");
    let services = compose["services"].as_object().unwrap();
    for (name, service) in services {
        for mount in service["volumes"].as_array().unwrap() {
            let from = mount.as_str().unwrap().split(':').next().unwrap();
            assert!(folder.join(from).exists(), "{name} mounts {from}");
        }
        let ports = service["ports"].as_array().into_iter().flatten();
        ports.for_each(|port| assert!(port.as_str().unwrap().starts_with("127.0.0.1:"), "{name}: {port}"));
    }
    if installed() {
        let checked = promtool(&["check", "config", folder.join("prometheus.yml").to_str().unwrap()], "");
        assert!(checked.status.success(), "{}{}", text(&checked.stdout), text(&checked.stderr));
    }
}
