//! What a thing of OpenTelemetry is called in Prometheus: the rules of the compatibility document ("Prometheus and
//! OpenMetrics Compatibility"), as the Prometheus exporter of otelcol follows them with suffixes.
//!
//! Who translates (`/metrics`) and who asks (dashboards, rules) take names from here, so that a renaming reaches both.

/// What a metric is, in Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It is what it is.
    Gauge,
    /// It has buckets.
    Histogram,
    /// It has a sum, a count, and perhaps quantiles.
    Summary,
}

/// Label: the service, with its namespace before it.
pub const JOB: &str = "job";
/// Label: which of the service's processes.
pub const INSTANCE: &str = "instance";
/// Label: what part of it told.
pub const SCOPE_NAME: &str = "otel_scope_name";
/// Label: its version.
pub const SCOPE_VERSION: &str = "otel_scope_version";
/// Metric, 1: everything else that is known of a job and an instance, as labels.
pub const TARGET_INFO: &str = "target_info";

/// Resource attribute behind [`JOB`].
pub const SERVICE_NAME: &str = "service.name";
/// Resource attribute before it, with a slash between.
pub const SERVICE_NAMESPACE: &str = "service.namespace";
/// Resource attribute behind [`INSTANCE`].
pub const SERVICE_INSTANCE: &str = "service.instance.id";

/// Labels that an attribute may not be: we set them.
const OURS: [&str; 6] = [JOB, INSTANCE, SCOPE_NAME, SCOPE_VERSION, "le", "quantile"];

/// The name of a metric, with its unit and, of a counter, `_total`.
#[must_use]
pub fn metric_name(name: &str, unit: &str, kind: Kind) -> String {
    let split = name.split(|c: char| c == '_' || !is_of_a_metric(c));
    let mut words: Vec<&str> = split.filter(|word| !word.is_empty()).collect();
    let unit = unit_words(unit, kind);
    let unit: Vec<&str> = unit.split('_').filter(|word| !word.is_empty()).collect();
    if !unit.is_empty() && !words.windows(unit.len()).any(|part| part == unit) {
        words.extend(unit);
    }
    if kind == Kind::Counter {
        words.retain(|word| *word != "total");
        words.push("total");
    }
    let name = words.join("_");
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The name of a label. What we set ourselves, an attribute cannot be: it is `exported_` then.
#[must_use]
pub fn label_name(attribute: &str) -> String {
    let valid = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = attribute.chars().map(valid).collect();
    match name.as_str() {
        _ if OURS.contains(&name.as_str()) => format!("exported_{name}"),
        _ if name.starts_with("__") => format!("key{name}"),
        _ if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => format!("key_{name}"),
        _ => name,
    }
}

fn is_of_a_metric(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ':' || c == '_'
}

/// `s` as `seconds`, `By/s` as `bytes_per_second`; what stands in braces is no unit.
fn unit_words(unit: &str, kind: Kind) -> String {
    if unit == "1" {
        // Only of a gauge: a counter of ones is a count.
        return if kind == Kind::Gauge { "ratio".to_owned() } else { String::new() };
    }
    let (of, per) = unit.split_once('/').map_or((unit, ""), |(of, per)| (of, per));
    let plain = |unit: &str| -> String { if unit.contains('{') { String::new() } else { word(unit) } };
    let per = plain(per);
    let per = if per.is_empty() { per } else { format!("per_{}", singular(&per)) };
    [plain(of), per].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

fn word(unit: &str) -> String {
    let known = match unit {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" | "kBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "m" => "meters",
        "%" => "percent",
        other => other,
    };
    known.chars().map(|c| if is_of_a_metric(c) { c } else { '_' }).collect()
}

fn singular(unit: &str) -> &str {
    match unit {
        "celsius" | "hertz" => unit,
        _ => unit.strip_suffix('s').unwrap_or(unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_their_unit_and_a_counter_says_so() {
        let check = |name: &str, unit: &str, kind: Kind, expected: &str| {
            assert_eq!(metric_name(name, unit, kind), expected, "{name} in {unit}");
        };
        check(
            "gen_ai.client.operation.duration",
            "s",
            Kind::Histogram,
            "gen_ai_client_operation_duration_seconds",
        );
        check("gen_ai.client.token.usage", "{token}", Kind::Histogram, "gen_ai_client_token_usage");
        check("faultline.retries", "", Kind::Counter, "faultline_retries_total");
        check("faultline.breaker.open", "", Kind::Gauge, "faultline_breaker_open");
        check("a.seconds", "s", Kind::Gauge, "a_seconds");
        check("a.seconds.total", "s", Kind::Counter, "a_seconds_total");
        check("a.total.b", "s", Kind::Counter, "a_b_seconds_total");
        check("disk.io", "By/s", Kind::Gauge, "disk_io_bytes_per_second");
        check("disk.io", "By", Kind::Counter, "disk_io_bytes_total");
        check("requests", "{request}/min", Kind::Gauge, "requests_per_minute");
        check("cpu", "1", Kind::Gauge, "cpu_ratio");
        check("calls", "1", Kind::Counter, "calls_total");
        check("2xx--a__b", "", Kind::Gauge, "_2xx_a_b");
        check("größe", "", Kind::Gauge, "gr_e");
    }

    #[test]
    fn labels_are_valid_and_none_is_one_of_ours() {
        let check = |attribute: &str, expected: &str| assert_eq!(label_name(attribute), expected);
        check("gen_ai.request.model", "gen_ai_request_model");
        check("job", "exported_job");
        check("le", "exported_le");
        check("1st", "key_1st");
        check("__name__", "key__name__");
        check("a-b/c", "a_b_c");
    }
}
