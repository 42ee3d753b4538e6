//! The tools of several scenarios as one set. Pure.

use faultline_scenarios::Scenario;
use faultline_scenarios::tool_script::ToolScript;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Two scenarios script a tool of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clash {
    tool: String,
    second: String,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tool, second } = self;
        write!(f, "the tool `{tool}` is scripted by two scenarios, the second is `{second}`")
    }
}

/// The tools of all scenarios, each name once.
///
/// # Errors
/// When two scenarios script one: a call does not say which of them it belongs to.
pub(crate) fn gather<'a>(
    scenarios: impl IntoIterator<Item = &'a Arc<Scenario>>,
) -> Result<BTreeMap<String, ToolScript>, Clash> {
    let mut tools = BTreeMap::new();
    for scenario in scenarios {
        for (name, script) in &scenario.file.tools {
            if tools.insert(name.clone(), script.clone()).is_some() {
                return Err(Clash { tool: name.clone(), second: scenario.name.to_string() });
            }
        }
    }
    Ok(tools)
}
