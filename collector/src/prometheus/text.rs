//! How series are written: Prometheus' text form 0.0.4, and OpenMetrics 1.0.0.

use super::ledger::{Family, Ledger};
use super::points::Labels;
use super::value::Value;
use crate::counts::Counts;
use faultline_telemetry::prometheus::Kind;
use std::fmt::Write as _;

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Prometheus' own.
    Text,
    /// The standard that came of it.
    OpenMetrics,
}

impl Form {
    /// The form that a reader who accepts this wants.
    pub(crate) fn accepted(accept: &str) -> Self {
        let quality = |kind: &str| {
            let part = accept.split(',').find(|part| part.trim().starts_with(kind))?;
            let quality = part.split(';').find_map(|setting| setting.trim().strip_prefix("q="));
            quality.map_or(Some(1.0), |quality| quality.trim().parse().ok())
        };
        let of = |kind| quality(kind).unwrap_or(0.0_f64);
        let open = of("application/openmetrics-text");
        if open > 0.0 && open >= of("text/plain") { Self::OpenMetrics } else { Self::Text }
    }

    /// Its name among media types.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Everything at a moment (nanoseconds since 1970), and what became of what came.
    pub(crate) fn write(self, ledger: &Ledger, counts: &Counts, now: i64) -> String {
        let mut text = String::new();
        for (name, family) in ledger.families(now).iter().chain(&own(counts)) {
            self.family(&mut text, name, family);
        }
        if self == Self::OpenMetrics {
            text += "# EOF\n";
        }
        text
    }

    fn family(self, text: &mut String, name: &str, family: &Family) {
        // OpenMetrics names the family without what its samples end with.
        let of = match (self, family.kind) {
            (Self::OpenMetrics, Kind::Counter) => name.strip_suffix("_total").unwrap_or(name),
            _ => name,
        };
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::Summary => "summary",
        };
        let help = if family.help.is_empty() { name } else { &family.help };
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP {of} {}\n# TYPE {of} {kind}", self.help(help));
        family.series.iter().for_each(|(labels, value)| series(text, name, labels, value));
    }

    fn help(self, help: &str) -> String {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        if self == Self::OpenMetrics { help.replace('"', "\\\"") } else { help }
    }
}

fn series(text: &mut String, name: &str, labels: &Labels, value: &Value) {
    let mut line = |end: &str, more: Option<(&str, f64)>, value: &str| {
        let _ = writeln!(text, "{name}{end}{} {value}", braces(labels, more));
    };
    match value {
        Value::Number(value) => line("", None, &number(*value)),
        Value::Distribution { bounds, counts, sum, count } => {
            let mut below = 0_u64;
            for (bound, inside) in bounds.iter().zip(counts) {
                below = below.saturating_add(*inside);
                line("_bucket", Some(("le", *bound)), &below.to_string());
            }
            line("_bucket", Some(("le", f64::INFINITY)), &count.to_string());
            if let Some(sum) = sum {
                line("_sum", None, &number(*sum));
            }
            line("_count", None, &count.to_string());
        }
        Value::Quantiles { quantiles, sum, count } => {
            for (share, value) in quantiles {
                line("", Some(("quantile", *share)), &number(*value));
            }
            line("_sum", None, &number(*sum));
            line("_count", None, &count.to_string());
        }
    }
}

fn braces(labels: &Labels, more: Option<(&str, f64)>) -> String {
    let escape = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let labels = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value)));
    let more = more.map(|(name, value)| format!("{name}=\"{}\"", number(value)));
    let all: Vec<String> = labels.chain(more).collect();
    if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
}

/// A number; one that is whole has a point, as OpenMetrics wants it of `le`.
fn number(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => format!("{value:?}"),
    }
}

/// The collector's own counters.
fn own(counts: &Counts) -> Vec<(String, Family)> {
    let of = [
        ("requests", counts.requests, "Requests that came, whatever became of them."),
        ("spans", counts.spans, "Spans that were stored."),
        ("points", counts.points, "Metric points that were stored."),
        ("logs", counts.logs, "Log records that were stored."),
        ("duplicates", counts.duplicates, "Spans that were in the store already."),
        ("rejected", counts.rejected, "Spans, points and records that cannot be kept."),
        ("malformed", counts.malformed, "Requests that nobody can read."),
        ("refused", counts.refused, "Requests that were turned away for lack of room."),
        ("failed", counts.failed, "Requests that the store could not write."),
        ("forgotten", counts.forgotten, "Rows that were removed for age or size."),
    ];
    let family = |(name, count, help): (&str, u64, &str)| {
        let series = vec![(Labels::new(), Value::Number(count as f64))];
        (
            format!("faultline_collector_{name}_total"),
            Family { kind: Kind::Counter, help: help.to_owned(), series },
        )
    };
    of.into_iter().map(family).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_what_it_likes_better() {
        let check = |accept: &str, expected: Form| assert_eq!(Form::accepted(accept), expected, "{accept}");
        check("", Form::Text);
        check("*/*", Form::Text);
        check("text/plain", Form::Text);
        check(
            "application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            Form::OpenMetrics,
        );
        check("application/openmetrics-text;q=0.2, text/plain;q=0.9", Form::Text);
        check("application/openmetrics-text;q=0", Form::Text);
    }

    #[test]
    fn names_and_values_of_labels_cannot_break_a_line() {
        let labels = vec![("a".to_owned(), "x\"y\\z\nw".to_owned())];
        assert_eq!(braces(&labels, Some(("le", 1.0))), r#"{a="x\"y\\z\nw",le="1.0"}"#);
        assert_eq!(Form::Text.help("a\\b\n\"c\""), "a\\\\b\\n\"c\"");
        assert_eq!(Form::OpenMetrics.help("\"c\""), "\\\"c\\\"");
    }

    #[test]
    fn numbers_are_written_as_both_forms_read_them() {
        let of = [1.0, 0.01, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(number);
        assert_eq!(of, ["1.0", "0.01", "1e300", "NaN", "+Inf", "-Inf"]);
    }
}
