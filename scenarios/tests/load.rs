//! Broken files: every problem is named with its place and a way out, and nothing panics.

use faultline_scenarios::load;
use std::path::{Path, PathBuf};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

#[test]
fn every_broken_file_says_what_is_wrong_where_and_what_to_do() {
    insta::glob!("broken/*", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let problems = load::scenario("broken", name, &text).expect_err(name);
        for problem in &problems.problems {
            let span = problem.span.offset()..problem.span.offset() + problem.span.len();
            assert!(text.get(..span.start).is_some(), "{name}: {problem} is shown beside a character");
            assert!(span.end <= text.len() + 1, "{name}: {problem} is shown behind the end");
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("broken", problems.to_text());
        });
    });
}
