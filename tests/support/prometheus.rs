//! A Prometheus of a test's own: Debian's `prometheus` and `promtool`, on a free port of loopback, with a folder that goes with it.
//!
//! Where they are missing a test says `skipped: no prometheus`; `FAULTLINE_REQUIRE_ALL=1` turns that into a failure.

#![allow(dead_code, reason = "each test file uses a part of this module")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Labels without the name, and the value.
pub(crate) type Vector = BTreeMap<BTreeMap<String, String>, f64>;

/// A server that runs. Dropping it kills it.
pub(crate) struct Prometheus {
    child: Child,
    folder: PathBuf,
    address: String,
}

/// Whether both programs are there.
pub(crate) fn installed() -> bool {
    let there = ["prometheus", "promtool"].iter().all(|tool| {
        Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    });
    if !there {
        let required = std::env::var_os("FAULTLINE_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "no prometheus, and FAULTLINE_REQUIRE_ALL=1 asks for it");
        // A standard error that is closed cannot be told anything.
        let _ = writeln!(std::io::stderr(), "skipped: no prometheus");
    }
    there
}

/// What `promtool` says, with this on its input.
pub(crate) fn promtool(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// An empty folder of a test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Prometheus {
    /// Starts one with what `folder/data` has; `scrape` is its `scrape_configs`.
    pub(crate) fn start(folder: &Path, scrape: &str) -> Self {
        std::fs::write(folder.join("prometheus.yml"), format!("scrape_configs: {scrape}\n")).unwrap();
        // Another process may take the port before it does.
        let started = (0..5).find_map(|_| Self::try_start(folder));
        started.unwrap_or_else(|| panic!("prometheus did not start"))
    }

    fn try_start(folder: &Path) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            // What tests put in is as old as they like.
            .arg("--storage.tsdb.retention.time=100y")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let server = Self { child, folder: folder.to_owned(), address };
        let mut line = String::new();
        while !line.contains("Server is ready to receive web requests") {
            line.clear();
            if log.read_line(&mut line).unwrap() == 0 {
                return None;
            }
        }
        // Its log must go somewhere, or it waits.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Some(server)
    }

    /// The `data` of what it answers.
    ///
    /// # Errors
    /// What it says is wrong.
    pub(crate) fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let parameters: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let (_, body) = get(&self.address, &format!("/api/v1/{path}?{}", parameters.join("&")), "");
        let mut answer: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
        match answer["status"].as_str() {
            Some("success") => Ok(answer["data"].take()),
            _ => Err(answer["error"].to_string()),
        }
    }

    /// What a query comes to at a moment, in seconds since 1970; now where there is none.
    ///
    /// # Errors
    /// What it says is wrong.
    pub(crate) fn query(&self, expr: &str, at: Option<u64>) -> Result<Vector, String> {
        let at = at.map(|at| at.to_string());
        let mut parameters = vec![("query", expr)];
        parameters.extend(at.as_ref().map(|at| ("time", at.as_str())));
        let data = self.ask("query", &parameters)?;
        if data["resultType"] != "vector" {
            return Err(format!("no vector: {data}"));
        }
        data["result"].as_array().unwrap().iter().map(series).collect()
    }
}

fn series(told: &Value) -> Result<(BTreeMap<String, String>, f64), String> {
    let labels = told["metric"].as_object().unwrap().iter().filter(|(name, _)| *name != "__name__");
    let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    let value = told["value"][1].as_str().unwrap();
    Ok((labels, value.parse().map_err(|_| format!("no number: {value}"))?))
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Head and body of an answer; its body is of a known length, or ends with the connection, or comes in chunks.
pub(crate) fn get(address: &str, path: &str, headers: &str) -> (String, String) {
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    (head.to_owned(), if chunked { whole(body) } else { body.to_owned() })
}

fn whole(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = chunks.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        body += &rest[..length];
        chunks = rest[length..].strip_prefix("\r\n").unwrap();
        if length == 0 {
            break;
        }
    }
    body
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
