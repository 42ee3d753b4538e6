//! A NATS server with JetStream of a test's own: Debian's `nats-server`, on a free port, with a folder that goes with it.
//!
//! Where it is missing a test says `skipped: no nats-server`; `FAULTLINE_REQUIRE_ALL=1` turns that into a failure.

#![allow(dead_code, reason = "each test file uses a part of this module")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that runs. Dropping it kills it.
pub(crate) struct NatsServer {
    child: Child,
    folder: PathBuf,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl NatsServer {
    /// Starts one; `folder` is where it keeps what it is given. `None` where the program is missing.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Option<Self> {
        let _ = std::fs::remove_dir_all(folder);
        Self::start_at("-1", folder, arguments)
    }

    /// Kills it and starts it again: at the same port, with what its disk has.
    pub(crate) fn kill_and_restart(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let port = self.address.rsplit(':').next().unwrap().to_owned();
        let folder = std::mem::take(&mut self.folder);
        Self::start_at(&port, &folder, &[]).unwrap()
    }

    fn start_at(port: &str, folder: &Path, arguments: &[&str]) -> Option<Self> {
        let started = Command::new("nats-server")
            .args(["-js", "-a", "127.0.0.1", "--port", port, "-sd"])
            .arg(folder)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = started else {
            skip("no nats-server");
            return None;
        };
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut server = Self { child, folder: folder.to_owned(), address: String::new() };
        let mut line = String::new();
        while !line.contains("Server is ready") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "nats-server did not start");
            if let Some((_, address)) = line.split_once("Listening for client connections on ") {
                server.address = address.trim().to_owned();
            }
        }
        // Its log must go somewhere, or it waits.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Some(server)
    }

    /// `nats://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Who was started again has the folder now.
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn skip(why: &str) {
    let required = std::env::var_os("FAULTLINE_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "{why}, and FAULTLINE_REQUIRE_ALL=1 asks for it");
    // A standard error that is closed cannot be told anything.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
