//! The runners of examples/agents are sound without being run: versions are pinned, all have the same tools, the table
//! of docs/GRADES.md can be made from what `grade` writes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/agents")
}

/// The runners' folders.
fn runners() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home()).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<PathBuf> =
        entries.filter(|path| path.is_dir() && !path.ends_with("__pycache__")).collect();
    assert!(found.len() >= 6, "{found:?}");
    found
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// A runner's code.
fn code(runner: &Path) -> String {
    ["agent.py", "agent.mjs", "src/main.rs"].iter().find_map(|file| read(&runner.join(file))).unwrap()
}

#[test]
fn every_version_is_pinned() {
    for runner in runners() {
        if let Some(text) = read(&runner.join("requirements.txt")) {
            let loose = text.lines().find(|line| !line.starts_with('#') && !line.contains("=="));
            assert_eq!(loose, None, "{}", runner.display());
        } else {
            let lock = ["package-lock.json", "Cargo.lock"].iter().find_map(|file| read(&runner.join(file)));
            assert!(lock.is_some(), "{} has no lock file", runner.display());
        }
    }
}

#[test]
fn all_have_the_same_two_tools_and_say_the_same_of_them() {
    for runner in runners() {
        let code = code(&runner);
        for part in
            ["lookup_parcel", "convert_length", "parcel_id", "metres", "is in the depot.", "3.28084", " feet"]
        {
            assert!(code.contains(part), "{}: {part}", runner.display());
        }
    }
}

#[test]
fn every_runner_has_its_row_in_the_grades() {
    let page = read(&home().join("../../docs/GRADES.md")).unwrap();
    for runner in runners() {
        let name = runner.file_name().unwrap().to_string_lossy().into_owned();
        assert!(page.contains(&format!("| {name} |")), "{name} has no row");
        assert!(page.contains(&format!("### {name}")), "{name} has no section");
    }
}

#[test]
fn the_table_counts_what_passed_of_what_was_exercised() {
    let result = |group: &str, verdict: &str| format!(r#"{{"group": "{group}", "verdict": "{verdict}"}}"#);
    let results =
        [result("errors", "passed"), result("errors", "failed"), result("usage", "skipped")].join(",");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("strands.json");
    std::fs::write(&file, format!(r#"{{"results": [{results}]}}"#)).unwrap();
    let Ok(made) = Command::new("python3").arg(home().join("matrix.py")).arg(&file).output() else { return };
    let table = String::from_utf8(made.stdout).unwrap();
    let row = table.lines().last().unwrap_or_default();
    assert!(
        row.starts_with("| strands | strands-agents "),
        "{table}{}",
        String::from_utf8_lossy(&made.stderr)
    );
    assert!(row.ends_with("| 1/2 | – | – | – | – | – | – | – | 1/2 | 1 |"), "{row}");
}
