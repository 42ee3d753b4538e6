//! Where recorded traffic is, for the tests of every crate that are judged by it.
//!
//! It lies beside the project, or where `FAULTLINE_CORPUS` says. Without it such a test says `skipped: no corpus`, past the
//! capture of the test harness; `FAULTLINE_REQUIRE_ALL=1` turns that into a failure.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The folder of recordings. `member` is the folder of the crate that asks: `env!("CARGO_MANIFEST_DIR")`.
pub(crate) fn corpus(member: &str) -> Option<PathBuf> {
    let named = std::env::var_os("FAULTLINE_CORPUS").map(PathBuf::from);
    let beside = Path::new(member).ancestors().take(3).map(|folder| folder.join("shared/corpus"));
    let found = named.into_iter().chain(beside).find(|folder| folder.join("streams.jsonl").is_file());
    if found.is_none() {
        let required = std::env::var_os("FAULTLINE_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "there is no corpus, and FAULTLINE_REQUIRE_ALL=1 asks for it");
        // A standard error that is closed cannot be told anything.
        let _ = writeln!(std::io::stderr(), "skipped: no corpus");
    }
    found
}
