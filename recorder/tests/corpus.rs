//! Importing and playing a recording gives its own bytes back.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

#[path = "../../tests/support/corpus.rs"]
mod support;

use faultline_recorder::import;
use faultline_scenarios::Speed;

#[test]
fn every_recording_plays_its_own_bytes() {
    let Some(folder) = support::corpus(env!("CARGO_MANIFEST_DIR")) else { return };
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
