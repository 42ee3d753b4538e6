//! A command that serves until it is stopped, and a client that knows whether it got the whole answer.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

/// A command that runs, and what its first line said.
pub(crate) struct Served {
    child: Child,
    said: Value,
}

impl Served {
    /// Starts it; it must have been told `--json`.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut why = String::new();
            child.stderr.as_mut().unwrap().read_to_string(&mut why).unwrap();
            panic!("it did not start: {line}{why}")
        });
        Self { child, said }
    }

    /// A member of what it said.
    pub(crate) fn said(&self, name: &str) -> String {
        self.said[name].as_str().unwrap_or_default().to_owned()
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> String {
        self.said("url").trim_start_matches("http://").to_owned()
    }

    /// Stops it as a person does; what it said besides.
    pub(crate) fn stop(mut self) -> Output {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        let mut stderr = Vec::new();
        self.child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        Output { status, stdout: Vec::new(), stderr }
    }

    /// Kills it: SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A test that has failed leaves nothing running; what has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts a body; the answer with its head, or `None` where it did not come to its end.
pub(crate) fn post(address: &str, path: &str, headers: &str, body: &str) -> Option<String> {
    let mut socket = TcpStream::connect(address).ok()?;
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    socket.write_all((head + body).as_bytes()).ok()?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    whole(&text).then_some(text)
}

/// Whether a chunked answer has its last chunk, or another one as many bytes as it said.
fn whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    match length {
        Some(length) => body.len() == length,
        None => body.ends_with("0\r\n\r\n"),
    }
}

/// A request body that says `text`.
pub(crate) fn saying(text: &str) -> String {
    serde_json::json!({"messages": [{"role": "user", "content": [{ "text": text }]}]}).to_string()
}
