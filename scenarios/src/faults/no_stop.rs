//! The stream ends cleanly without messageStop: the truncation that no SDK reports.

use super::step::Step;
use crate::plan::{Act, Action};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// No messageStop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoStop {
    /// Whether `metadata` is sent all the same. It ends no message either.
    #[serde(default)]
    pub keep_metadata: bool,
}

impl NoStop {
    pub(super) fn step(&self, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Drop { keep_metadata: self.keep_metadata, dropped: false, cause: cause.clone() })
    }
}

struct Drop {
    keep_metadata: bool,
    /// Whether there was something to leave out: a unary answer has no messageStop.
    dropped: bool,
    cause: Arc<str>,
}

impl Step for Drop {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        let event = action.label().map(|label| label.event.clone());
        match event.as_deref() {
            Some("messageStop") => self.dropped = true,
            Some("metadata") if !self.keep_metadata => self.dropped = true,
            None if self.dropped && matches!(action.act, Act::End(_)) => {
                action.mark(&self.cause);
                out.push(action);
            }
            _ => out.push(action),
        }
    }
}
