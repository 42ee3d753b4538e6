//! The head names another content type; every byte of the body stays.

use super::step::Step;
use crate::plan::{Act, Action};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// A content type that is not true.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentType {
    /// What the head says.
    #[serde(default = "json")]
    pub is: String,
}

fn json() -> String {
    "application/json".to_owned()
}

impl ContentType {
    pub(super) fn step(&self, cause: &Arc<str>) -> Box<dyn Step> {
        Box::new(Lie { is: self.is.clone(), cause: cause.clone() })
    }
}

struct Lie {
    is: String,
    cause: Arc<str>,
}

impl Step for Lie {
    fn step(&mut self, mut action: Action, out: &mut Vec<Action>) {
        if let Act::Head(head) = &mut action.act
            && head.set("content-type", &self.is)
        {
            action.mark(&self.cause);
        }
        out.push(action);
    }
}
