//! The tools that an agent offers, and how Bedrock is told of them.

use std::sync::Arc;

use aws_sdk_bedrockruntime::types::{self as sdk, ToolConfiguration, ToolInputSchema, ToolSpecification};
use serde_json::Value;
use thiserror::Error;

use super::Tool;
use crate::bedrock_json::json_to_document;
use crate::cause::Cause;

/// Tools by name, in the order in which they were added.
#[derive(Clone, Default)]
pub struct Toolbox {
    tools: Vec<Arc<dyn Tool>>,
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
}

impl Toolbox {
    /// An empty box: the model is offered no tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool.
    ///
    /// # Errors
    /// [`ToolboxError`] where Bedrock would refuse the tool.
    pub fn with(mut self, tool: impl Tool + 'static) -> Result<Self, ToolboxError> {
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
        self.tools.push(Arc::new(tool));
        Ok(self)
    }

    /// The names of the tools, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().map(|tool| tool.name())
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.tools.iter().find(|tool| tool.name() == name)
    }

    /// `toolConfig`, or `None` for an empty box: Bedrock refuses an empty list.
    pub(crate) fn configuration(&self) -> Result<Option<ToolConfiguration>, Cause> {
        if self.tools.is_empty() {
            return Ok(None);
        }
        let built = self.tools.iter().map(|tool| specification(tool.as_ref())).collect::<Result<Vec<_>, _>>();
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
    use crate::tools::{ToolFuture, ToolOutput};
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
        fn run<'a>(&'a self, _: &'a Map<String, Value>) -> ToolFuture<'a> {
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
}
