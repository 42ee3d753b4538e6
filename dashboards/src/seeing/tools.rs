//! How tools do.

use super::panel::{Dashboard, Panel, Query, Shape, Variable};
use super::promql::{PANEL, Slice, and, failed, rate, share};
use super::series::Series;

pub(super) fn dashboard(series: &Series) -> Dashboard {
    let (tool, error, job) = (series.labels.tool.as_str(), series.labels.error.as_str(), series.labels.job);
    let only = format!("{job}=~\"$job\", {tool}=~\"$tool\"");
    let only_failed = and(&[&only, &failed(error)]);
    let count = format!("{}_count", series.tool);
    let variable = |name, label: &str| Variable { name, metric: count.clone(), label: label.to_owned() };
    let of = |only: &str, by: &[&str]| rate(&count, Slice { only, by, window: PANEL });
    let most = format!("topk(10, sum by ({tool}) (increase({count}{{{only}}}[$__range])))");
    Dashboard {
        uid: "faultline-tools",
        title: "faultline: tools",
        about: "Tool calls of agents.",
        variables: vec![variable("job", job), variable("tool", tool)],
        panels: vec![
            Panel::percentiles(
                "Tool calls: duration",
                "From the call to its result.",
                &series.tool,
                &only,
                tool,
            ),
            Panel::lines(
                "Failed tool calls",
                "How many a second, by the class of their error.",
                "ops",
                vec![Query::by(of(&only_failed, &[tool, error]), &[tool, error])],
            ),
            Panel::lines(
                "Share of tool calls that failed",
                "Of each tool.",
                "percentunit",
                vec![Query::by(share(&of(&only_failed, &[tool]), &of(&only, &[tool])), &[tool])],
            ),
            Panel {
                shape: Shape::Bars,
                ..Panel::lines(
                    "Most called tools",
                    "Calls in the time that is shown.",
                    "short",
                    vec![Query::by(most, &[tool])],
                )
            },
        ],
    }
}
