//! A tool over a Rust type: its schema is derived, its input arrives as the type.

use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::described::{Described, answered_by_about, with_policy_in_about};
use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy};

/// A tool made of a function over a type that serde reads and schemars describes.
pub struct TypedTool<I, F> {
    about: Described,
    function: F,
    input: PhantomData<fn() -> I>,
}

impl<I, F, R> TypedTool<I, F>
where
    I: JsonSchema,
    F: Fn(I, ToolContext) -> R + Send + Sync,
    R: Future<Output = Result<ToolOutput, ToolError>> + Send,
{
    /// A tool of that name; the input type must be a struct (its schema's root an object).
    pub fn new(name: impl Into<String>, description: impl Into<String>, function: F) -> Self {
        Self { about: Described::new(name, description, schema::<I>()), function, input: PhantomData }
    }

    with_policy_in_about!();
}

/// The schema without references: some models do not follow them.
fn schema<I: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|it| {
        it.inline_subschemas = true;
        it.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<I>();
    // The type's name is of no use to a model.
    schema.remove("title");
    schema.to_value()
}

impl<I, F, R> Tool for TypedTool<I, F>
where
    I: DeserializeOwned + JsonSchema,
    F: Fn(I, ToolContext) -> R + Send + Sync,
    R: Future<Output = Result<ToolOutput, ToolError>> + Send,
{
    answered_by_about!();

    fn run<'a>(&'a self, input: &'a Map<String, Value>, context: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let input = serde_json::from_value(Value::Object(input.clone()));
            let input =
                input.map_err(|error| ToolError::new(format!("The input cannot be read: {error}")))?;
            (self.function)(input, context.clone()).await
        })
    }
}

impl<I, F> std::fmt::Debug for TypedTool<I, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TypedTool").field("name", &self.about.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Deserialize, JsonSchema)]
    struct Place {
        /// Degrees.
        latitude: f64,
    }

    #[derive(Deserialize, JsonSchema)]
    struct Query {
        place: Place,
        days: Option<u8>,
    }

    async fn forecast(query: Query, context: ToolContext) -> Result<ToolOutput, ToolError> {
        let days = query.days.unwrap_or(1);
        Ok(ToolOutput::Text(format!("{} {days} {}", query.place.latitude, context.attempt())))
    }

    #[tokio::test]
    async fn the_schema_is_derived_and_the_input_arrives_as_the_type() {
        let tool = TypedTool::new("forecast", "Tells the weather.", forecast);
        let expected = json!({
            "type": "object",
            "properties": {
                "place": {
                    "type": "object",
                    "properties": {"latitude": {"type": "number", "format": "double", "description": "Degrees."}},
                    "required": ["latitude"]
                },
                "days": {"type": ["integer", "null"], "format": "uint8", "minimum": 0, "maximum": 255}
            },
            "required": ["place"]
        });
        assert_eq!(tool.input_schema(), expected);
        let input = json!({"place": {"latitude": 1.5}, "days": null});
        let output = tool.run(input.as_object().unwrap(), &ToolContext::detached()).await;
        assert_eq!(output, Ok(ToolOutput::Text("1.5 1 1".into())));
        let error = tool.run(&Map::new(), &ToolContext::detached()).await.unwrap_err();
        assert_eq!(error, ToolError::new("The input cannot be read: missing field `place`"));
    }
}
