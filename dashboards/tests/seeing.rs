//! The files of `grafana/` and `prometheus/` are what the code says: a metric that is renamed in `telemetry` shows here.
//! `FAULTLINE_UPDATE=1` writes them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use faultline_dashboards::seeing::files;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_files_are_what_the_code_says() {
    let update = std::env::var("FAULTLINE_UPDATE").is_ok_and(|value| value == "1");
    for (name, text) in files() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if update {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            known, text,
            "{name} is old: FAULTLINE_UPDATE=1 cargo test -p faultline-dashboards --test seeing"
        );
    }
}

#[test]
fn dashboards_keep_the_rules_of_grafanas_linter() {
    let mut uids = BTreeSet::new();
    for (name, text) in files().into_iter().filter(|(name, _)| name.ends_with(".json")) {
        let board: Value = serde_json::from_str(&text).unwrap();
        assert!(uids.insert(board["uid"].to_string()), "{name}: its uid is another's");
        assert_eq!(
            (&board["editable"], &board["templating"]["list"][0]["type"]),
            (&false.into(), &"datasource".into())
        );
        let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
        for panel in board["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            assert!(
                ids.insert(panel["id"].to_string()) && places.insert(panel["gridPos"].to_string()),
                "{title}"
            );
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title} has no unit");
            assert!(panel["description"].as_str().unwrap().ends_with('.'), "{title} says not what it shows");
            for target in panel["targets"].as_array().unwrap() {
                let expr = target["expr"].as_str().unwrap();
                assert!(expr.contains("job=~\"$job\""), "{title}: {expr}");
                let rates = expr.matches("rate(").count();
                assert_eq!(rates, expr.matches("[$__rate_interval]").count(), "{title}: {expr}");
            }
        }
    }
    assert_eq!(uids.len(), 4);
}
