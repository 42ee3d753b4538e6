//! How long model calls take.

use super::panel::{Dashboard, Panel, Query, Variable};
use super::promql::{PANEL, Slice, rate};
use super::series::Series;

pub(super) fn dashboard(series: &Series) -> Dashboard {
    let (model, job) = (&series.labels.model, series.labels.job);
    let only = format!("{job}=~\"$job\", {model}=~\"$model\"");
    let count = format!("{}_count", series.call);
    let variable = |name, label: &str| Variable { name, metric: count.clone(), label: label.to_owned() };
    let percentiles =
        |title, about, histogram: &str| Panel::percentiles(title, about, histogram, &only, model);
    let calls = rate(&count, Slice { only: &only, by: &[model], window: PANEL });
    Dashboard {
        uid: "faultline-latency",
        title: "faultline: latency",
        about: "Model calls as their client saw them.",
        variables: vec![variable("job", job), variable("model", model)],
        panels: vec![
            percentiles("Model calls: duration", "From the request to the end of the answer.", &series.call),
            percentiles(
                "Streams: time to first chunk",
                "From the request to the first frame.",
                &series.first_chunk,
            ),
            percentiles(
                "Streams: time per chunk",
                "Between two frames; a frame is not a token.",
                &series.chunk,
            ),
            Panel::lines("Model calls", "How many a second.", "ops", vec![Query::by(calls, &[model])]),
        ],
    }
}
