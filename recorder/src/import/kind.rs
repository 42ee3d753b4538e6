//! The kinds of recordings that can be imported, and how each is told from what it holds. Pure.

use super::tree::Tree;
use super::{req_llm, vcrpy, wiremock};
use std::fmt;
use std::str::FromStr;

/// Whose recording a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The exact bytes of an event stream.
    Es,
    /// vcrpy (Python).
    Vcrpy,
    /// VCR (Ruby).
    RubyVcr,
    /// go-vcr (Go).
    GoVcr,
    /// nock (Node.js).
    Nock,
    /// WireMock (Java).
    Wiremock,
    /// HAR, as browsers and Polly.JS write it.
    Har,
    /// Datadog's test agent.
    Ddapm,
    /// req_llm (Elixir).
    ReqLlm,
    /// httpmock (Rust).
    Httpmock,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Es,
        Self::Vcrpy,
        Self::RubyVcr,
        Self::GoVcr,
        Self::Nock,
        Self::Wiremock,
        Self::Har,
        Self::Ddapm,
        Self::ReqLlm,
        Self::Httpmock,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::Vcrpy => "vcrpy",
            Self::RubyVcr => "ruby-vcr",
            Self::GoVcr => "go-vcr",
            Self::Nock => "nock",
            Self::Wiremock => "wiremock",
            Self::Har => "har",
            Self::Ddapm => "ddapm",
            Self::ReqLlm => "req-llm",
            Self::Httpmock => "httpmock",
        }
    }

    /// The kind of a document; none where it is no recording that we know.
    pub(super) fn of(document: &Tree) -> Option<Self> {
        if let Some(interactions) = document.get("interactions") {
            let is_go =
                interactions.items().first().and_then(|first| first.at(&["request", "url"])).is_some();
            return Some(if is_go { Self::GoVcr } else { Self::Vcrpy });
        }
        let is_exchange = document.has("request") && document.has("response");
        match document {
            _ if vcrpy::is_apart(document) => Some(Self::Vcrpy),
            _ if document.has("http_interactions") => Some(Self::RubyVcr),
            _ if document.at(&["log", "entries"]).is_some() => Some(Self::Har),
            _ if document.has("mappings") => Some(Self::Wiremock),
            _ if document.has("when") && document.has("then") => Some(Self::Httpmock),
            Tree::List(items) if items.first().is_some_and(|item| item.has("scope") && item.has("path")) => {
                Some(Self::Nock)
            }
            _ if req_llm::is_fixture(document) => Some(Self::ReqLlm),
            _ if is_exchange && document.at(&["response", "status", "code"]).is_some() => Some(Self::Ddapm),
            _ if wiremock::is_mapping(document) => Some(Self::Wiremock),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("write one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert!("vcr".parse::<Kind>().unwrap_err().contains("ruby-vcr"));
    }
}
