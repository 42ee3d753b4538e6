//! Rules as Prometheus reads them.

use super::rules::{Alert, Recording};
use std::fmt::Write as _;

const HEAD: &str = "# Written by faultline-dashboards (dashboards/src/seeing/); change it there.\n";

/// The file of the recording rules.
pub(super) fn recording(rules: &[Recording]) -> String {
    let mut text = format!("{HEAD}groups:\n  - name: faultline\n    interval: 30s\n    rules:\n");
    for Recording { name, expr } in rules {
        // Writing to a string does not fail.
        let _ = writeln!(text, "      - record: {name}\n        expr: {}", quoted(expr));
    }
    text
}

/// The file of the alerts.
pub(super) fn alerts(rules: &[Alert]) -> String {
    let mut text = format!("{HEAD}groups:\n  - name: faultline-alerts\n    rules:\n");
    for Alert { name, expr, after, severity, summary } in rules {
        let _ = writeln!(
            text,
            "      - alert: {name}\n        expr: {}\n        for: {after}\n        labels:\n          severity: {severity}\n\
             \x20       annotations:\n          summary: {}",
            quoted(expr),
            quoted(summary)
        );
    }
    text
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
