//! What the mock put in, and what it served.

use super::panel::{Dashboard, Panel, Query, Variable};
use super::promql::{PANEL, Slice, and, failed, rate, share};
use super::series::{Labels, Series};

pub(super) fn dashboard(series: &Series) -> Dashboard {
    let Labels { job, model, error, .. } = &series.labels;
    let only = format!("{job}=~\"$job\", {model}=~\"$model\"");
    let count = format!("{}_count", series.served);
    let variable = |name, label: &str| Variable { name, metric: count.clone(), label: label.to_owned() };
    let of = |counter: &str, only: &str, by: &[&str]| rate(counter, Slice { only, by, window: PANEL });
    let faults = of(&series.faults, &only, &[model]);
    let refused = of(&count, &and(&[&only, &failed(error)]), &[model, error]);
    let per_request = share(&faults, &of(&count, &only, &[model]));
    let line = |title, about, unit, expr, labels: &[&str]| {
        Panel::lines(title, about, unit, vec![Query::by(expr, labels)])
    };
    let percentiles =
        |title, about, histogram: &str| Panel::percentiles(title, about, histogram, &only, model);
    Dashboard {
        uid: "faultline-faults",
        title: "faultline: faults",
        about: "What the mock put in, and what it served.",
        variables: vec![variable("job", job), variable("model", model)],
        panels: vec![
            line("Faults", "How many were put in a second.", "ops", faults, &[model]),
            line("Faults per request", "An answer may have several.", "short", per_request, &[model]),
            line("Errors served", "How many a second, by their class.", "ops", refused, &[model, error]),
            percentiles("Served requests: duration", "As the mock saw it.", &series.served),
            percentiles("Served requests: time to first token", "As the mock saw it.", &series.first_token),
        ],
    }
}
