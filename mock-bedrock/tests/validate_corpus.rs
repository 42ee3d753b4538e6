//! Recorded traffic is the judge of validation: what Bedrock took, we take; what it refused, we do not refuse
//! in other words.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/corpus.rs"]
mod support;

use faultline_mock_bedrock::validate::{Refusal, refusal};
use faultline_wire::{Call, Operation};
use serde_json::Value;
use std::path::Path;

/// Recorded Converse and `ConverseStream` requests with status 200 whose body was kept.
const TAKEN: usize = 259;
/// Recorded errors of the same two operations whose body was kept.
const REFUSED: usize = 10;

#[test]
fn every_request_that_bedrock_answered_is_accepted() {
    let Some(folder) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let mut seen = 0;
    for file in ["unary.jsonl", "streams.jsonl"] {
        for row in rows(&folder.join(file)).iter().filter(|row| row["status"] == 200) {
            let Some(call) = call(row) else { continue };
            seen += 1;
            let refusal = refusal(&call);
            assert!(refusal.is_none(), "{} on {}: {refusal:?}", row["id"], call.model_id);
        }
    }
    println!("{seen} recorded requests accepted");
    assert_eq!(seen, TAKEN);
}

#[test]
fn a_recorded_error_is_never_told_in_other_words() {
    let Some(folder) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
    let (mut seen, mut told) = (0, 0);
    for row in rows(&folder.join("errors.jsonl")) {
        let Some(call) = call(&row) else { continue };
        seen += 1;
        if let Some(Refusal { message, .. }) = refusal(&call) {
            told += 1;
            assert_eq!(message, row["response"]["message"], "{}", row["id"]);
        }
    }
    // Those recorded are of model ids, signatures and the models themselves: other layers' business.
    println!("{seen} recorded errors, {told} of them ours");
    assert_eq!(seen, REFUSED);
}

/// The call of a recorded exchange. `None` for other operations, and where the request was not kept.
fn call(row: &Value) -> Option<Call> {
    let operation = match row["op"].as_str()? {
        "converse" => Operation::Converse,
        "converse-stream" => Operation::ConverseStream,
        _ => return None,
    };
    let body = row.get("request").filter(|request| request.is_object())?.clone();
    let model_id = row["model"].as_str()?.to_owned();
    Some(Call { operation, model_id, base: String::new(), headers: Vec::new(), body })
}

fn rows(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
