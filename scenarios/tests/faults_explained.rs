//! One example of every fault, written as an author writes it and printed as `faultline explain` prints it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use faultline_scenarios::faults::{Strike, apply};
use faultline_scenarios::{Scenario, Speed, load};
use faultline_wire::{Family, Operation};
use std::collections::BTreeSet;

/// The faults of each example, by the name of the one that it is about.
const EXAMPLES: [(&str, &str); 27] = [
    ("error", "{ do: { error: { type: ThrottlingException } } }"),
    (
        "error_that_never_ends",
        "{ do: { error: { type: ThrottlingException } } }, { do: stall, at: bytes 20 }",
    ),
    ("exception", "{ do: { exception: { type: modelStreamErrorException } }, at: contentBlockDelta 1 }"),
    (
        "exception_as_error",
        "{ do: { exception: { type: internalServerException, asError: true } }, at: contentBlockDelta 1 }",
    ),
    ("throttle", "{ do: throttle }"),
    ("body", "{ do: { body: { status: 502, text: '<html><body>Bad Gateway</body></html>' } } }"),
    ("content_type", "{ do: content_type }"),
    ("sse", "{ do: sse }"),
    ("cut", "{ do: cut, at: contentBlockDelta 0 }"),
    ("reset", "{ do: reset, at: 40% }"),
    ("rst_stream", "{ do: { rst_stream: { code: 7 } }, at: head }"),
    ("goaway", "{ do: goaway, at: contentBlockDelta 0 }"),
    ("half_frame", "{ do: half_frame, at: messageStop }"),
    ("corrupt", "{ do: { corrupt: { part: prelude } }, at: contentBlockDelta 1 }"),
    ("stall", "{ do: { stall: { for: 5s } }, at: contentBlockStop 0 }"),
    ("drip", "{ do: { drip: { bytes: 60, every: 25ms } }, at: contentBlockStart 1 }"),
    ("slice", "{ do: { slice: { bytes: [50, 1, 90] } }, at: contentBlockDelta 0 }"),
    ("slice_around_frames", "{ do: { slice: { around: frames } } }"),
    ("coalesce", "{ do: coalesce }"),
    ("duplicate", "{ do: duplicate, at: contentBlockDelta 1 }"),
    ("reorder", "{ do: reorder, at: contentBlockDelta 1 }"),
    ("drop_event", "{ do: { drop_event: { all: true } }, at: contentBlockStop }"),
    ("unknown_event", "{ do: { unknown_event: { payload: { note: hi } } }, at: contentBlockStart 1 }"),
    ("union", "{ do: { union: { holds: two } }, at: contentBlockDelta 0 }"),
    ("stop_reason", "{ do: { stop_reason: { is: end_turn } } }"),
    ("no_stop", "{ do: no_stop }"),
    ("no_metadata", "{ do: no_metadata }"),
];

const REPLY: &str = r#"faultline: 1
prompt: Where is order A-10293?
pace: { first: 200ms, token: 20ms }
replies:
  - message:
      - text: Let me look.
        fragments: [Let me, ' look.']
      - toolUse: { toolUseId: tooluse_a, name: get_order_status, input: { order_id: A-10293 } }
        fragments: ['', '{"order_id', '": "A-1', '0293"}']
"#;

fn example(faults: &str) -> Scenario {
    let text = format!("{REPLY}faults: [{faults}]\n");
    load::scenario("example", "example", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()))
}

/// The answer of the example with all its faults, as a stream or unary.
fn explained(scenario: &Scenario, operation: Operation) -> String {
    let plan = scenario.plan(0, operation, Family::Claude, Speed::Written).unwrap();
    let strikes = scenario.file.faults.iter();
    let strikes: Vec<Strike> =
        strikes.map(|fault| Strike { kind: fault.kind.clone(), at: fault.at.clone() }).collect();
    let plan = apply(&plan, &strikes).unwrap();
    let text = String::from_utf8(plan.body()).ok().filter(|text| !text.is_empty() && !text.contains('\0'));
    let text = text.map(|text| format!("\n{}\n", text.trim_end())).unwrap_or_default();
    format!("# {}\n{}{text}", operation.name(), plan.to_text())
}

#[test]
fn every_fault_explains_itself() {
    for (name, faults) in EXAMPLES {
        let scenario = example(faults);
        let operations = [Operation::ConverseStream, Operation::Converse];
        let both = operations.map(|operation| explained(&scenario, operation)).join("\n");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("explained_{name}"), format!("faults: [{faults}]\n\n{both}"));
        });
    }
}

#[test]
fn no_fault_is_without_an_example() {
    let schema = serde_json::to_value(faultline_scenarios::schema::schema()).unwrap();
    let forms = schema["$defs"]["FaultKind"]["oneOf"].as_array().unwrap();
    let known: BTreeSet<&str> = forms.iter().filter_map(|form| form["required"][0].as_str()).collect();
    let shown: Vec<Scenario> = EXAMPLES.iter().map(|(_, faults)| example(faults)).collect();
    let shown: BTreeSet<&str> =
        shown.iter().flat_map(|scenario| &scenario.file.faults).map(|fault| fault.kind.name()).collect();
    assert_eq!(shown, known);
}
