//! What the model is told of a tool, with the policy of its calls: what every kind of tool that is made of values has.
//! It knows nothing of how a tool runs.

use serde_json::Value;

use super::policy::ToolPolicy;

/// A tool's name, description, schema and policy.
#[derive(Debug, Clone)]
pub(super) struct Described {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) schema: Value,
    pub(super) policy: ToolPolicy,
}

impl Described {
    /// With the policy of a write that is tried once.
    pub(super) fn new(name: impl Into<String>, description: impl Into<String>, schema: Value) -> Self {
        let (name, description, policy) = (name.into(), description.into(), ToolPolicy::default());
        Self { name, description, schema, policy }
    }
}

/// The part of a `Tool` that a member `about: Described` answers.
macro_rules! answered_by_about {
    () => {
        fn name(&self) -> &str {
            &self.about.name
        }

        fn description(&self) -> &str {
            &self.about.description
        }

        fn policy(&self) -> ToolPolicy {
            self.about.policy.clone()
        }

        fn input_schema(&self) -> Value {
            self.about.schema.clone()
        }
    };
}

/// The builder that every such tool has.
macro_rules! with_policy_in_about {
    () => {
        /// The same tool under another policy.
        #[must_use]
        pub fn with_policy(mut self, policy: ToolPolicy) -> Self {
            self.about.policy = policy;
            self
        }
    };
}

pub(super) use {answered_by_about, with_policy_in_about};
