//! The scenarios that faultline brings along, compiled into the program.

use faultline_scenarios::{Scenario, load};
use include_dir::{Dir, include_dir};

static LIBRARY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios/library");

/// Every built-in scenario, in the order of their names. Their own tests hold them to load.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut texts = texts(&LIBRARY);
    texts.sort();
    texts
        .iter()
        .filter_map(|(name, text)| load::scenarios(name, &format!("library/{name}.yaml"), text).ok())
        .flatten()
        .collect()
}

/// Name and text of every scenario file below `folder`.
fn texts(folder: &'static Dir<'static>) -> Vec<(String, &'static str)> {
    let own = folder.files().filter(|file| load::is_scenario(file.path()));
    let own = own.filter_map(|file| {
        let name = file.path().with_extension("");
        let parts: Vec<_> =
            name.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        Some((parts.join("/"), file.contents_utf8()?))
    });
    own.chain(folder.dirs().flat_map(texts)).collect()
}
