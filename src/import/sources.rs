//! The files that are to be imported, each with the name of the test that it is of, and what is read from them.

use crate::exit::Failure;
use faultline_recorder::import::{self, Imported, Kind};
use std::path::{Path, PathBuf};

/// The endings of files that a folder is searched for.
const ENDINGS: [&str; 6] = ["es", "gz", "har", "json", "yaml", "yml"];

/// A file that is to be imported.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its path below the folder that was named, without its ending: the name of a test, where it gives itself none.
    pub(crate) name: String,
    /// Whether it was named itself, and not found in a folder.
    pub(crate) is_named: bool,
}

/// The files of `paths`, in their order; those of a folder by name.
///
/// # Errors
/// When a path cannot be read.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let cannot = |why| Failure::usage(format!("{}: cannot be read: {why}", path.display()));
        if path.metadata().map_err(cannot)?.is_dir() {
            let mut found = Vec::new();
            walk(path, &mut found).map_err(cannot)?;
            found.sort();
            all.extend(found.into_iter().map(|file| source(&file, path)));
        } else {
            let above = path.parent().unwrap_or(Path::new(""));
            all.push(Source { is_named: true, ..source(path, above) });
        }
    }
    Ok(all)
}

fn source(path: &Path, root: &Path) -> Source {
    let below = path.strip_prefix(root).unwrap_or(path);
    let below = if below.extension().is_some_and(|ending| ending == "gz") {
        below.with_extension("")
    } else {
        below.into()
    };
    let below = below.with_extension("");
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Source { path: path.to_owned(), name: parts.join("/"), is_named: false }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
    Ok(())
}

/// What is in a file; an `.es` file has notes beside it.
///
/// # Errors
/// Why nothing can be taken from it.
pub(crate) fn read(path: &Path, kind: Option<Kind>) -> Result<Imported, String> {
    if kind.is_none_or(|kind| kind == Kind::Es) && import::is_recording(path) {
        let recording = import::file(path).map_err(|why| bare(path, &why.to_string()))?;
        if recording.request.is_some() {
            let (takes, skipped, notes) = (vec![recording.take()], Vec::new(), Vec::new());
            return Ok(Imported { kind: Kind::Es, name: None, takes, skipped, notes });
        }
    }
    let bytes = std::fs::read(path).map_err(|why| format!("cannot be read: {why}"))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let beside = move |name: &str| below(&folder, name);
    import::read(&bytes, kind, &beside).map_err(|why| why.to_string())
}

/// A file beside another one. A recording of somebody else must not name any file of this machine.
fn below(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let path = folder.join(name).canonicalize().ok()?;
    let home = folder.join("..").canonicalize().ok()?;
    path.starts_with(home).then(|| std::fs::read(path).ok()).flatten()
}

/// A text without the path in front of it, which the report shows.
fn bare(path: &Path, text: &str) -> String {
    text.strip_prefix(&format!("{}: ", path.display())).unwrap_or(text).to_owned()
}
