//! The file format of insta: a YAML head between two lines of three dashes, then the text.

use faultline_scenarios::seed::Seed;

/// The file of the session without a name.
const NAMELESS: &str = "default";

/// The longest name in bytes: common file systems take 255, with every extension, and some tools fewer.
const LONGEST: usize = 120;

/// How many digits of a hash end a shortened name.
const DIGITS: usize = 16;

/// The file name of a session's snapshot, without extension: safe on every system, different for different sessions.
pub(super) fn name(session: &str) -> String {
    match session {
        "" => NAMELESS.to_owned(),
        // Somebody's own session of that name.
        NAMELESS => format!("%{:02X}{}", NAMELESS.as_bytes()[0], &NAMELESS[1..]),
        _ => shortened(session, session.bytes().map(part).collect()),
    }
}

fn part(byte: u8) -> String {
    match byte {
        b'/' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}

/// A name that is too long keeps its beginning and gets a hash of the whole; `~` is in no other name.
fn shortened(session: &str, mut name: String) -> String {
    if name.len() > LONGEST {
        name.truncate(LONGEST - DIGITS - 1);
        name += &format!("~{:0DIGITS$x}", Seed::new(0).of(session).value());
    }
    name
}

/// A whole file.
pub(super) fn file(name: &str, contents: &str) -> String {
    format!("---\nsource: faultline run\nexpression: {}\n---\n{}\n", quoted(name), contents.trim_end())
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text of a file, without its head. Line ends are LF, also where a checkout made them CRLF.
pub(crate) fn contents(file: &str) -> String {
    let file = file.replace("\r\n", "\n");
    let body = file.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map(|(_, body)| body);
    body.unwrap_or(&file).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_a_file_name_of_its_own() {
        for (session, expected) in [
            ("", "default"),
            ("default", "%64efault"),
            ("errors/throttle@test-7", "errors+throttle@test-7"),
            ("a/b", "a+b"),
            ("a__b", "a__b"),
            ("a+b", "a%2Bb"),
            ("a%2Bb", "a%252Bb"),
            ("~", "%7E"),
            ("a b:ä", "a%20b%3A%C3%A4"),
        ] {
            assert_eq!(name(session), expected);
        }
    }

    #[test]
    fn a_long_session_has_a_short_name_of_its_own() {
        let longest = "a".repeat(LONGEST);
        assert_eq!(name(&longest), longest);
        let [b, c] = ["b", "c"].map(|end| name(&format!("{longest}{end}")));
        assert!(b.starts_with(&"a".repeat(103)) && b[..104].ends_with('~') && b != c, "{b} {c}");
        assert_eq!((b.len(), name(&"ä".repeat(50)).len()), (LONGEST, LONGEST));
    }

    #[test]
    fn a_checkout_with_other_line_ends_reads_the_same() {
        let text = "one\n---\n\ntwo";
        assert_eq!(contents(&file("n", text).replace('\n', "\r\n")), text);
    }

    #[test]
    fn what_is_written_reads_back_also_with_dashes_in_it() {
        for text in ["one", "one\n---\ntwo", "", "---"] {
            assert_eq!(contents(&file("n", text)), text);
        }
    }

    fn shown(contents: &insta::internals::SnapshotContents) -> String {
        match contents {
            insta::internals::SnapshotContents::Text(text) => text.to_string(),
            insta::internals::SnapshotContents::Binary(_) => String::new(),
        }
    }

    #[test]
    fn insta_itself_reads_what_is_written() -> std::io::Result<()> {
        let path = std::env::temp_dir().join(format!("faultline-insta-{}.snap", std::process::id()));
        std::fs::write(&path, file("a \"name\"", "line one\n---\nline two"))?;
        let read = insta::Snapshot::from_file(&path)
            .map(|read| (shown(read.contents()), read.metadata().expression().map(str::to_owned)));
        std::fs::remove_file(&path)?;
        let (text, expression) = read.map_err(|why| std::io::Error::other(why.to_string()))?;
        assert_eq!((text.as_str(), expression.as_deref()), ("line one\n---\nline two", Some("a \"name\"")));
        Ok(())
    }
}
