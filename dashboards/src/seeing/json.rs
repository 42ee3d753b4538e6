//! A dashboard as Grafana reads it (schema version 39: Grafana 10 and later).

use super::panel::{Dashboard, Panel, Query, Shape, Variable};
use serde_json::{Value, json};

/// Two panels stand beside each other.
const WIDTH: usize = 12;
const HEIGHT: usize = 8;

/// The file.
pub(super) fn text(dashboard: &Dashboard) -> String {
    format!("{:#}\n", whole(dashboard))
}

fn whole(Dashboard { uid, title, about, variables, panels }: &Dashboard) -> Value {
    let source =
        json!({"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Source"});
    let list: Vec<Value> = std::iter::once(source).chain(variables.iter().map(variable)).collect();
    json!({
        "uid": uid,
        "title": title,
        "description": about,
        "tags": ["faultline"],
        "schemaVersion": 39,
        "editable": false,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": list},
        "panels": panels.iter().enumerate().map(panel).collect::<Vec<Value>>(),
    })
}

fn source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

fn variable(Variable { name, metric, label }: &Variable) -> Value {
    json!({
        "name": name,
        "type": "query",
        "datasource": source(),
        "query": format!("label_values({metric}, {label})"),
        // Read again when the time changes.
        "refresh": 2,
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    })
}

fn panel((index, Panel { title, about, unit, shape, queries }): (usize, &Panel)) -> Value {
    let (kind, instant) = match shape {
        Shape::Lines => ("timeseries", false),
        Shape::Bars => ("bargauge", true),
    };
    let targets = queries.iter().zip('A'..).map(|(Query { expr, legend }, name)| {
        json!({"refId": name.to_string(), "datasource": source(), "expr": expr, "legendFormat": legend,
            "instant": instant, "range": !instant})
    });
    json!({
        "id": index + 1,
        "type": kind,
        "title": title,
        "description": about,
        "datasource": source(),
        "gridPos": {"x": index % 2 * WIDTH, "y": index / 2 * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {},
        "targets": targets.collect::<Vec<Value>>(),
    })
}
