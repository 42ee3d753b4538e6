//! What a user wants replaced in recordings, beyond what is always replaced.

use crate::exit::Failure;
use crate::output::counted;
use faultline_recorder::redact::{Redactor, Rule, RuleError};
use std::sync::Arc;

/// Rules of redaction.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct RedactArgs {
    /// Replace what this regular expression matches, in any text, by `redacted-NAME-1`; may be repeated.
    #[arg(long, value_name = "NAME=REGEX", value_parser = pair)]
    redact: Vec<(String, String)>,
    /// Replace what this JSONPath selects in bodies, whole; may be repeated.
    #[arg(long, value_name = "NAME=$..PATH", value_parser = pair)]
    redact_path: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, rule)| !name.is_empty() && !rule.is_empty());
    let (name, rule) = pair.ok_or("write NAME=RULE, as `order=ORD-[0-9]+`")?;
    Ok((name.to_owned(), rule.to_owned()))
}

impl RedactArgs {
    /// What replaces secrets.
    ///
    /// # Errors
    /// When a rule cannot be read.
    pub(crate) fn redactor(&self) -> Result<Arc<Redactor>, Failure> {
        let patterns = self.redact.iter().map(|(name, rule)| Rule::regex(name, rule));
        let paths = self.redact_path.iter().map(|(name, rule)| Rule::path(name, rule));
        let rules =
            patterns.chain(paths).collect::<Result<Vec<Rule>, RuleError>>().map_err(Failure::usage)?;
        Ok(Arc::new(Redactor::new(rules)))
    }
}

/// What was replaced, in a line; none where nothing was.
pub(crate) fn replaced(redactor: &Redactor) -> Option<String> {
    let counts = redactor.counts();
    let one = |(kind, different, times): &(String, usize, usize)| {
        format!("{kind}: {different} ({})", counted(*times, "time"))
    };
    let all: Vec<String> = counts.iter().filter(|(.., times)| *times > 0).map(one).collect();
    (!all.is_empty()).then(|| format!("redacted {}", all.join(", ")))
}
