//! The query parameters that admin paths know: one that is misspelt must not silently mean "all sessions". Pure.

use axum::extract::Query;
use http::Uri;

/// A path's last part and the parameters that it takes.
const KNOWN: [(&str, &[&str]); 6] = [
    ("exchanges", &["session"]),
    ("verify", &["session"]),
    ("faults", &["session"]),
    ("admission", &[]),
    ("cassettes", &["session"]),
    ("reset", &["session"]),
];

/// What is wrong with the query of a request, if anything.
pub(super) fn problem(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_prefix(super::ROOT)?;
    let (_, known) = KNOWN.iter().find(|(name, _)| *name == path)?;
    let Ok(Query(given)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
        return Some("the query cannot be read".to_owned());
    };
    let (unknown, _) = given.iter().find(|(name, _)| !known.contains(&name.as_str()))?;
    let here = if known.is_empty() { "none".to_owned() } else { format!("`{}`", known.join("`, `")) };
    Some(format!("unknown query parameter `{unknown}`; {path} takes {here}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_not_known_is_told_with_those_that_are() {
        for (uri, expected) in [
            ("/_faultline/faults", None),
            ("/_faultline/faults?session=a%2Fb", None),
            ("/_faultline/reset?session=", None),
            ("/_faultline/health?t=1", None),
            ("/_faultline/admission", None),
            ("/_faultline/faults?sesion=a", Some("unknown query parameter `sesion`; faults takes `session`")),
            ("/_faultline/reset?session=a&all", Some("unknown query parameter `all`; reset takes `session`")),
            (
                "/_faultline/verify?Session=",
                Some("unknown query parameter `Session`; verify takes `session`"),
            ),
            ("/_faultline/exchanges?s", Some("unknown query parameter `s`; exchanges takes `session`")),
            (
                "/_faultline/admission?session=a",
                Some("unknown query parameter `session`; admission takes none"),
            ),
        ] {
            let found = problem(&uri.parse().unwrap());
            assert_eq!(found.as_deref(), expected, "{uri}");
        }
    }
}
