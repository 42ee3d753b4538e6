//! From text to scenarios. The only place in this crate that reads files.

use crate::book::Scenario;
use crate::file::ScenarioFile;
use crate::node::{Node, Place, place_of};
use crate::parameters::{self, Combination};
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

/// Reads a text that stands for one scenario; `name` is what it is called, `shown` what errors call the file.
///
/// # Errors
/// Every problem of the text; that it stands for several scenarios is one, see [`scenarios`].
pub fn scenario(name: &str, shown: &str, text: &str) -> Result<Scenario, Problems> {
    let mut all = scenarios(name, shown, text)?;
    let count = all.len();
    match all.pop() {
        Some(only) if count == 1 => Ok(only),
        _ => {
            let message = format!("the file stands for {count} scenarios, one was wanted");
            Err(Problems::new(shown, text, vec![Problem::new("parameters", Place::default(), message)]))
        }
    }
}

/// Reads the scenarios that a text stands for: one called `name`, or, with `parameters`, one called
/// `name/VALUE/VALUE` for each combination of their values. `shown` is what errors call the file.
///
/// # Errors
/// Every problem of the text, each once.
pub fn scenarios(name: &str, shown: &str, text: &str) -> Result<Vec<Scenario>, Problems> {
    let refuse = |problems| Problems::new(shown, text, problems);
    let node = document(text).map_err(|problem| refuse(vec![problem]))?;
    let combinations = parameters::expand(&node).map_err(refuse)?;
    let (mut scenarios, mut problems) = (Vec::new(), Vec::<Problem>::new());
    for Combination { case, node } in combinations {
        match read_node(&node) {
            Ok(file) => scenarios.push(Scenario::new(&named(name, &case), file)),
            Err(wrong) => {
                let new: Vec<_> = wrong.into_iter().filter(|problem| !problems.contains(problem)).collect();
                problems.extend(new);
            }
        }
    }
    if problems.is_empty() { Ok(scenarios) } else { Err(refuse(problems)) }
}

/// Parses a text.
pub(crate) fn document(text: &str) -> Result<Node, Problem> {
    // As in YAML 1.2 and JSON: `no`, `off` and `y` are texts.
    let budget = serde_saphyr::budget! { max_depth: DEEPEST };
    let options = serde_saphyr::options! { strict_booleans: true, budget: budget };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| mend::syntax(&error, place_of(&error, text)))
}

fn named(file: &str, case: &str) -> String {
    if case.is_empty() { file.to_owned() } else { format!("{file}/{case}") }
}

/// Reads one document, or says everything that is wrong with it.
pub(crate) fn read_node(node: &Node) -> Result<ScenarioFile, Vec<Problem>> {
    let mut problems = check::check(&SCHEMA, node);
    let read = serde_json::from_value::<ScenarioFile>(mend::without(&SCHEMA, node, &problems));
    match read {
        Ok(file) => {
            problems.extend(lint::lint(&file, node));
            if problems.is_empty() { Ok(file) } else { Err(problems) }
        }
        Err(error) if problems.is_empty() => Err(vec![Problem::new("", node.place, error.to_string())]),
        Err(_) => Err(problems),
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
            Ok(read) => scenarios.extend(read),
            Err(error) => errors.push(error),
        }
    }
    (scenarios, errors)
}

fn read(file: &Path, root: &Path) -> Result<Vec<Scenario>, LoadError> {
    let bytes = std::fs::read(file).map_err(|why| LoadError::Read { path: file.to_owned(), why })?;
    let shown = file.display().to_string();
    let text = String::from_utf8(bytes).map_err(|error| {
        let why = std::io::Error::other(error.utf8_error().to_string());
        LoadError::Read { path: file.to_owned(), why }
    })?;
    Ok(scenarios(&name(file, root), &shown, &text)?)
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
