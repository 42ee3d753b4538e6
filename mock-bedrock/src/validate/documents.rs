//! The semantics layer's rule on documents.

use faultline_wire::Call;
use faultline_wire::message::{list, text_member};
use serde_json::Value;

/// Each document of a request has a name of its own, those inside tool results included
/// (anomalyco/opencode#48756).
pub fn duplicate_names(call: &Call) -> Option<String> {
    let messages = list(call.body.get("messages")).iter();
    let blocks = messages.flat_map(|message| list(message.get("content")));
    let names: Vec<&str> = blocks.flat_map(with_results).filter_map(name).collect();
    let duplicate = names.iter().enumerate().any(|(index, name)| names[..index].contains(name));
    duplicate.then(|| {
        "Messages can't contain duplicate document names. Rename the document and retry your request."
            .to_owned()
    })
}

/// A block, and the blocks of the tool result that it may be.
fn with_results(block: &Value) -> impl Iterator<Item = &Value> {
    let inner = block.get("toolResult").map_or(&[][..], |result| list(result.get("content")));
    std::iter::once(block).chain(inner)
}

fn name(block: &Value) -> Option<&str> {
    Some(text_member(block.get("document")?, "name")).filter(|name| !name.is_empty())
}
