//! A PostgreSQL server of a test's own: a cluster in a folder, behind a socket there, gone when the test is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::folder::Folder;

pub(crate) struct Cluster {
    folder: Folder,
    programs: PathBuf,
}

impl Cluster {
    /// A running server; `None`, and said, where there is no PostgreSQL.
    #[expect(clippy::print_stdout, reason = "a skipped test says why")]
    pub(crate) fn start(name: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            println!("skipped: no postgres");
            let all = std::env::var("FAULTLINE_REQUIRE_ALL").is_ok_and(|value| value == "1");
            assert!(!all, "everything is required, but there is no postgres");
            return None;
        };
        let folder = Folder::new(name);
        // The server does not run as root: its folder is the other user's.
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder.0));
        }
        let cluster = Self { folder, programs };
        let data = cluster.data();
        run(cluster.as_user("initdb").args(["--no-sync", "-A", "trust", "-U", "postgres", "-D"]).arg(data));
        cluster.server("start");
        Some(cluster)
    }

    pub(crate) fn server(&self, what: &str) {
        let options = format!("-k {} -c listen_addresses= -c fsync=off", self.folder.0.display());
        let log = self.folder.0.join("log");
        let mut command = self.as_user("pg_ctl");
        command
            .args(["-w", "-m", "fast", "-o", &options, "-l"])
            .arg(log)
            .arg("-D")
            .arg(self.data())
            .arg(what);
        run(&mut command);
    }

    pub(crate) fn url(&self) -> String {
        let socket = self.folder.0.display().to_string().replace('/', "%2F");
        format!("postgres://postgres:hush@{socket}/postgres")
    }

    /// What the server's own client prints for a statement.
    pub(crate) fn psql(&self, sql: &str) -> String {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-c", sql, "-h"]);
        run(command.arg(&self.folder.0)).trim().to_owned()
    }

    fn data(&self) -> PathBuf {
        self.folder.0.join("data")
    }

    fn as_user(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&program) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(&program);
        }
        command.current_dir("/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = self.as_user("pg_ctl");
        let _ = command
            .args(["-m", "immediate", "stop", "-D"])
            .arg(self.data())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Debian keeps a version's programs in a folder of its own, off the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = |folder: &Path| ["initdb", "pg_ctl", "psql"].iter().all(|name| folder.join(name).exists());
    folders.chain(std::env::split_paths(&path)).find(|folder| has(folder))
}

/// What a command prints. Its errors go to a pipe that no server keeps open.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
