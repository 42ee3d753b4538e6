//! The semantics layer: what makes a conversation legal for Converse, whatever the model.
//!
//! Pure leaves, one a rule; each returns Bedrock's text or nothing. Paths are 0-based. It knows nothing of
//! the order in which it is asked: that is the table's.

use super::families;
use faultline_wire::Call;
use faultline_wire::message::{Block, Message, list, text_member, tools};
use serde_json::Value;

/// One message and what its rules need to know of its surroundings.
pub struct Turn<'a> {
    model_id: &'a str,
    index: usize,
    content: Vec<Block<'a>>,
    /// The toolUse ids of the message before that wait for a result here.
    wanted: Vec<&'a str>,
    /// The toolUse ids of this message that wait for a result in the next one.
    uses: Vec<&'a str>,
    /// The ids of the toolResult blocks that answer the message before.
    results: Vec<&'a str>,
}

/// The messages of `call`, each with what the one before leaves it to answer.
pub fn turns(call: &Call) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for (index, message) in call.messages().into_iter().enumerate() {
        let wanted = turns.last().map(|before| before.uses.clone()).unwrap_or_default();
        turns.push(Turn::new(&call.model_id, index, message, wanted));
    }
    turns
}

impl<'a> Turn<'a> {
    fn new(model_id: &'a str, index: usize, message: Message<'a>, wanted: Vec<&'a str>) -> Self {
        let content = message.content();
        let (mut uses, mut results): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for block in &content {
            uses.extend(block.tool_use_id());
            let Some(id) = block.tool_result_id() else { continue };
            // A server tool's result stands in the assistant message that asked for it (recorded on Nova 2).
            match uses.iter().position(|used| *used == id) {
                Some(answered) => drop(uses.remove(answered)),
                None => results.push(id),
            }
        }
        Self { model_id, index, content, wanted, uses, results }
    }

    /// Each block that `text` has something to say of: the first text it gives.
    fn find(&self, text: impl Fn(usize, Block<'a>) -> Option<String>) -> Option<String> {
        self.content.iter().enumerate().find_map(|(inner, block)| text(inner, *block))
    }
}

/// A conversation starts with a user message. A prompt ARN brings its own messages.
pub fn start(call: &Call) -> Option<String> {
    let refused = match call.messages().first() {
        None => !call.model_id.contains(":prompt/"),
        Some(first) => first.role() == "assistant" && !families::leading_assistant(&call.model_id),
    };
    refused.then(|| {
        "A conversation must start with a user message. Try again with a conversation that starts with a user message."
            .to_owned()
    })
}

/// Roles alternate, where a family still asks for it.
pub fn alternation(call: &Call) -> Option<String> {
    let repeats = call.messages().windows(2).any(|pair| pair[0].role() == pair[1].role());
    (repeats && families::alternating(&call.model_id)).then(|| {
        "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again."
            .to_owned()
    })
}

/// Tool blocks in the history need a `toolConfig`.
pub fn tool_config(call: &Call) -> Option<String> {
    let defined = call.body.get("toolConfig").is_some_and(|config| !config.is_null());
    let tool = |block: Block<'_>| matches!(block, Block::ToolUse(_) | Block::ToolResult(_));
    let uses_tools = || call.messages().iter().any(|message| message.content().into_iter().any(tool));
    (!defined && uses_tools()).then(|| {
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.".to_owned()
    })
}

/// The root of a tool's JSON schema says `"type": "object"`.
pub fn schema_root(call: &Call) -> Option<String> {
    tools(&call.body).iter().enumerate().find_map(|(index, tool)| {
        let schema = tool.pointer("/toolSpec/inputSchema/json")?;
        (text_member(schema, "type") != "object").then(|| {
            format!(
                "The value at toolConfig.tools.{index}.toolSpec.inputSchema.json.type must be one of the following: object."
            )
        })
    })
}

/// A message has content.
pub fn empty_content(turn: &Turn<'_>) -> Option<String> {
    turn.content.is_empty().then(|| {
        format!(
            "The content field in the Message object at messages.{} is empty. Add a ContentBlock object to the content field and try again.",
            turn.index
        )
    })
}

/// A text block holds text. Text inside a toolResult is the model's business.
pub fn blank_text(turn: &Turn<'_>) -> Option<String> {
    let white_space_passes = families::white_space_passes(turn.model_id);
    let blank = |text: &str| text.is_empty() || (!white_space_passes && text.trim().is_empty());
    turn.find(|inner, block| {
        block.text().filter(|text| blank(text)).map(|_| {
            format!(
                "The text field in the ContentBlock object at messages.{}.content.{inner} is blank. Add text to the text field, and try again.",
                turn.index
            )
        })
    })
}

/// A toolUse's input is a JSON object.
pub fn input(turn: &Turn<'_>) -> Option<String> {
    turn.find(|inner, block| {
        let Block::ToolUse(members) = block else { return None };
        let input = members.get("input")?;
        (!input.is_object()).then(|| no_object(turn.index, inner, "toolUse.input"))
    })
}

/// A `json` block of a toolResult is a JSON object.
pub fn result_json(turn: &Turn<'_>) -> Option<String> {
    each_json(turn, |json| !json.is_object())
}

/// A `json` block has no `__type` key below its top: that is Smithy's own mark. At the top it passes.
pub fn type_key(turn: &Turn<'_>) -> Option<String> {
    each_json(turn, |json| children(json).any(has_type_key))
}

fn each_json(turn: &Turn<'_>, illegal: fn(&Value) -> bool) -> Option<String> {
    turn.find(|inner, block| {
        let Block::ToolResult(members) = block else { return None };
        let items = list(members.get("content"));
        let at = items.iter().position(|item| item.get("json").is_some_and(illegal))?;
        Some(no_object(turn.index, inner, &format!("toolResult.content.{at}.json")))
    })
}

fn has_type_key(value: &Value) -> bool {
    value.get("__type").is_some() || children(value).any(has_type_key)
}

fn children(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_array().into_iter().flatten();
    items.chain(value.as_object().into_iter().flat_map(|members| members.values()))
}

fn no_object(index: usize, inner: usize, member: &str) -> String {
    format!(
        "The format of the value at messages.{index}.content.{inner}.{member} is invalid. Provide a json object for the field and try again."
    )
}

/// A toolResult that reports an error says something.
pub fn empty_error(turn: &Turn<'_>) -> Option<String> {
    turn.find(|inner, block| {
        let Block::ToolResult(members) = block else { return None };
        let empty = text_member(members, "status") == "error" && list(members.get("content")).is_empty();
        empty.then(|| {
            format!(
                "The content field at messages.{}.content.{inner}.toolResult cannot be empty when status value is error.",
                turn.index
            )
        })
    })
}

/// The toolUse ids of one message differ.
pub fn duplicate_uses(turn: &Turn<'_>) -> Option<String> {
    duplicates(&turn.uses).map(|ids| {
        format!("The toolUse blocks at messages.{}.content contain duplicate Ids: {ids}", turn.index)
    })
}

/// The toolResult ids of one message differ.
pub fn duplicate_results(turn: &Turn<'_>) -> Option<String> {
    duplicates(&turn.results).map(|ids| {
        format!("The toolResult blocks at messages.{}.content contain duplicate Ids: {ids}", turn.index)
    })
}

/// Each id that comes again, once, in order. How Bedrock joins several of them has not been seen; it joins
/// missing ids by a comma and a space.
fn duplicates(ids: &[&str]) -> Option<String> {
    let mut again: Vec<&str> = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        if ids[..index].contains(id) && !again.contains(id) {
            again.push(id);
        }
    }
    (!again.is_empty()).then(|| again.join(", "))
}

/// A message holds no more results than the one before asked for.
pub fn surplus_results(turn: &Turn<'_>) -> Option<String> {
    (turn.results.len() > turn.wanted.len()).then(|| {
        format!(
            "The number of toolResult blocks at messages.{}.content exceeds the number of toolUse blocks of previous turn.",
            turn.index
        )
    })
}

/// Every toolUse is answered in the very next message. What a conversation gets that ends with a toolUse is
/// not known, and not refused here.
pub fn missing_results(turn: &Turn<'_>) -> Option<String> {
    let missing: Vec<&str> = turn.wanted.iter().copied().filter(|id| !turn.results.contains(id)).collect();
    (!missing.is_empty()).then(|| {
        format!(
            "Expected toolResult blocks at messages.{}.content for the following Ids: {}",
            turn.index,
            missing.join(", ")
        )
    })
}
