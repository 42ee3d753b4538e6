//! The house holds: floors, no circles, sizes, and names that may not appear where they do not belong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each crate and what it may depend on: the floors of ARCHITECTURE.md.
const FLOORS: [(&str, &[&str]); 11] = [
    ("wire", &[]),
    ("queue", &[]),
    ("shadow", &[]),
    ("telemetry", &[]),
    ("agent", &["queue", "telemetry"]),
    ("collector", &["telemetry"]),
    ("scenarios", &["wire"]),
    ("mock-bedrock", &["scenarios", "telemetry", "wire"]),
    ("dashboards", &["scenarios", "telemetry"]),
    ("recorder", &["mock-bedrock", "scenarios", "telemetry", "wire"]),
    (
        "",
        &[
            "agent",
            "collector",
            "dashboards",
            "mock-bedrock",
            "queue",
            "recorder",
            "scenarios",
            "shadow",
            "telemetry",
            "wire",
        ],
    ),
];

/// Words that a crate's code may not hold, in which folder, except in these files, and why.
const FORBIDDEN: [(&str, &[&str], &[&str], &str); 10] = [
    (
        "scenarios/src",
        &["Instant", "SystemTime", "tokio::", "hyper::", "std::thread", "std::net"],
        &[],
        "scenarios has no clock and no sockets",
    ),
    ("scenarios/src", &["std::fs", "std::env"], &["load.rs"], "files are read in load only"),
    ("scenarios/src", &["rand::", "fastrand", "getrandom", "RandomState"], &[], "only seed draws"),
    (
        "wire/src",
        &["Instant", "SystemTime", "tokio::", "std::fs", "std::env", "rand::"],
        &[],
        "wire is facts",
    ),
    ("mock-bedrock/src", &["sleep", "timeout("], &["writer.rs", "body.rs"], "only the writer waits for time"),
    (
        "agent/src",
        &["faultline_mock", "faultline_scenarios", "faultline_wire"],
        &[],
        "the agent never knows our mock",
    ),
    (
        "telemetry/src",
        &["Instant", "SystemTime", "tokio::", "std::fs", "opentelemetry::", "serde"],
        &[],
        "telemetry is names",
    ),
    (
        "collector/src",
        &["Instant::now", "SystemTime::now", "gen_ai."],
        &[],
        "time is an argument, names are telemetry's",
    ),
    ("dashboards/src", &["Instant::now", "SystemTime::now", "std::fs"], &[], "reports are pure"),
    (
        "shadow/src",
        &["Instant", "SystemTime", "tokio::", "std::fs", "std::net", "std::thread", "rand::", "RandomState"],
        &[],
        "a comparison is pure: time and chance are arguments",
    ),
];

/// Crates whose code may read no environment: all but the command line.
const LIBRARIES: [&str; 10] = [
    "wire",
    "queue",
    "telemetry",
    "scenarios",
    "mock-bedrock",
    "recorder",
    "agent",
    "collector",
    "dashboards",
    "shadow",
];

/// The longest file, in lines of code before its tests.
const LONGEST: usize = 400;

/// The share of files that may be longer than 250 lines: vocabulary.
const LONG_SHARE: f64 = 0.1;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn sources(member: &str) -> Vec<PathBuf> {
    rust_files(&root().join(member).join("src"))
}

/// The code of a file without its test module, and without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = before_tests(&text);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A file up to its test module.
fn before_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap()
}

#[test]
fn crates_depend_only_on_floors_below() {
    for (member, allowed) in FLOORS {
        let manifest = fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap();
        let own = manifest.split("[workspace.dependencies]").last().unwrap();
        let own = own.split("[dependencies]").nth(1).unwrap_or("");
        let named = own.lines().filter_map(|line| line.strip_prefix("faultline-")?.split(['.', ' ']).next());
        for dependency in named {
            assert!(allowed.contains(&dependency), "{member} may not depend on {dependency}");
        }
        for file in sources(member).into_iter().filter(|_| !member.is_empty()) {
            used_crates(&file).into_iter().for_each(|used| {
                assert!(allowed.contains(&used.as_str()), "{} may not use {used}", file.display());
            });
        }
    }
}

fn used_crates(file: &Path) -> BTreeSet<String> {
    let code = code(file);
    let names = code.split("faultline_").skip(1).map(|rest| {
        rest.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or_default().replace('_', "-")
    });
    names.filter(|name| FLOORS.iter().any(|(member, _)| member == name)).collect()
}

#[test]
fn no_modules_of_a_crate_import_each_other_in_a_circle() {
    for (member, _) in FLOORS {
        no_circle(member, &arrows(member));
    }
}

fn no_circle(place: &str, arrows: &BTreeMap<String, BTreeSet<String>>) {
    for start in arrows.keys() {
        let mut seen = BTreeSet::new();
        let mut stack: Vec<&String> = arrows[start].iter().collect();
        while let Some(module) = stack.pop() {
            assert_ne!(module, start, "{place}: `{start}` imports itself over others: {arrows:#?}");
            if seen.insert(module) {
                stack.extend(arrows.get(module).into_iter().flatten());
            }
        }
    }
}

/// Top-level modules of a crate, each with the top-level modules that it names.
fn arrows(member: &str) -> BTreeMap<String, BTreeSet<String>> {
    let source = root().join(member).join("src");
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources(member) {
        let module = top_module(file.strip_prefix(&source).unwrap());
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let code = code(&file);
        let named = code.split("crate::").skip(1).flat_map(named_modules);
        let others = named.filter(|name| *name != module && !name.is_empty());
        arrows.entry(module.clone()).or_default().extend(others.collect::<Vec<_>>());
    }
    arrows
}

/// The modules that stand after a `crate::`: one, or several in braces.
fn named_modules(rest: &str) -> Vec<String> {
    let first = |path: &str| {
        let name = path.trim().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
        name.unwrap_or_default().to_owned()
    };
    match rest.strip_prefix('{') {
        Some(group) => group.split('}').next().unwrap_or_default().split(',').map(first).collect(),
        None => vec![first(rest)],
    }
}

fn top_module(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.strip_suffix(".rs").map_or(first.clone(), str::to_owned)
}

#[test]
fn no_files_of_a_folder_import_each_other_in_a_circle() {
    let folders: BTreeSet<PathBuf> = FLOORS
        .iter()
        .flat_map(|(member, _)| sources(member))
        .map(|file| file.parent().unwrap().to_owned())
        .collect();
    for folder in folders {
        no_circle(&folder.display().to_string(), &beside(&folder));
    }
}

/// The files of one folder, each with the files beside it that it names by `super::`.
fn beside(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let files = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let named = |file: PathBuf| {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let code = code(&file);
        let others = code.split("super::").skip(1).flat_map(named_modules).filter(|other| *other != name);
        let others: BTreeSet<String> = others.collect();
        (name, others)
    };
    files.map(named).filter(|(name, _): &(String, _)| name != "mod").collect()
}

#[test]
fn forbidden_names_do_not_appear() {
    for (folder, words, except, why) in FORBIDDEN {
        let files = rust_files(&root().join(folder));
        assert!(!files.is_empty(), "{folder} has no files: the rule \"{why}\" watches nothing");
        for file in files {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if except.contains(&name.as_str()) {
                continue;
            }
            let code = code(&file);
            for word in words {
                assert!(!code.contains(word), "{}: `{word}`: {why}", file.display());
            }
        }
    }
}

#[test]
fn only_the_command_line_reads_the_environment() {
    for member in LIBRARIES {
        for file in sources(member) {
            let code = code(&file);
            for word in ["env::var", "env::args", "std::env::"] {
                assert!(!code.contains(word), "{}: `{word}`: only the command line reads it", file.display());
            }
        }
    }
}

#[test]
fn files_stay_small() {
    let written = |file: &PathBuf| !fs::read_to_string(file).unwrap().starts_with("//! Generated from");
    let files: Vec<PathBuf> = FLOORS.iter().flat_map(|(member, _)| sources(member)).filter(written).collect();
    let lines = |file: &PathBuf| before_tests(&fs::read_to_string(file).unwrap()).lines().count();
    let long: Vec<&PathBuf> = files.iter().filter(|file| lines(file) > 250).collect();
    for file in &files {
        assert!(lines(file) <= LONGEST, "{} has more than {LONGEST} lines", file.display());
    }
    let share = long.len() as f64 / files.len() as f64;
    assert!(
        share <= LONG_SHARE,
        "{} of {} files are longer than 250 lines: {long:#?}",
        long.len(),
        files.len()
    );
}

#[test]
fn every_crate_takes_the_workspace_lints_and_forbids_unsafe() {
    for (member, _) in FLOORS {
        let manifest = fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member}");
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
}

#[test]
fn every_file_says_what_it_is_for() {
    for (member, _) in FLOORS {
        for file in sources(member) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.starts_with("//!"), "{} does not start with //!", file.display());
        }
    }
}
