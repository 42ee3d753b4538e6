//! Sets up the real clients that judge the server: a Python virtual environment for boto3, another
//! for the AWS CLI, and a `node_modules` for the JavaScript SDK.
//!
//! They lie under `target/clients/`, one folder for each content of a lock file and version of its
//! interpreter. A folder is made under another name and renamed when it is whole, so that a set-up
//! that was killed leaves nothing that looks ready. Where a tool or the registry is missing there is a
//! [`Skip`], never a pass; `FAULTLINE_REQUIRE_ALL=1` makes it a panic.
//!
//! It knows no case, no protocol and no server.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The folder of this file: the drivers and their lock files.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");
/// Fails where Python comes without the makings of a virtual environment, as on a bare Debian. The
/// path is a fact too: an environment dies with the interpreter that it was made from.
const PYTHON_FACTS: &str = "import sys, venv, ensurepip; print(sys.version, sys.executable)";
/// How much of a failed tool's output a reason quotes.
const QUOTED_LINES: usize = 4;

/// Why a client cannot judge on this machine. It was printed when it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skip {
    /// One sentence, with the last lines that the failing tool said.
    pub(crate) reason: String,
}

impl fmt::Display for Skip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "skipped: {}", self.reason)
    }
}

/// boto3, in a virtual environment.
#[derive(Debug, Clone)]
pub(crate) struct Python {
    /// The folder of the virtual environment.
    pub(crate) home: PathBuf,
}

/// The JavaScript SDK.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// The folder that holds `node_modules`.
    pub(crate) home: PathBuf,
}

/// The AWS CLI v1, in a virtual environment of its own: it carries another botocore.
#[derive(Debug, Clone)]
pub(crate) struct AwsCli {
    /// The folder of the virtual environment.
    pub(crate) home: PathBuf,
}

/// The official MCP client for Python, in a virtual environment of its own.
#[derive(Debug, Clone)]
pub(crate) struct Mcp {
    /// The folder of the virtual environment.
    home: PathBuf,
}

/// The OpenTelemetry SDK for Python with its exporters, in a virtual environment of its own.
#[derive(Debug, Clone)]
pub(crate) struct Otel {
    /// The folder of the virtual environment.
    home: PathBuf,
}

impl Otel {
    /// The sender, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Otel, Skip>> = OnceLock::new();
        READY.get_or_init(|| said(venv("otel", "requirements-otel.txt")).map(|home| Self { home })).clone()
    }

    /// The command of its driver.
    pub(crate) fn driver(&self) -> Command {
        python_driver(&self.home, "otel_sender.py")
    }
}

/// Rotel, a collector that is not ours, in a virtual environment of its own.
#[derive(Debug, Clone)]
pub(crate) struct Rotel {
    /// The folder of the virtual environment.
    home: PathBuf,
}

impl Rotel {
    /// The collector, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Rotel, Skip>> = OnceLock::new();
        READY.get_or_init(|| said(venv("rotel", "requirements-rotel.txt")).map(|home| Self { home })).clone()
    }

    /// The command of the program that its package carries.
    pub(crate) fn agent(&self) -> Command {
        let ask = "import pathlib, rotel; print(pathlib.Path(rotel.__file__).with_name('rotel-agent'))";
        let path = Command::new(python_in(&self.home)).args(["-c", ask]).output();
        let path = path.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        Command::new(path.unwrap_or_default())
    }
}

/// boto3 with OpenTelemetry's instrumentation, in a virtual environment of its own.
#[derive(Debug, Clone)]
pub(crate) struct Botocore {
    /// The folder of the virtual environment.
    home: PathBuf,
}

impl Botocore {
    /// The sender, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Botocore, Skip>> = OnceLock::new();
        READY
            .get_or_init(|| said(venv("botocore", "requirements-botocore.txt")).map(|home| Self { home }))
            .clone()
    }

    /// The command of its driver.
    pub(crate) fn driver(&self) -> Command {
        python_driver(&self.home, "botocore_sender.py")
    }
}

/// Arize Phoenix, a store for traces, in a virtual environment of its own.
#[derive(Debug, Clone)]
pub(crate) struct Phoenix {
    /// The folder of the virtual environment.
    home: PathBuf,
}

impl Phoenix {
    /// The store, set up at the first call; later calls answer at once, a skip included.
    ///
    /// It is large (854 MB), so only who asks for it gets it: `FAULTLINE_PHOENIX=1` wants it, `try` takes it where it installs.
    /// Who does not ask has asked for nothing that is missing.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Phoenix, Skip>> = OnceLock::new();
        let install = || venv("phoenix", "requirements-phoenix.txt");
        let ready = || match std::env::var("FAULTLINE_PHOENIX").as_deref() {
            Ok("1") => said(install()),
            Ok("try") => install().inspect_err(told),
            _ => Err(Skip { reason: "FAULTLINE_PHOENIX is not set".to_owned() }).inspect_err(told),
        };
        READY.get_or_init(|| ready().map(|home| Self { home })).clone()
    }

    /// The command of its driver.
    pub(crate) fn driver(&self) -> Command {
        python_driver(&self.home, "phoenix_serve.py")
    }
}

impl Mcp {
    /// The client, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Mcp, Skip>> = OnceLock::new();
        READY.get_or_init(|| said(venv("mcp", "requirements-mcp.txt")).map(|home| Self { home })).clone()
    }

    /// The command of its driver.
    pub(crate) fn driver(&self) -> Command {
        python_driver(&self.home, "mcp_client.py")
    }

    /// The command of a server that is made with the same SDK.
    pub(crate) fn server(&self) -> Command {
        python_driver(&self.home, "mcp_server.py")
    }
}

/// The official gRPC client for Python and its generator, in a virtual environment of their own.
#[derive(Debug, Clone)]
pub(crate) struct Grpc {
    /// The folder of the virtual environment.
    home: PathBuf,
}

impl Grpc {
    /// The client, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Grpc, Skip>> = OnceLock::new();
        READY.get_or_init(|| said(venv("grpc", "requirements-grpc.txt")).map(|home| Self { home })).clone()
    }

    /// The command of its driver.
    pub(crate) fn driver(&self) -> Command {
        python_driver(&self.home, "grpc_client.py")
    }
}

/// vcrpy around boto3, in a virtual environment of its own.
#[derive(Debug, Clone)]
pub(crate) struct Vcrpy {
    /// The folder of the virtual environment.
    home: PathBuf,
}

impl Vcrpy {
    /// The client, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Vcrpy, Skip>> = OnceLock::new();
        READY.get_or_init(|| said(venv("vcrpy", "requirements-vcrpy.txt")).map(|home| Self { home })).clone()
    }

    /// The command of its driver.
    pub(crate) fn driver(&self) -> Command {
        python_driver(&self.home, "vcr_client.py")
    }

    /// The command of the driver whose recorder is off.
    pub(crate) fn switcher(&self) -> Command {
        python_driver(&self.home, "vcr_switch.py")
    }
}

impl Python {
    /// The client, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Python, Skip>> = OnceLock::new();
        READY.get_or_init(|| said(venv("boto3", "requirements.txt")).map(|home| Self { home })).clone()
    }

    /// The command of its driver.
    pub(crate) fn driver(&self) -> Command {
        python_driver(&self.home, "driver.py")
    }
}

impl AwsCli {
    /// The client, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<AwsCli, Skip>> = OnceLock::new();
        READY
            .get_or_init(|| said(venv("awscli", "requirements-awscli.txt")).map(|home| Self { home }))
            .clone()
    }

    /// The command of its driver.
    pub(crate) fn driver(&self) -> Command {
        python_driver(&self.home, "aws_cli.py")
    }
}

impl Node {
    /// The client, set up at the first call; later calls answer at once, a skip included.
    pub(crate) fn ready() -> Result<Self, Skip> {
        static READY: OnceLock<Result<Node, Skip>> = OnceLock::new();
        READY.get_or_init(|| said(node_modules()).map(|home| Self { home })).clone()
    }

    /// The command of its driver. Add `NODE_EXTRA_CA_CERTS` for a CA that every case is to trust:
    /// node reads it when it starts, and never again.
    pub(crate) fn driver(&self) -> Command {
        let mut command = Command::new("node");
        command.arg(source("node/driver.mjs")).arg(&self.home).env_remove("NODE_OPTIONS");
        command
    }
}

/// Tells of a skip past the capture of the test harness, which hides what a passing test prints.
fn said(ready: Result<PathBuf, Skip>) -> Result<PathBuf, Skip> {
    if let Err(skip) = &ready {
        let required = std::env::var("FAULTLINE_REQUIRE_ALL").is_ok_and(|value| value == "1");
        assert!(!required, "FAULTLINE_REQUIRE_ALL=1, but {}", skip.reason);
        told(skip);
    }
    ready
}

fn told(skip: &Skip) {
    // Nobody to tell is no reason to fail.
    let _ = writeln!(io::stderr(), "{skip}");
}

fn venv(name: &str, lock: &str) -> Result<PathBuf, Skip> {
    let version = answer_of("python3", &["-c", PYTHON_FACTS])?;
    let requirements = source("python").join(lock);
    once(name, &[&read(&requirements)?, &version], |home| {
        let mut make = Command::new("python3");
        run(make.args(["-m", "venv"]).arg(home), "python3 -m venv failed")?;
        let mut install = Command::new(python_in(home));
        install.args([
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--no-input",
            "--disable-pip-version-check",
        ]);
        // A machine without a network is to say so soon.
        install.args(["--retries", "1", "--timeout", "20", "-r"]).arg(&requirements);
        run(&mut install, "pip install failed")
    })
}

fn node_modules() -> Result<PathBuf, Skip> {
    let version = answer_of("node", &["--version"])?;
    answer_of("npm", &["--version"])?;
    let sources = source("node");
    let lock = read(&sources.join("package-lock.json"))?;
    once("node", &[&lock, &version], |home| {
        fs::create_dir(home).map_err(|error| broken(home, &error))?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(sources.join(file), home.join(file)).map_err(|error| broken(home, &error))?;
        }
        let mut install = Command::new("npm");
        install.args([
            "ci",
            "--engine-strict",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--fetch-retries=1",
        ]);
        run(install.arg("--fetch-timeout=20000").current_dir(home), "npm ci failed")
    })
}

/// The folder for these inputs, made by `build` if it is not there yet.
///
/// One at a time: the lock on the file ends with the process that holds it, however it ends.
fn once(name: &str, inputs: &[&str], build: impl FnOnce(&Path) -> Result<(), Skip>) -> Result<PathBuf, Skip> {
    let root = clients_folder();
    fs::create_dir_all(&root).map_err(|error| broken(&root, &error))?;
    let lock = File::create(root.join(format!("{name}.lock"))).map_err(|error| broken(&root, &error))?;
    lock.lock().map_err(|error| broken(&root, &error))?;
    let home = root.join(format!("{name}-{:016x}", fingerprint(inputs)));
    if home.is_dir() {
        return Ok(home);
    }
    clear_unfinished(&root, name);
    // A killed test's pip may still be writing: no two set-ups share a folder.
    let unfinished = home.with_extension(format!("unfinished-{}", std::process::id()));
    build(&unfinished)?;
    fs::rename(&unfinished, &home).map_err(|error| broken(&home, &error))?;
    Ok(home)
}

/// Removes what earlier set-ups left half made. What cannot be removed now is in nobody's way.
fn clear_unfinished(root: &Path, name: &str) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let file_name = entry.file_name();
        let file_name = file_name.to_string_lossy();
        if file_name.starts_with(&format!("{name}-")) && file_name.contains(".unfinished-") {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// `target/clients`: beside the folder that cargo gives to integration tests, wherever the target is.
fn clients_folder() -> PathBuf {
    let given = option_env!("CARGO_TARGET_TMPDIR").map(Path::new).and_then(Path::parent);
    given
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), Path::to_path_buf)
        .join("clients")
}

/// FNV-1a, 64 bits: a name for a content, the same in every build.
fn fingerprint(inputs: &[&str]) -> u64 {
    let bytes = inputs.iter().flat_map(|input| input.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// What the tool prints for these arguments, or that it is not there.
fn answer_of(tool: &str, arguments: &[&str]) -> Result<String, Skip> {
    let done = Command::new(tool).args(arguments).stdin(Stdio::null()).output();
    let done = done.map_err(|_| Skip { reason: format!("{tool} not found") })?;
    if !done.status.success() {
        return Err(Skip { reason: format!("{tool} cannot be used: {}", telling_lines(&done.stderr)) });
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

fn run(command: &mut Command, what: &str) -> Result<(), Skip> {
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|error| Skip { reason: format!("{what}: {error}") })?;
    if done.status.success() {
        return Ok(());
    }
    // `venv` tells on stdout that ensurepip is missing; pip and npm tell on stderr.
    let said = if done.stderr.is_empty() { &done.stdout } else { &done.stderr };
    Err(Skip { reason: format!("{what}: {}", telling_lines(said)) })
}

/// The lines that tell most: npm says the cause first and a stack after it, the others last.
fn telling_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let of_npm: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("npm error ")).collect();
    if of_npm.is_empty() {
        lines[lines.len().saturating_sub(QUOTED_LINES)..].join(" / ")
    } else {
        of_npm[..of_npm.len().min(QUOTED_LINES)].join(" / ")
    }
}

fn python_driver(home: &Path, script: &str) -> Command {
    let mut command = Command::new(python_in(home));
    // The scripts stay in the source tree, which is to stay clean.
    command.arg("-B").arg(source("python").join(script)).env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    command
}

fn python_in(home: &Path) -> PathBuf {
    home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn source(path: &str) -> PathBuf {
    Path::new(SOURCES).join(path)
}

fn read(path: &Path) -> Result<String, Skip> {
    fs::read_to_string(path).map_err(|error| broken(path, &error))
}

fn broken(path: &Path, error: &io::Error) -> Skip {
    Skip { reason: format!("{}: {error}", path.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_up_that_fails_leaves_nothing_that_looks_ready_and_the_next_one_starts_afresh() {
        let inputs = ["half", "made"];
        let failed = once("check", &inputs, |home| {
            fs::create_dir(home).unwrap();
            fs::write(home.join("half"), "").unwrap();
            Err(Skip { reason: "no network".to_owned() })
        });
        assert_eq!(failed.unwrap_err().to_string(), "skipped: no network");
        let home = once("check", &inputs, |home| {
            fs::create_dir(home).map_err(|error| broken(home, &error))?;
            fs::write(home.join("whole"), "").map_err(|error| broken(home, &error))
        });
        let home = home.unwrap();
        assert!(home.join("whole").exists() && !home.join("half").exists());
        let again = once("check", &inputs, |_| panic!("it is there already"));
        assert_eq!(again.unwrap(), home);
        fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn another_lock_file_gets_another_folder() {
        assert_ne!(fingerprint(&["boto3==1", "3.11"]), fingerprint(&["boto3==2", "3.11"]));
        assert_ne!(fingerprint(&["boto3==1", "3.11"]), fingerprint(&["boto3==1", "3.12"]));
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
    }

    #[test]
    fn a_tool_that_is_missing_is_named() {
        let skip = answer_of("faultline-no-such-tool", &["--version"]).unwrap_err();
        assert_eq!(skip.to_string(), "skipped: faultline-no-such-tool not found");
    }

    #[test]
    fn the_cause_is_quoted_and_not_the_stack() {
        let npm = b"npm warn x\nnpm error code E1\nnpm error 2\nnpm error 3\nnpm error 4\nnpm error   at y\n";
        assert_eq!(telling_lines(npm), "code E1 / 2 / 3 / 4");
        assert_eq!(
            telling_lines(b"a\nb\n\nc\nd\nERROR: no such version\n"),
            "b / c / d / ERROR: no such version"
        );
    }

    #[test]
    fn a_tool_that_fails_is_quoted() {
        let skip = run(Command::new("cargo").arg("no-such-subcommand"), "cargo failed").unwrap_err();
        assert!(skip.reason.contains("no-such-subcommand"), "{skip}");
    }
}
