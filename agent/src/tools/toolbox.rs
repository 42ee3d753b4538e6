//! The tools that an agent offers, and how Bedrock is told of them.

use std::sync::Arc;

use aws_sdk_bedrockruntime::types::{self as sdk, ToolConfiguration, ToolInputSchema, ToolSpecification};
use serde_json::Value;
use thiserror::Error;

use super::audit::AuditLog;
use super::entry::Entry;
use super::input_check::InputCheck;
use super::journal::Journal;
use super::ledger::Ledger;
use super::{Tool, ToolPolicy};
use crate::bedrock_json::json_to_document;
use crate::cause::Cause;
use crate::clock::{Clock, TokioClock};

/// Tools by name, in the order in which they were added. Clones share what is remembered of the tools: breakers, rates
/// and caches.
#[derive(Clone)]
pub struct Toolbox {
    tools: Vec<Arc<Entry>>,
    clock: Arc<dyn Clock>,
    journal: Journal,
    scope: String,
}

impl Default for Toolbox {
    fn default() -> Self {
        let clock = Arc::new(TokioClock::default());
        Self { tools: Vec::new(), clock, journal: Journal::default(), scope: String::new() }
    }
}

/// A tool that Bedrock would refuse.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ToolboxError {
    /// The name is not 1 to 64 of `[a-zA-Z0-9_-]`.
    #[error("the tool name {0:?} is not 1 to 64 of [a-zA-Z0-9_-]")]
    IllegalName(String),
    /// There is a tool of that name already.
    #[error("there are two tools named {0}")]
    Duplicate(String),
    /// The description is blank.
    #[error("the tool {0} has no description")]
    NoDescription(String),
    /// The schema's root is not an object type.
    #[error("the input schema of {0} must have \"type\": \"object\" at its root")]
    SchemaNotObject(String),
    /// The schema cannot check anything: it is not a JSON Schema, or refers to another document.
    #[error("the input schema of {name} is not usable: {why}")]
    BadSchema {
        /// The tool.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A policy that only an idempotent tool may have.
    #[error("the tool {name} has {what}, but is not declared idempotent")]
    NotIdempotent {
        /// The tool.
        name: String,
        /// What its policy asks for.
        what: &'static str,
    },
    /// A tool needs or falls back to one that is not in the box yet. So no circle can come about.
    #[error("the tool {name} refers to {wanted}, which must be added before it")]
    NotThere {
        /// The tool.
        name: String,
        /// The one that it refers to.
        wanted: String,
    },
}

impl Toolbox {
    /// An empty box: the model is offered no tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool under its own policy.
    ///
    /// # Errors
    /// [`ToolboxError`] where Bedrock would refuse the tool, or its policy cannot hold.
    pub fn with(self, tool: impl Tool + 'static) -> Result<Self, ToolboxError> {
        let policy = tool.policy();
        self.with_policy(tool, policy)
    }

    /// Adds a tool under another policy than its own.
    ///
    /// # Errors
    /// As [`Toolbox::with`].
    pub fn with_policy(
        mut self,
        tool: impl Tool + 'static,
        policy: ToolPolicy,
    ) -> Result<Self, ToolboxError> {
        let name = tool.name().to_owned();
        self.refuse(&tool)?;
        let why = |why| ToolboxError::BadSchema { name: name.clone(), why };
        let check = InputCheck::new(&tool.input_schema()).map_err(why)?;
        if let Some(what) = policy.too_bold() {
            return Err(ToolboxError::NotIdempotent { name, what });
        }
        let missing = policy.needs.iter().chain(&policy.fallback).find(|wanted| self.find(wanted).is_none());
        if let Some(wanted) = missing {
            return Err(ToolboxError::NotThere { name, wanted: wanted.clone() });
        }
        let fallback = policy.fallback.as_ref().and_then(|fallback| self.find(fallback)).cloned();
        self.tools.push(Arc::new(Entry::new(Box::new(tool), policy, check, fallback)));
        Ok(self)
    }

    /// What Bedrock would not have.
    fn refuse(&self, tool: &dyn Tool) -> Result<(), ToolboxError> {
        let name = tool.name().to_owned();
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !(1..=64).contains(&name.len()) || !name.chars().all(legal) {
            return Err(ToolboxError::IllegalName(name));
        }
        if self.find(&name).is_some() {
            return Err(ToolboxError::Duplicate(name));
        }
        if tool.description().trim().is_empty() {
            return Err(ToolboxError::NoDescription(name));
        }
        if tool.input_schema().get("type") != Some(&Value::from("object")) {
            return Err(ToolboxError::SchemaNotObject(name));
        }
        Ok(())
    }

    /// Keeps writes from being executed twice: a call of a tool that is not idempotent is looked up by its toolUseId,
    /// name and input before it runs. `scope` names the conversation: the same call in another scope is another call.
    ///
    /// An id that the agent had to make itself, because the model's was illegal or there twice, is unique in its run
    /// only; the ledger then takes a call of a later run for the same one.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Arc<dyn Ledger>, scope: impl Into<String>) -> Self {
        self.journal.ledger = Some(ledger);
        self.scope = scope.into();
        self
    }

    /// The same box for a conversation: the same call in another one is another call.
    pub(crate) fn scoped(&self, conversation: &str) -> Self {
        Self { scope: format!("{}\n{conversation}", self.scope), ..self.clone() }
    }

    /// The same box, scoped to a task, with the ledger that `make` makes of the one that is there.
    pub(crate) fn for_task(
        &self,
        task: &str,
        make: impl FnOnce(Option<Arc<dyn Ledger>>) -> Arc<dyn Ledger>,
    ) -> Self {
        let ledger = make(self.journal.ledger.clone());
        self.clone().with_ledger(ledger, format!("{}\n{task}", self.scope))
    }

    /// Writes every call into an audit log. A call that cannot be written is not made.
    #[must_use]
    pub fn with_audit(mut self, audit: Arc<AuditLog>) -> Self {
        self.journal.audit = Some(audit);
        self
    }

    /// The same box with another clock, for breakers, rates and caches. Default: tokio's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The names of the tools, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().map(|entry| entry.name())
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Entry>> {
        self.tools.iter().find(|entry| entry.name() == name)
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    /// `toolConfig`, or `None` for an empty box: Bedrock refuses an empty list.
    pub(crate) fn configuration(&self) -> Result<Option<ToolConfiguration>, Cause> {
        if self.tools.is_empty() {
            return Ok(None);
        }
        let built = self.tools.iter().map(|entry| specification(&*entry.tool)).collect::<Result<Vec<_>, _>>();
        let configuration =
            built.and_then(|tools| ToolConfiguration::builder().set_tools(Some(tools)).build());
        configuration.map(Some).map_err(|error| Cause::Request(error.to_string()))
    }
}

fn specification(tool: &dyn Tool) -> Result<sdk::Tool, aws_smithy_types::error::operation::BuildError> {
    let specification = ToolSpecification::builder()
        .name(tool.name())
        .description(tool.description())
        .input_schema(ToolInputSchema::Json(json_to_document(&tool.input_schema())))
        .build()?;
    Ok(sdk::Tool::ToolSpec(specification))
}

impl std::fmt::Debug for Toolbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{ToolContext, ToolFuture, ToolOutput};
    use serde_json::{Map, json};

    struct Odd(&'static str, &'static str, Value);

    impl Tool for Odd {
        fn name(&self) -> &str {
            self.0
        }
        fn description(&self) -> &str {
            self.1
        }
        fn input_schema(&self) -> Value {
            self.2.clone()
        }
        fn run<'a>(&'a self, _: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
            Box::pin(async { Ok(ToolOutput::Text(String::new())) })
        }
    }

    fn check(tool: Odd, expected: impl Into<Option<ToolboxError>>) {
        let taken = Odd("taken", "d", json!({"type": "object"}));
        assert_eq!(Toolbox::new().with(taken).unwrap().with(tool).err(), expected.into());
    }

    #[test]
    fn a_tool_that_bedrock_would_refuse_does_not_get_into_the_box() {
        let object = || json!({"type": "object"});
        check(Odd("get-x_1", "d", object()), None);
        check(Odd("", "d", object()), ToolboxError::IllegalName(String::new()));
        check(Odd("a b", "d", object()), ToolboxError::IllegalName("a b".into()));
        check(Odd("taken", "d", object()), ToolboxError::Duplicate("taken".into()));
        check(Odd("x", " ", object()), ToolboxError::NoDescription("x".into()));
        check(Odd("x", "d", json!({})), ToolboxError::SchemaNotObject("x".into()));
        check(Odd("x", "d", json!({"type": "string"})), ToolboxError::SchemaNotObject("x".into()));
    }

    fn refused(policy: ToolPolicy) -> Option<String> {
        let toolbox = Toolbox::new().with(Odd("a", "d", json!({"type": "object"}))).unwrap();
        let refused = toolbox.with_policy(Odd("b", "d", json!({"type": "object"})), policy);
        refused.err().map(|error| error.to_string())
    }

    #[test]
    fn a_policy_that_cannot_hold_is_refused() {
        let needs = |name: &str| ToolPolicy { needs: vec![name.into()], ..ToolPolicy::default() };
        let fallback = |name: &str| ToolPolicy { fallback: Some(name.into()), ..ToolPolicy::default() };
        assert_eq!((refused(needs("a")), refused(fallback("a"))), (None, None));
        let text = |wanted| Some(format!("the tool b refers to {wanted}, which must be added before it"));
        assert_eq!((refused(needs("b")), refused(fallback("c"))), (text("b"), text("c")));
        let bold = refused(ToolPolicy { retries: 1, ..ToolPolicy::default() });
        assert_eq!(bold.unwrap(), "the tool b has retries, but is not declared idempotent");
    }

    #[test]
    fn a_schema_that_checks_nothing_is_refused() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "strnig"}}});
        let error = Toolbox::new().with(Odd("x", "d", schema)).unwrap_err();
        assert!(matches!(error, ToolboxError::BadSchema { .. }), "{error}");
    }
}
