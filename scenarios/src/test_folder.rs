//! The folder of a test's recordings: its name, without what a path cannot hold or what would lead out of a folder.

/// The longest name of a folder, in characters.
const LONGEST: usize = 120;

/// The folders of `test` with `/` between them; empty for a test without a name. What is no letter, no digit and none of
/// `-_.[] ` becomes `_`. The part behind an `@`, which tells runs of one test apart, is not in it.
pub fn test_folder(test: &str) -> String {
    let test = test.split_once('@').map_or(test, |(name, _)| name);
    let parts: Vec<String> = test.split('/').filter(|part| !part.is_empty()).map(part).collect();
    parts.join("/")
}

fn part(part: &str) -> String {
    let letters = part.chars().map(|c| if c.is_alphanumeric() || "-_.[] ".contains(c) { c } else { '_' });
    let name: String = letters.take(LONGEST).collect();
    // Hidden folders are not read, and two dots lead out.
    let bare = name.trim_start_matches('.');
    if bare.len() == name.len() { name } else { format!("_{bare}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_the_name_of_its_test() {
        for (test, folder) in [
            ("", ""),
            ("orders", "orders"),
            ("orders@7", "orders"),
            ("tests/test_a.py::test_b[x-1]", "tests/test_a.py__test_b[x-1]"),
            ("/a//b/", "a/b"),
            ("../../etc", "_/_/etc"),
            (".git", "_git"),
            ("Grüße: alle", "Grüße_ alle"),
        ] {
            assert_eq!(test_folder(test), folder, "{test}");
        }
        assert_eq!(test_folder(&"x".repeat(500)).len(), LONGEST);
    }
}
