//! Reads the cassettes that sessions of a running server are given: of any kind that can be imported, and our own.

use crate::import::read as read_file;
use faultline_mock_bedrock::{Cassette, CassetteReader, Interaction, Source};
use faultline_recorder::import::{self, Imported, Unreadable, condition, plan};
use faultline_recorder::{export, take::Take};
use faultline_scenarios::{Speed, load};
use std::path::{Path, PathBuf};

/// What a cassette without a file is called.
const UNNAMED: &str = "given";

/// A reader for one server.
pub(crate) struct Reader {
    /// The folder below which files may be named.
    pub(crate) folder: Option<PathBuf>,
    /// How fast cassettes are played.
    pub(crate) speed: Speed,
}

impl CassetteReader for Reader {
    fn read(&self, source: Source<'_>) -> Result<Cassette, Vec<String>> {
        match source {
            Source::Content(bytes) => {
                let found = import::read(bytes, None, &|_| None);
                self.cassette(
                    UNNAMED,
                    found.map_err(|why| (why == Unreadable::Scenario, why.to_string())),
                    bytes,
                )
            }
            Source::Path(path) => {
                let file = self.below(path).map_err(|why| vec![why])?;
                let bytes =
                    std::fs::read(&file).map_err(|why| vec![format!("{path}: cannot be read: {why}")])?;
                let found = read_file(&file, None);
                let is_ours = || import::read(&bytes, None, &|_| None).err() == Some(Unreadable::Scenario);
                self.cassette(path, found.map_err(|why| (is_ours(), why)), &bytes)
            }
        }
    }
}

impl Reader {
    /// A file that may be named: no way leads out of the folder.
    fn below(&self, path: &str) -> Result<PathBuf, String> {
        let folder = self.folder.as_deref().ok_or(
            "files are read only below the folder that `--cassettes FOLDER` names: start the server with it, or send the content",
        )?;
        let missing = |why| format!("{path}: cannot be read below {}: {why}", folder.display());
        let file = folder.join(Path::new(path)).canonicalize().map_err(missing)?;
        let root = folder.canonicalize().map_err(missing)?;
        if file.starts_with(&root) {
            Ok(file)
        } else {
            Err(format!("{path}: not below {}", folder.display()))
        }
    }

    fn cassette(
        &self,
        name: &str,
        found: Result<Imported, (bool, String)>,
        bytes: &[u8],
    ) -> Result<Cassette, Vec<String>> {
        let (takes, skipped) = match found {
            Ok(imported) => {
                let skipped = imported.skipped.iter();
                let skipped = skipped.map(|skipped| format!("exchange {}: {}", skipped.number, skipped.why));
                (imported.takes, skipped.collect())
            }
            Err((true, _)) => own(name, bytes)?,
            Err((false, why)) => return Err(vec![format!("{name}: {why}")]),
        };
        let interactions: Result<Vec<Interaction>, String> =
            takes.into_iter().map(|take| self.interaction(take)).collect();
        let interactions = interactions.map_err(|why| vec![format!("{name}: {why}")])?;
        Ok(Cassette { name: name.to_owned(), interactions, skipped })
    }

    fn interaction(&self, take: Take) -> Result<Interaction, String> {
        let plan = plan(&take, self.speed)?;
        Ok(Interaction { when: condition(&take.call), call: take.call, plan })
    }
}

/// The takes of a cassette of our own, and what is none.
fn own(name: &str, bytes: &[u8]) -> Result<(Vec<Take>, Vec<String>), Vec<String>> {
    let text = String::from_utf8_lossy(bytes);
    let scenarios = load::scenarios(name, name, &text)
        .map_err(|bad| bad.to_text().lines().map(str::to_owned).collect::<Vec<_>>())?;
    let (mut takes, mut skipped) = (Vec::new(), Vec::new());
    for take in scenarios.iter().flat_map(export::takes) {
        match take {
            Ok(take) => takes.push(take),
            Err(why) => skipped.push(why),
        }
    }
    Ok((takes, skipped))
}
