//! Two tools without a world behind them. Each run is noted, and its result holds a receipt: a run that happened twice
//! can be told from a result that was sent twice.

use crate::bug::Bug;
use crate::history::{Given, Output, Planned};
use crate::json::document;
use crate::scripted::Scripted;
use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::types::{Tool, ToolConfiguration, ToolInputSchema, ToolSpecification};
use serde_json::{Map, Value, json};

/// What every unit is in metres.
const UNITS: [(&str, f64); 4] = [("metre", 1.0), ("kilometre", 1000.0), ("mile", 1609.344), ("foot", 0.3048)];

/// The tools' memory.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    /// Every run, in order.
    pub(crate) effects: Vec<String>,
    /// The tools that somebody else serves; they come instead of our own.
    scripted: Option<Scripted>,
}

/// Our own two.
fn configuration() -> Result<ToolConfiguration, BuildError> {
    let units: Vec<&str> = UNITS.iter().map(|(name, _)| *name).collect();
    let parcel = json!({
        "type": "object",
        "properties": { "parcel_number": { "type": "string", "description": "As printed on the label." } },
        "required": ["parcel_number"],
    });
    let convert = json!({
        "type": "object",
        "properties": {
            "value": { "type": "number" },
            "from": { "type": "string", "enum": units },
            "to": { "type": "string", "enum": units },
        },
        "required": ["value", "from", "to"],
    });
    ToolConfiguration::builder()
        .tools(tool("lookup_parcel", "Says where a parcel is.", &parcel)?)
        .tools(tool("convert_units", "Converts a length from one unit to another.", &convert)?)
        .build()
}

/// A tool as the model is told of it.
pub(crate) fn tool(name: &str, about: &str, schema: &Value) -> Result<Tool, BuildError> {
    let specification = ToolSpecification::builder()
        .name(name)
        .description(about)
        .input_schema(ToolInputSchema::Json(document(schema)));
    Ok(Tool::ToolSpec(specification.build()?))
}

impl Tools {
    /// Finds the tools.
    pub(crate) async fn find() -> Result<Self, String> {
        Ok(Self { effects: Vec::new(), scripted: Scripted::find().await? })
    }

    /// What the model is offered.
    pub(crate) fn configuration(&self) -> Result<ToolConfiguration, BuildError> {
        self.scripted.as_ref().map_or_else(configuration, Scripted::configuration)
    }

    /// Runs a tool; `None` when there is none of this name. What is wrong is said in a sentence for the model.
    pub(crate) async fn run(
        &mut self,
        planned: &Planned,
        input: &Map<String, Value>,
        bug: Bug,
    ) -> Option<Given> {
        let name = planned.call.name.as_str();
        match &self.scripted {
            None => self.own(name, input, bug),
            Some(scripted) if !scripted.has(name) => None,
            Some(scripted) => {
                self.effects.push(format!("{name} {}", Value::Object(input.clone())));
                Some(scripted.call(name, &planned.id, input, bug).await)
            }
        }
    }

    fn own(&mut self, name: &str, input: &Map<String, Value>, bug: Bug) -> Option<Given> {
        let result = match name {
            "lookup_parcel" | "convert_units" if bug.is(Bug::RepairsInput) => Ok(json!({ "state": "done" })),
            "lookup_parcel" => lookup(input),
            "convert_units" => convert(input),
            _ => return None,
        };
        Some(result.map(|mut result| {
            self.effects.push(format!("{name} {}", Value::Object(input.clone())));
            result["receipt"] = Value::from(self.effects.len());
            Output::Value(result)
        }))
    }
}

fn lookup(input: &Map<String, Value>) -> Result<Value, String> {
    let number =
        input.get("parcel_number").and_then(Value::as_str).ok_or("parcel_number must be a string")?;
    Ok(json!({ "parcel": number, "state": "in transit" }))
}

fn convert(input: &Map<String, Value>) -> Result<Value, String> {
    let value = input.get("value").and_then(Value::as_f64).ok_or("value must be a number")?;
    let metres = |name: &str| {
        let unit = input.get(name).and_then(Value::as_str);
        let known = UNITS.iter().find(|(own, _)| Some(*own) == unit);
        known.map(|(_, metres)| *metres).ok_or(format!("{name} must be a unit that is offered"))
    };
    Ok(json!({ "value": value * metres("from")? / metres("to")? }))
}
