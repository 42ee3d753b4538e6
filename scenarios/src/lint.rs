//! Sense beyond shape: what the schema cannot say.

mod strikes;
mod tools;

use crate::compile::{Setting, compile};
use crate::derive::{FRAGMENTS, LITERAL};
use crate::error_reply::ErrorReply;
use crate::file::{Reply, ScenarioFile};
use crate::near::with_guess;
use crate::node::Node;
use crate::pace::Speed;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::seed::Seed;
use faultline_wire::{ErrorKind, Family, Operation};
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

/// The content blocks whose events can be derived.
const DERIVED: [&str; 4] = ["text", "toolUse", "reasoningContent", "citationsContent"];

/// Everything that makes no sense.
pub(crate) fn lint(file: &ScenarioFile, root: &Node) -> Vec<Problem> {
    let mut lint = Lint { root, problems: Vec::new() };
    for (at, reply) in file.replies.iter().enumerate() {
        lint.reply(reply, &format!("replies[{at}]"));
    }
    lint.faults(file);
    lint.tools(file);
    lint.when_paths(file);
    lint.interrupt(file);
    lint.problems
}

struct Lint<'a> {
    root: &'a Node,
    problems: Vec<Problem>,
}

impl Lint<'_> {
    fn say(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        let steps: Vec<&str> = path.split(['.', '[', ']']).filter(|step| !step.is_empty()).collect();
        let place = self.root.nearest(steps).place;
        self.problems.push(Problem::new(path, place, message).hint(hint));
    }

    /// As [`Self::say`], with the name that was perhaps meant instead of the hint.
    fn guess(&mut self, path: &str, message: String, hint: impl Into<String>, given: &str, known: &[&str]) {
        self.say(path, message, hint);
        if let Some(problem) = self.problems.pop() {
            self.problems.push(with_guess(problem, given, known.iter().copied()));
        }
    }

    fn reply(&mut self, reply: &Reply, path: &str) {
        let kinds = [
            reply.message.is_some(),
            reply.events.is_some(),
            reply.frames.is_some(),
            reply.body.is_some(),
            reply.error.is_some(),
            reply.improvise.is_some(),
        ];
        if kinds.into_iter().filter(|given| *given).count() != 1 {
            return self.say(
                path,
                "a reply is exactly one of message, events, frames, body, error, improvise",
                "keep one of them",
            );
        }
        for (at, block) in reply.message.iter().flatten().enumerate() {
            self.block(block, &format!("{path}.message[{at}]"));
        }
        for (at, event) in reply.events.iter().flatten().enumerate() {
            if event.len() != 1 {
                self.say(
                    &format!("{path}.events[{at}]"),
                    "an event is one name with its payload",
                    "write `- messageStart: { role: assistant }`",
                );
            }
        }
        self.recorded(reply, path);
        if let Some(error) = &reply.error {
            self.error_name(error, &format!("{path}.error"));
        }
        if !self.frames(reply, path) {
            self.playable(reply, path);
        }
    }

    /// What only recordings have, and a body that has one form.
    fn recorded(&mut self, reply: &Reply, path: &str) {
        let parts =
            [("head", reply.head.is_some()), ("end", reply.end.is_some()), ("asked", reply.asked.is_some())];
        if reply.frames.is_none() && reply.body.is_none() {
            for (part, _) in parts.into_iter().filter(|(_, given)| *given) {
                let message = format!("`{part}` belongs to a recording");
                self.say(&format!("{path}.{part}"), message, "it goes with `frames` or `body`");
            }
        }
        let Some(body) = &reply.body else { return };
        let forms = [body.json.is_some(), body.text.is_some(), body.raw.is_some()];
        if forms.into_iter().filter(|given| *given).count() != 1 {
            self.say(&format!("{path}.body"), "a body is exactly one of json, text, raw", "keep one of them");
        }
    }

    /// Says what is wrong with single frames; whether there was something.
    fn frames(&mut self, reply: &Reply, path: &str) -> bool {
        let before = self.problems.len();
        let mut latest = 0.0;
        for (at, frame) in reply.frames.iter().flatten().enumerate() {
            if frame.t_ms < latest {
                let message = format!("{} ms is before the frame in front of it, {latest} ms", frame.t_ms);
                self.say(&format!("{path}.frames[{at}].t_ms"), message, "times count from the request");
            }
            latest = frame.t_ms.max(latest);
        }
        self.problems.len() > before
    }

    fn error_name(&mut self, error: &ErrorReply, path: &str) {
        if error.status.is_none() && ErrorKind::parse(&error.kind).is_none() {
            let names: Vec<&str> = ErrorKind::all().map(ErrorKind::name).collect();
            let message = format!("`{}` is not modelled, so its status is unknown", error.kind);
            let known = format!("add `status`, or use one of {}", names.join(", "));
            self.guess(path, message, known, &error.kind, &names);
        }
    }

    fn block(&mut self, block: &Map<String, Value>, path: &str) {
        let own = [FRAGMENTS, LITERAL];
        let members: Vec<&str> =
            block.keys().map(String::as_str).filter(|name| !own.contains(name)).collect();
        let [member] = members.as_slice() else {
            return self.say(
                path,
                "a content block has exactly one member, and maybe `fragments`",
                format!("one of {}", DERIVED.join(", ")),
            );
        };
        if !DERIVED.contains(member) {
            let message = format!("events cannot be derived from `{member}`");
            return self.guess(path, message, "write the reply as `events`", member, &DERIVED);
        }
        self.content(&block[*member], member, path);
        self.fragments(block, member, path);
        self.literal(block, member, path);
    }

    fn literal(&mut self, block: &Map<String, Value>, member: &str, path: &str) {
        let Some(literal) = block.get(LITERAL) else { return };
        let path = format!("{path}.{LITERAL}");
        if member != "toolUse" {
            self.say(&path, "only a toolUse block is literal", "leave it out");
        } else if *literal != Value::Bool(true) && *literal != *"input" {
            self.say(&path, "wanted true or input", "write `literal: true` to keep name and input");
        }
    }

    /// What a content block says must be of a kind that events can be made of: `text: 42` is a number.
    fn content(&mut self, content: &Value, member: &str, path: &str) {
        match (member, content) {
            ("toolUse", Value::Object(tool)) => self.tool_use(tool, path),
            ("text", Value::String(_)) | ("reasoningContent" | "citationsContent", Value::Object(_)) => {}
            ("text", _) => self.say(&format!("{path}.text"), "wanted a text", "put it in quotes"),
            _ => self.say(&format!("{path}.{member}"), "wanted a map", "write it as Bedrock spells it"),
        }
    }

    fn tool_use(&mut self, tool: &Map<String, Value>, path: &str) {
        for name in ["toolUseId", "name"] {
            if tool.get(name).and_then(Value::as_str).is_none() {
                self.say(
                    &format!("{path}.toolUse"),
                    format!("`{name}` is missing"),
                    "a toolUse has toolUseId, name and input",
                );
            }
        }
    }

    fn fragments(&mut self, block: &Map<String, Value>, member: &str, path: &str) {
        let Some(fragments) = block.get(FRAGMENTS) else { return };
        let path = format!("{path}.{FRAGMENTS}");
        let Some(pieces) = fragments.as_array().filter(|pieces| pieces.iter().all(Value::is_string)) else {
            return self.say(&path, "fragments are a list of texts", "write `fragments: [\"Hel\", \"lo\"]`");
        };
        let joined: String = pieces.iter().filter_map(Value::as_str).collect();
        if let Some((what, wanted)) = contradicted(&block[member], member, &joined) {
            let message = format!("the fragments join to {joined:?}, the {what} is {wanted}");
            self.say(&path, message, "make them the same");
        }
    }

    /// What the author wrote must be playable, for streams at least.
    fn playable(&mut self, reply: &Reply, path: &str) {
        if reply.improvise.is_none()
            && let Err(error) = trial(reply)
        {
            self.say(path, error.to_string(), "see CONTRIBUTING.md, \"add a scenario\"");
        }
    }

    fn interrupt(&mut self, file: &ScenarioFile) {
        let prompts = file.prompt.as_ref().map_or(0, |prompt| prompt.all().len());
        if file.interrupt.is_some_and(|interrupt| interrupt.resume) && prompts < 2 {
            let message = "there is no prompt for the second run";
            self.say("interrupt.resume", message, "write `prompt: [the first, the second]`, or leave it out");
        }
    }

    fn when_paths(&mut self, file: &ScenarioFile) {
        let own = file.when.iter().map(|when| (when, "when".to_owned()));
        let replies = (0..).zip(&file.replies);
        let replies = replies.filter_map(|(at, reply): (usize, _)| {
            Some((reply.when.as_ref()?, format!("replies[{at}].when")))
        });
        for (when, path) in own.chain(replies).collect::<Vec<_>>() {
            for expression in when.json.keys() {
                if let Err(error) = JsonPath::parse(expression) {
                    self.say(
                        &format!("{path}.json"),
                        format!("`{expression}` is no JSONPath: {error}"),
                        "write `$.messages[0].role`",
                    );
                }
            }
        }
    }
}

/// What the joined fragments contradict, if anything. Tool input that is no JSON contradicts nothing: that is
/// how broken input is written.
fn contradicted(content: &Value, member: &str, joined: &str) -> Option<(&'static str, String)> {
    if member == "toolUse" {
        let text = if joined.trim().is_empty() { "{}" } else { joined };
        let streamed: Value = serde_json::from_str(text).ok()?;
        return content
            .get("input")
            .filter(|input| **input != streamed)
            .map(|input| ("input", input.to_string()));
    }
    let text = content.as_str().or_else(|| content.pointer("/reasoningText/text")?.as_str());
    text.filter(|text| *text != joined).map(|text| ("text", format!("{text:?}")))
}

/// The reply as a stream plan, in one family's style: enough to know its events. Frames of an invoke stream
/// and events play for either streaming operation.
fn trial(reply: &Reply) -> Result<Plan, crate::compile::CompileError> {
    let seed = Seed::new(0);
    let setting = Setting {
        operation: Operation::ConverseStream,
        family: Family::Claude,
        pace: None,
        speed: Speed::Written,
        seed: &seed,
        prompt_chars: 0,
    };
    compile(reply, &setting)
}
