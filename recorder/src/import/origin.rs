//! What a URL and a date say: what was asked of whom, where, and on which day. Pure.

use aws_smithy_types::date_time::{DateTime, Format};
use faultline_scenarios::file::Provenance;

/// The host and the path of a URL; a path alone has no host. Who logs in there is nobody's business.
pub(super) fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map(|(_, rest)| rest);
    let (host, path) = match rest {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", url),
    };
    (bare(host), path.split(['?', '#']).next().unwrap_or_default())
}

/// A host without `user:password@`.
fn bare(host: &str) -> &str {
    host.rsplit('@').next().unwrap_or_default()
}

/// A URL that fits a line, without what may hold a secret: its query, and who logs in.
pub(super) fn short(url: &str) -> String {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let (host, path) = split(url);
    let whole = if scheme.is_empty() { path.to_owned() } else { format!("{scheme}://{host}{path}") };
    let letters: String = whole.chars().filter(|letter| !letter.is_control()).take(120).collect();
    if letters.is_empty() { "(no URL)".to_owned() } else { letters }
}

/// What a host says of where a recording comes from.
pub(super) fn provenance(host: &str) -> Provenance {
    let name = host.split(':').next().unwrap_or_default();
    let aws = name.strip_prefix("bedrock-runtime.").or_else(|| name.strip_prefix("bedrock-runtime-fips."));
    let region = aws.and_then(|rest| rest.split('.').next()).filter(|region| is_region(region));
    let upstream = (!name.is_empty() && aws.is_none()).then(|| host.to_owned());
    Provenance { region: region.map(str::to_owned), upstream, ..Provenance::default() }
}

fn is_region(text: &str) -> bool {
    text.contains('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The day of an HTTP date.
pub(super) fn day(http_date: &str) -> Option<String> {
    let time = DateTime::from_str(http_date, Format::HttpDate).ok()?;
    let text = time.fmt(Format::DateTime).ok()?;
    text.split('T').next().map(str::to_owned)
}
