//! The difference between two snapshots, for people.

use similar::TextDiff;

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// A unified diff; empty when both are the same.
pub(crate) fn unified(name: &str, old: &str, new: &str) -> String {
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let diff = TextDiff::from_lines(&old, &new);
    diff.unified_diff().context_radius(CONTEXT).header(name, "this run").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_shown() {
        assert_eq!(
            unified("a.snap", "one\ntwo", "one\nthree"),
            "--- a.snap\n+++ this run\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
        );
        assert_eq!(unified("a.snap", "one", "one"), "");
    }
}
