//! From text to scenarios. The only place in this crate that reads files.

use crate::book::Scenario;
use crate::file::ScenarioFile;
use crate::node::{Node, place_of};
use crate::problem::{Problem, Problems};
use crate::{check, lint, mend, schema};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// How deep a document may nest. A level costs the parser some 35 KB of stack in a debug build, and a thread
/// may have only 2 MB; scenarios need less than ten levels, and tool input the rest.
const DEEPEST: usize = 32;

static SCHEMA: LazyLock<serde_json::Value> = LazyLock::new(schema::schema);

/// Why a path gave no scenario.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LoadError {
    /// The file or folder cannot be read.
    #[error("{}: cannot be read: {why}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// There is no scenario below the folder.
    #[error("{}: no scenario files (.yaml, .yml, .json) in this folder", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// The file has problems.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Problems(#[from] Problems),
}

/// Reads a scenario from text; `name` is what it is called, `shown` what errors call the file.
///
/// # Errors
/// Every problem of the text.
pub fn scenario(name: &str, shown: &str, text: &str) -> Result<Scenario, Problems> {
    let refuse = |problems| Problems::new(shown, text, problems);
    // As in YAML 1.2 and JSON: `no`, `off` and `y` are texts.
    let budget = serde_saphyr::budget! { max_depth: DEEPEST };
    let options = serde_saphyr::options! { strict_booleans: true, budget: budget };
    let node: Node = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| refuse(vec![mend::syntax(&error, place_of(&error, text))]))?;
    let mut problems = check::check(&SCHEMA, &node);
    let read = serde_json::from_value::<ScenarioFile>(mend::without(&SCHEMA, &node, &problems));
    match read {
        Ok(file) => {
            problems.extend(lint::lint(&file, &node));
            if problems.is_empty() { Ok(Scenario::new(name, file)) } else { Err(refuse(problems)) }
        }
        Err(error) if problems.is_empty() => {
            Err(refuse(vec![Problem::new("", node.place, error.to_string())]))
        }
        Err(_) => Err(refuse(problems)),
    }
}

/// Reads every scenario below `path`, a file or a folder. Names are paths below it without extension.
///
/// Good files load beside bad ones: both lists are complete.
pub fn path(path: &Path) -> (Vec<Scenario>, Vec<LoadError>) {
    let files = match files(path) {
        Ok(files) => files,
        Err(error) => return (Vec::new(), vec![error]),
    };
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        match read(&file, path) {
            Ok(scenario) => scenarios.push(scenario),
            Err(error) => errors.push(error),
        }
    }
    (scenarios, errors)
}

fn read(file: &Path, root: &Path) -> Result<Scenario, LoadError> {
    let bytes = std::fs::read(file).map_err(|why| LoadError::Read { path: file.to_owned(), why })?;
    let shown = file.display().to_string();
    let text = String::from_utf8(bytes).map_err(|error| {
        let why = std::io::Error::other(error.utf8_error().to_string());
        LoadError::Read { path: file.to_owned(), why }
    })?;
    Ok(scenario(&name(file, root), &shown, &text)?)
}

/// The path below the root, without extension, with `/` between its parts.
fn name(file: &Path, root: &Path) -> String {
    let below = file.strip_prefix(root).ok().filter(|below| below.components().next().is_some());
    let below =
        below.map_or_else(|| file.file_name().map(PathBuf::from).unwrap_or_default(), Path::to_path_buf);
    below
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// Whether a file name is a scenario's.
pub fn is_scenario(path: &Path) -> bool {
    matches!(path.extension().and_then(|ext| ext.to_str()), Some("yaml" | "yml" | "json"))
}

fn files(path: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |why| LoadError::Read { path: path.to_owned(), why };
    if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    walk(path, &mut found).map_err(unreadable)?;
    found.sort();
    if found.is_empty() { Err(LoadError::Empty { path: path.to_owned() }) } else { Ok(found) }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else if is_scenario(&path) {
            found.push(path);
        }
    }
    Ok(())
}
