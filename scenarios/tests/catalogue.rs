//! docs/CATALOGUE.md is made from the library, and says which known failures no scenario stands for.
//!
//! `FAULTLINE_UPDATE=1` writes the page; without it the test fails where the page differs.

#[path = "catalogue/known.rs"]
mod known;
#[path = "catalogue/page.rs"]
mod page;

use faultline_scenarios::{Scenario, load};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn library() -> Vec<Scenario> {
    let (scenarios, errors) = load::path(&root().join("library"));
    assert!(errors.is_empty(), "{errors:#?}");
    scenarios
}

#[test]
fn the_catalogue_is_the_library() {
    let (path, made) = (root().join("../docs/CATALOGUE.md"), page::page(&library()));
    if std::env::var_os("FAULTLINE_UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let first = made.lines().zip(there.lines()).find(|(made, there)| made != there);
    assert!(
        made == there,
        "docs/CATALOGUE.md is not what the library says, first here: {first:?}; \
         write it with FAULTLINE_UPDATE=1 cargo test -p faultline-scenarios --test catalogue"
    );
}

#[test]
fn every_known_failure_has_a_scenario_or_a_reason_why_not() {
    let library = library();
    let have: BTreeSet<&str> = library.iter().filter_map(|scenario| scenario.file.id.as_deref()).collect();
    for (id, _) in known::failures() {
        assert!(
            have.contains(id) || known::why_not(id).is_some(),
            "{id} has no scenario and no reason why not"
        );
    }
    let known: BTreeSet<&str> = known::failures().map(|(id, _)| id).collect();
    let strange: Vec<&&str> = have.difference(&known).collect();
    assert!(strange.is_empty(), "ids that the catalogue does not know: {strange:?}");
}

#[test]
fn the_library_is_as_large_as_promised() {
    let library = library();
    let files: BTreeSet<&str> = library
        .iter()
        .map(|scenario| faultline_scenarios::parameters::file_name(&scenario.name, &scenario.file))
        .collect();
    assert!(files.len() >= 120, "{} files", files.len());
}
