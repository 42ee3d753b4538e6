//! What agents use, and what goes wrong for them.

use super::panel::{Dashboard, Panel, Query, Variable};
use super::promql::{PANEL, Slice, and, failed, rate};
use super::series::{Labels, Series};

pub(super) fn dashboard(series: &Series) -> Dashboard {
    let Labels { job, model, .. } = &series.labels;
    let count = format!("{}_count", series.call);
    let variable = |name, label: &str| Variable { name, metric: count.clone(), label: label.to_owned() };
    let variables = vec![variable("job", job), variable("model", model)];
    let panels = [tokens(series), trouble(series), runs(series)].into_iter().flatten().collect();
    Dashboard {
        uid: "faultline-agent",
        title: "faultline: agent",
        about: "What agents use, and what goes wrong for them.",
        variables,
        panels,
    }
}

fn only(Labels { job, model, .. }: &Labels) -> String {
    format!("{job}=~\"$job\", {model}=~\"$model\"")
}

fn tokens(series: &Series) -> Vec<Panel> {
    let model = &series.labels.model;
    let (mut used, mut each) = (Vec::new(), Vec::new());
    for tokens in &series.tokens {
        let only = and(&[&only(&series.labels), &tokens.only]);
        let of = |part: &str| {
            let slice = Slice { only: &only, by: &[model], window: PANEL };
            rate(&format!("{}_{part}", tokens.metric), slice)
        };
        let legend = format!("{} {{{{{model}}}}}", tokens.what);
        used.push(Query { expr: of("sum"), legend: legend.clone() });
        each.push(Query { expr: format!("{} / {}", of("sum"), of("count")), legend });
    }
    vec![
        Panel::lines("Tokens", "How many a second, read and written.", "short", used),
        Panel::lines("Tokens of a model call", "On average, read and written.", "short", each),
    ]
}

fn trouble(series: &Series) -> Vec<Panel> {
    let Labels { job, model, error, .. } = &series.labels;
    let only = only(&series.labels);
    let of = |counter: &str, only: &str, by: &[&str]| rate(counter, Slice { only, by, window: PANEL });
    let line = |title, about, expr, labels: &[&str]| {
        Panel::lines(title, about, "ops", vec![Query::by(expr, labels)])
    };
    let failures = of(&format!("{}_count", series.call), &and(&[&only, &failed(error)]), &[model, error]);
    let throttles = of(&series.throttles, &format!("{job}=~\"$job\""), &[error]);
    let open = format!("max by ({model}) ({}{{{only}}})", series.breaker);
    vec![
        line(
            "Retries",
            "Model calls that were made again, a second.",
            of(&series.retries, &only, &[model]),
            &[model],
        ),
        line("Throttles", "Requests that were throttled, a second, by what was said.", throttles, &[error]),
        Panel::lines(
            "Circuit breaker",
            "1 from when a model is left alone to its next answer.",
            "short",
            vec![Query::by(open, &[model])],
        ),
        line(
            "Failed model calls",
            "How many a second, by the class of their error.",
            failures,
            &[model, error],
        ),
    ]
}

fn runs(series: &Series) -> Vec<Panel> {
    let Labels { job, agent, error, .. } = &series.labels;
    let only = format!("{job}=~\"$job\"");
    let slice = |only, by| Slice { only, by, window: PANEL };
    let count = format!("{}_count", series.agent);
    let failures = and(&[&only, &failed(error)]);
    let failures = rate(&count, slice(&failures, &[agent, error]));
    vec![
        Panel::percentiles(
            "Agent runs: duration",
            "From the prompt to the answer.",
            &series.agent,
            &only,
            agent,
        ),
        Panel::lines(
            "Failed agent runs",
            "How many a second, by the class of their error.",
            "ops",
            vec![Query::by(failures, &[agent, error])],
        ),
    ]
}
