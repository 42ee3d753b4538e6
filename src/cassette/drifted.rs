//! How cassettes of one name differ, in lines. Pure.

use faultline_recorder::drift::{Drift, Kind, drifts};
use faultline_scenarios::Scenario;
use std::collections::BTreeMap;

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// What the model said.
    pub(crate) words: bool,
    /// When it came.
    pub(crate) timing: bool,
}

impl Wanted {
    fn has(self, drift: &Drift) -> bool {
        match drift.kind {
            Kind::Shape => true,
            Kind::Words => self.words,
            Kind::Timing => self.timing,
        }
    }
}

/// What differs between cassettes of one name; and which are on one side alone.
pub(crate) fn drifted(before: &[Scenario], after: &[Scenario], wanted: Wanted) -> Vec<String> {
    let (old, new) = (by_name(before), by_name(after));
    let mut lines = Vec::new();
    for (name, one) in &old {
        match new.get(name) {
            None => lines.push(format!("{name}: only in the first")),
            Some(other) => {
                let own = between(one, other, wanted);
                if !own.is_empty() {
                    lines.push((*name).to_owned());
                    lines.extend(own);
                }
            }
        }
    }
    lines.extend(
        new.keys().filter(|name| !old.contains_key(*name)).map(|name| format!("{name}: only in the second")),
    );
    lines
}

/// What differs between two cassettes, a line each.
pub(crate) fn between(one: &Scenario, other: &Scenario, wanted: Wanted) -> Vec<String> {
    let all = drifts(&one.file.replies, &other.file.replies);
    all.iter().filter(|drift| wanted.has(drift)).map(|drift| format!("  {drift}")).collect()
}

fn by_name(all: &[Scenario]) -> BTreeMap<&str, &Scenario> {
    all.iter().map(|scenario| (&*scenario.name, scenario)).collect()
}
