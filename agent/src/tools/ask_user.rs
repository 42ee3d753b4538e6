//! The tool `ask_user`: the model asks the person that it works for, and waits for the answer.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy, text_member};

/// The tool `ask_user`: `{"question": "Which one?", "options": ["the red", "the blue"]}`. Where nobody can be asked, and where
/// nobody answers in time, the model is told so.
#[derive(Debug, Clone)]
pub struct AskUser {
    patience: Duration,
}

impl AskUser {
    /// A tool that waits so long for an answer.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self { patience }
    }
}

impl Default for AskUser {
    /// It waits ten minutes.
    fn default() -> Self {
        Self::new(Duration::from_secs(600))
    }
}

impl Tool for AskUser {
    fn name(&self) -> &str {
        "ask_user"
    }

    fn description(&self) -> &str {
        "Asks the user one question and waits for the answer. For what only the user can know."
    }

    fn policy(&self) -> ToolPolicy {
        ToolPolicy { hard_timeout: Some(self.patience), ..ToolPolicy::read() }
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "question": { "type": "string", "minLength": 1 },
                "options": {
                    "type": "array",
                    "items": { "type": "string" },
                    "description": "Answers to choose from, where there are some."
                }
            },
            "required": ["question"]
        })
    }

    fn run<'a>(&'a self, input: &'a Map<String, Value>, context: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let question = text_member(input, "question")?;
            let options = input.get("options").and_then(Value::as_array).into_iter().flatten();
            let options = options.filter_map(Value::as_str).map(str::to_owned).collect();
            let answer = context.ask(question, options).await;
            let nobody = || ToolError::new("Nobody can be asked here. Go on with what is known.");
            answer.map(ToolOutput::Text).ok_or_else(nobody)
        })
    }
}
