//! The stream ends cleanly without messageStop: the truncation that no SDK reports.

use super::Step;
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
        Box::new(Drop { keep_metadata: self.keep_metadata, cause: cause.clone() })
    }
}

struct Drop {
    keep_metadata: bool,
    cause: Arc<str>,
}

impl Step for Drop {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        let event = action.label().map(|label| label.event.clone());
        match event.as_deref() {
            Some("messageStop") => return,
            Some("metadata") if !self.keep_metadata => return,
            None if matches!(action.act, Act::End(_)) => action.fault = Some(self.cause.clone()),
            _ => {}
        }
        out.push(action);
    }
}
