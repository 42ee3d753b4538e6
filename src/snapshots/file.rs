//! The file format of insta: a YAML head between two lines of three dashes, then the text.

/// The file name of a session's snapshot, without extension: safe on every system, different for different sessions.
pub(super) fn name(session: &str) -> String {
    if session.is_empty() {
        return "default".to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    let part = |byte: u8| match byte {
        b'/' => "__".to_owned(),
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    session.bytes().map(part).collect()
}

/// A whole file.
pub(super) fn file(name: &str, contents: &str) -> String {
    format!("---\nsource: faultline run\nexpression: {}\n---\n{}\n", quoted(name), contents.trim_end())
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text of a file, without its head.
pub(crate) fn contents(file: &str) -> &str {
    let body = file.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map(|(_, body)| body);
    body.unwrap_or(file).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_a_file_name_of_its_own() {
        for (session, expected) in [
            ("", "default"),
            ("errors/throttle@test-7", "errors__throttle@test-7"),
            ("a b:ä", "a%20b%3A%C3%A4"),
        ] {
            assert_eq!(name(session), expected);
        }
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
