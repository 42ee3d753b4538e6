//! Something else instead of the answer: a proxy's HTML page, JSON where frames are due.

use super::instead::instead;
use super::step::Step;
use crate::error_answer::body_plan;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// This text instead of the answer, whole and well-formed as HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Body {
    /// The HTTP status.
    #[serde(default = "ok")]
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// Its content type.
    #[serde(default = "html")]
    pub content_type: String,
    /// The body.
    pub text: String,
}

fn ok() -> u16 {
    200
}

fn html() -> String {
    "text/html".to_owned()
}

impl Body {
    pub(super) fn step(&self, cause: &Arc<str>) -> Box<dyn Step> {
        let text = self.text.clone().into_bytes();
        instead(body_plan(self.status, &self.content_type, text, Duration::ZERO).actions().to_vec(), cause)
    }
}
