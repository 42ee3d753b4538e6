//! Importing and playing a recording gives its own bytes back.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

use faultline_recorder::import;
use faultline_scenarios::Speed;
use std::path::PathBuf;

#[test]
fn every_recording_plays_its_own_bytes() {
    let Some(folder) = corpus() else { return };
    let (recordings, errors) = import::folder(&folder);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(recordings.len(), 111);
    for recording in recordings {
        let family = recording.scenario.family(&recording.model_id);
        let plan = recording.scenario.plan(0, recording.operation, family, Speed::Written).unwrap();
        assert!(plan.body() == recording.bytes, "{}", recording.name);
    }
}

#[test]
fn a_file_that_is_no_stream_is_named_beside_good_ones() {
    let folder = std::env::temp_dir().join(format!("faultline-import-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bad.es"), b"no frames here").unwrap();
    std::fs::write(folder.join("empty.es"), b"").unwrap();
    let (recordings, errors) = import::folder(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(recordings.len(), 1);
    assert!(
        errors[0].to_string().contains("bad.es: no event stream: frame 0 at byte 0: prelude CRC"),
        "{errors:?}"
    );
}

fn corpus() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");
    let folder = std::env::var_os("FAULTLINE_CORPUS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("FAULTLINE_REQUIRE_ALL").is_none(), "no corpus at {}", folder.display());
    println!("skipped: no corpus");
    None
}
