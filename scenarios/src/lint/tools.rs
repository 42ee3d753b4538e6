//! The sense of scripted tools: names that Bedrock takes, schemas that it takes, faults that an answer without events
//! can have, and somebody who calls them.

use super::Lint;
use crate::aim::Aim;
use crate::cast::parts;
use crate::fault::Fault;
use crate::faults::{FaultKind, Nonsense};
use crate::file::ScenarioFile;
use crate::near::guess;
use crate::plan::BODY;
use crate::tool_script::{Latency, Returned, ToolScript};
use serde_json::Value;

/// The longest result in bytes that a file may ask for: a slip of the finger must not fill a machine.
const LONGEST: usize = 256 * 1024 * 1024;

/// The longest name of a tool (AWS API reference, `ToolSpecification`).
const NAME: usize = 64;

const PLACES: &str = "write `at: head`, `at: bytes 120`, `at: 50%` or `at: 30 ms`";
const KINDS: &str = "a tool's answer is one body over HTTP/1.1: use error, body, content_type, cut, reset, stall, drip or slice";

impl Lint<'_> {
    pub(super) fn tools(&mut self, file: &ScenarioFile) {
        for (name, script) in &file.tools {
            let path = format!("tools.{name}");
            self.tool_name(name, &path);
            self.tool_schema(script, &path);
            self.returned(script, &path);
            if let Some(latency) = script.latency {
                self.latency(latency, &path);
            }
            for (at, fault) in script.faults.iter().enumerate() {
                self.tool_fault(fault, &format!("{path}.faults[{at}]"));
            }
        }
        self.somebody_calls(file);
    }

    fn tool_name(&mut self, name: &str, path: &str) {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > NAME || !name.chars().all(legal) {
            let message = format!("Bedrock refuses the tool name {name:?}");
            self.say(path, message, "write 1 to 64 letters, digits, `_` and `-`");
        }
    }

    /// Bedrock: "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object."
    fn tool_schema(&mut self, script: &ToolScript, path: &str) {
        let Some(schema) = &script.input_schema else { return };
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            let message = "Bedrock takes a schema whose root is an object";
            self.say(
                &format!("{path}.inputSchema"),
                message,
                "write `type: object` in it, or leave it out for any object",
            );
        }
    }

    fn returned(&mut self, script: &ToolScript, path: &str) {
        for (at, returned) in script.returns.iter().enumerate() {
            let bytes = match returned {
                Returned::Size(bytes) | Returned::Binary(bytes) => *bytes,
                Returned::Repeated(repeated) => repeated.bytes,
                Returned::Image(picture) => usize::try_from(picture.bytes()).unwrap_or(usize::MAX),
                _ => 0,
            };
            if bytes > LONGEST {
                let message = format!("a result of {bytes} bytes");
                self.say(&format!("{path}.returns[{at}]"), message, format!("{LONGEST} are the most"));
            }
        }
    }

    fn latency(&mut self, latency: Latency, path: &str) {
        if latency.p99.is_some_and(|p99| p99.0 < latency.median.0) {
            let message = "the 99th percentile is below the median";
            self.say(&format!("{path}.latency.p99"), message, "write a longer `p99`, or leave it out");
        }
    }

    fn tool_fault(&mut self, fault: &Fault, path: &str) {
        let (kind, place) = (&fault.kind, format!("{path}.at"));
        if fault.quota.is_some() || fault.first_model {
            let name = if fault.first_model { "firstModel" } else { "quota" };
            let message = format!("`{name}` is of requests to a model");
            return self.say(&format!("{path}.{name}"), message, "use call, times, every or probability");
        }
        if !fits_a_body(kind) {
            let message = format!("`{}` has nothing to strike in a tool's answer", kind.name());
            return self.say(path, message, KINDS);
        }
        match &fault.at {
            Some(aim @ Aim::Label { event, .. }) if event != BODY => {
                self.say(&place, format!("a tool's answer has no events, so there is no `{aim}`"), PLACES);
            }
            at => {
                if let Some(Nonsense { message, .. }) = kind.nonsense(at.as_ref()) {
                    self.say(if at.is_some() { &place } else { path }, message, PLACES);
                }
            }
        }
    }

    /// Tools that no reply calls were perhaps meant to have the name of one that is called. Where the replies call none at
    /// all, the tools are for somebody else's model.
    fn somebody_calls(&mut self, file: &ScenarioFile) {
        let called = parts(&file.replies);
        let improvised = file.replies.iter().any(|reply| reply.improvise.is_some() || reply.frames.is_some());
        if called.is_empty() || improvised || file.tools.keys().any(|name| called.contains(&name.as_str())) {
            return;
        }
        for name in file.tools.keys() {
            let hint = match guess(name, called.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the replies call {}", called.join(", ")),
            };
            self.say(&format!("tools.{name}"), format!("no reply calls `{name}`"), hint);
        }
    }
}

/// Whether a fault can do something to an answer that has a head, one body and no frames, over HTTP/1.1.
fn fits_a_body(kind: &FaultKind) -> bool {
    match kind {
        FaultKind::Slice(slice) => slice.around.is_none(),
        kind => matches!(
            kind,
            FaultKind::Error(_)
                | FaultKind::Body(_)
                | FaultKind::ContentType(_)
                | FaultKind::Cut(_)
                | FaultKind::Reset(_)
                | FaultKind::Stall(_)
                | FaultKind::Drip(_)
        ),
    }
}

#[cfg(test)]
mod tests {
    fn check(tools: &str, expected: &[&str]) {
        let reply = "message: [{toolUse: {toolUseId: a, name: look, input: {}}}]";
        let text = format!("faultline: 1\nreplies: [{{{reply}}}]\ntools: {tools}\n");
        let said: Vec<String> = match crate::load::scenario("s", "s", &text) {
            Ok(_) => Vec::new(),
            Err(problems) => problems
                .problems
                .iter()
                .map(|problem| format!("{}: {}", problem.path, problem.message))
                .collect(),
        };
        assert_eq!(said, expected, "{tools}");
    }

    #[test]
    fn sensible_tools_pass() {
        for fault in ["{ do: reset, at: head }", "{ do: { drip: { bytes: 9 } } }", "{ do: cut, at: bytes 7 }"]
        {
            check(&format!("{{ look: {{ faults: [{fault}] }} }}"), &[]);
        }
        check(
            "{ look: { inputSchema: { type: object }, returns: [{ json: null }], latency: { median: 1ms } } }",
            &[],
        );
        check("{ look: {}, other: {} }", &[]);
    }

    #[test]
    fn what_bedrock_would_refuse_is_said() {
        check("{ look: {}, 'look up': {} }", &["tools.look up: Bedrock refuses the tool name \"look up\""]);
        check(
            "{ look: { inputSchema: { type: string } } }",
            &["tools.look.inputSchema: Bedrock takes a schema whose root is an object"],
        );
    }

    #[test]
    fn faults_that_need_frames_or_events_are_said() {
        check(
            "{ look: { faults: [{ do: no_stop }, { do: goaway, at: head }, { do: reset, at: messageStop }, { do: stall }] } }",
            &[
                "tools.look.faults[0]: `no_stop` has nothing to strike in a tool's answer",
                "tools.look.faults[1]: `goaway` has nothing to strike in a tool's answer",
                "tools.look.faults[2].at: a tool's answer has no events, so there is no `messageStop`",
                "tools.look.faults[3]: `stall` needs `at`",
            ],
        );
        check(
            "{ look: { faults: [{ do: sse }, { do: drip, firstModel: true }, { do: drip, quota: { requests: 1, per: 1s } }] } }",
            &[
                "tools.look.faults[0]: `sse` has nothing to strike in a tool's answer",
                "tools.look.faults[1].firstModel: `firstModel` is of requests to a model",
                "tools.look.faults[2].quota: `quota` is of requests to a model",
            ],
        );
    }

    #[test]
    fn figures_and_names_that_cannot_be_meant_are_said() {
        check(
            "{ look: { latency: { median: 2s, p99: 1s }, returns: [{ size: 9000000000 }, { image: { width: 80000, height: 90000 } }] } }",
            &[
                "tools.look.latency.p99: the 99th percentile is below the median",
                "tools.look.returns[0]: a result of 9000000000 bytes",
                "tools.look.returns[1]: a result of 900000000 bytes",
            ],
        );
        check("{ lok: {} }", &["tools.lok: no reply calls `lok`"]);
    }
}
