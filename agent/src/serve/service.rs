//! What all transports share: an agent, its settings, and the prompts that it works on.

use serde::Deserialize;
use std::sync::Arc;

use super::drive::drive;
use super::execution::Execution;
use super::refusal::Refusal;
use super::registry::Registry;
use super::settings::ServeSettings;
use super::watcher::Watcher;
use crate::agent::Agent;
use crate::conversation::Labels;

/// What all transports share.
pub(super) struct Service {
    agent: Agent,
    pub(super) settings: ServeSettings,
    registry: Registry,
}

/// What is asked.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Ask {
    pub(super) prompt: String,
    pub(super) session: String,
    pub(super) user: String,
}

impl Ask {
    /// Which conversation it belongs to: a prompt without a session is one of its own.
    fn conversation<'a>(&'a self, execution: &'a str) -> &'a str {
        if self.session.is_empty() { execution } else { &self.session }
    }

    /// Under what it is found in traces.
    fn labels(&self, execution: &str) -> Labels {
        let user = (!self.user.is_empty()).then(|| self.user.clone());
        Labels { session: Some(self.conversation(execution).to_owned()), user }
    }
}

impl Service {
    pub(super) fn new(agent: Agent, settings: ServeSettings) -> Self {
        Self { agent, settings, registry: Registry::default() }
    }

    /// Begins to work on a prompt, for as long as somebody watches.
    pub(super) fn start(&self, ask: Ask) -> Result<Watcher, Refusal> {
        if ask.prompt.trim().is_empty() {
            return Err(Refusal::blank());
        }
        let mut begun = self.registry.begin((self.settings.ids)(), &ask.session)?;
        begun.conversation.label(ask.labels(&begun.execution.id));
        let watcher = Watcher::new(begun.execution.clone(), 0);
        let agent = self.agent.for_conversation(ask.conversation(&begun.execution.id));
        tokio::spawn(drive(agent, begun, ask.prompt, self.settings.clone()));
        Ok(watcher)
    }

    /// Goes on behind the event that somebody saw last.
    pub(super) fn resume(&self, (execution, seen): (&str, usize)) -> Result<Watcher, Refusal> {
        Ok(Watcher::new(self.find(execution)?, seen))
    }

    /// A prompt that is known.
    pub(super) fn find(&self, execution: &str) -> Result<Arc<Execution>, Refusal> {
        self.registry.find(execution).ok_or_else(Refusal::unknown)
    }
}

/// `EXECUTION:NUMBER`, as an event's id holds it.
pub(super) fn place(id: &str) -> Option<(&str, usize)> {
    let (execution, number) = id.rsplit_once(':')?;
    Some((execution, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_where_to_go_on() {
        assert_eq!(place("ab12:7"), Some(("ab12", 7)));
        for bad in ["", "ab12", "ab12:x", ":"] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
