//! A citation as a link: `owner/repo#123` or an `https://` address. Anything else stays text.

use super::escape::{clipped, esc};

/// Where `citation` leads, if that is somewhere a page may safely link to.
fn target(citation: &str) -> Option<String> {
    if citation.starts_with("https://") {
        let clean = !citation.chars().any(|c| c.is_whitespace() || c.is_control());
        return clean.then(|| citation.to_owned());
    }
    let (repo, number) = citation.split_once('#')?;
    let (owner, name) = repo.split_once('/')?;
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let digits = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    (plain(owner) && plain(name) && digits)
        .then(|| format!("https://github.com/{owner}/{name}/issues/{number}"))
}

/// The link, opening apart and telling the other side nothing of where it came from.
pub(crate) fn link(citation: &str) -> String {
    let text = citation.strip_prefix("https://").unwrap_or(citation);
    match target(citation) {
        Some(href) if href.len() <= 300 => format!(
            "<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">{}</a>",
            esc(&href),
            clipped(text, 90)
        ),
        _ => clipped(citation, 90).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_issues_and_https_addresses_become_links() {
        for (citation, expected) in [
            ("boto/botocore#3525", Some("https://github.com/boto/botocore/issues/3525")),
            ("a.b/c_d-e#1", Some("https://github.com/a.b/c_d-e/issues/1")),
            ("https://example.com/x?y=1", Some("https://example.com/x?y=1")),
            ("http://example.com", None),
            ("javascript:alert(1)", None),
            ("javascript:alert(1)//a/b#1", None),
            ("https://example.com/ x", None),
            ("a/b#", None),
            ("a/b/c#1", None),
            ("AWS \"MessageStopEvent\"", None),
        ] {
            assert_eq!(target(citation).as_deref(), expected, "{citation}");
        }
    }

    #[test]
    fn a_quote_in_an_address_cannot_leave_the_attribute() {
        let html = link("https://example.com/\"onclick=\"x");
        assert!(html.contains("href=\"https://example.com/&quot;onclick=&quot;x\""), "{html}");
    }
}
