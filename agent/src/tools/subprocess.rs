//! Tools that are programs: the input as JSON on standard input, the output on standard output.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::described::{Described, answered_by_about, with_policy_in_about};
use super::process::{Ended, Order, start};
use super::sandbox::Sandbox;
use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy};

/// The exit status by which a program says that another try may help (`EX_TEMPFAIL`).
const TRY_AGAIN: i32 = 75;

/// A tool that is a program, started anew for each call in a process group of its own, which is killed when the call
/// ends, times out or is dropped.
///
/// The program gets the input as one JSON object on standard input and an environment that holds nothing but what
/// [`Subprocess::with_environment`] gives it and `IDEMPOTENCY_KEY`. Each line that it writes is sent on as a chunk. Its output is a JSON
/// object where it is one, otherwise text. An exit status other than 0 is an error with what it wrote to standard
/// error; 75, or an end by a signal, one that another try may not give.
#[derive(Debug, Clone)]
pub struct Subprocess {
    about: Described,
    order: Order,
}

impl Subprocess {
    /// A tool over a command: a program (best an absolute path; there is no `PATH`) and its arguments. No shell reads it.
    pub fn new<S: Into<String>>(
        name: impl Into<String>,
        description: impl Into<String>,
        schema: Value,
        command: impl IntoIterator<Item = S>,
    ) -> Self {
        let command = command.into_iter().map(Into::into).collect();
        let order = Order { command, environment: Vec::new(), folder: None, sandbox: Sandbox::default() };
        Self { about: Described::new(name, description, schema), order }
    }

    with_policy_in_about!();

    /// The same tool within other walls.
    #[must_use]
    pub fn with_sandbox(mut self, sandbox: Sandbox) -> Self {
        self.order.sandbox = sandbox;
        self
    }

    /// The same tool with one more variable in its environment.
    #[must_use]
    pub fn with_environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.order.environment.push((name.into(), value.into()));
        self
    }

    /// The same tool in another working folder. Default: the agent's.
    #[must_use]
    pub fn with_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.order.folder = Some(folder.into());
        self
    }
}

impl Tool for Subprocess {
    answered_by_about!();

    fn run<'a>(&'a self, input: &'a Map<String, Value>, context: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let not_started = |why: String| ToolError::new(format!("The program was not started: {why}."));
            let mut order = self.order.clone();
            let key = ("IDEMPOTENCY_KEY".to_owned(), context.idempotency_key().to_owned());
            order.environment.push(key);
            let process = start(order).await.map_err(not_started)?;
            let input = Value::Object(input.clone()).to_string();
            let on_line = |line: &[u8]| context.send(String::from_utf8_lossy(line));
            let most = self.order.sandbox.limits.output;
            let ended = process.talk(input.as_bytes(), most, on_line).await;
            output(&ended.map_err(|error| ToolError::transient(error.to_string()))?, most)
        })
    }
}

/// What a program's end means.
fn output(ended: &Ended, most: usize) -> Result<ToolOutput, ToolError> {
    if ended.too_much {
        return Err(ToolError::new(format!("The program wrote more than {most} bytes and was stopped.")));
    }
    if ended.status.success() {
        return Ok(read(&ended.stdout));
    }
    let complaint = String::from_utf8_lossy(&ended.stderr);
    let text = |what: String| format!("The program {what}. {}", complaint.trim()).trim_end().to_owned();
    Err(match (ended.status.code(), ended.status.signal()) {
        (Some(TRY_AGAIN), _) => ToolError::transient(text("asks for another try".to_owned())),
        (Some(code), _) => ToolError::new(text(format!("ended with status {code}"))),
        (None, signal) => ToolError::transient(text(format!("was ended by signal {}", signal.unwrap_or(0)))),
    })
}

fn read(stdout: &[u8]) -> ToolOutput {
    match serde_json::from_slice(stdout) {
        Ok(Value::Object(members)) => ToolOutput::Json(Value::Object(members)),
        _ => ToolOutput::Text(String::from_utf8_lossy(stdout).trim_end().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// `status` as the kernel gives it: the code in the second byte, or the signal in the first.
    fn check(status: i32, stdout: &str, stderr: &str, expected: &Result<ToolOutput, ToolError>) {
        let status = std::process::ExitStatus::from_raw(status);
        let ended = Ended { status, stdout: stdout.into(), stderr: stderr.into(), too_much: false };
        assert_eq!(&output(&ended, 9), expected);
    }

    #[test]
    fn an_end_is_read_as_an_output_or_an_error() {
        check(0, "{\"a\": 1}\n", "noise", &Ok(ToolOutput::Json(json!({"a": 1}))));
        check(0, "two\nlines\n", "", &Ok(ToolOutput::Text("two\nlines".into())));
        check(0, "[1]", "", &Ok(ToolOutput::Text("[1]".into())));
        check(1 << 8, "x", " bad \n", &Err(ToolError::new("The program ended with status 1. bad")));
        check(75 << 8, "", "", &Err(ToolError::transient("The program asks for another try.")));
        check(9, "", "", &Err(ToolError::transient("The program was ended by signal 9.")));
    }
}
