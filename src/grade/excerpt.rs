//! Parts of long texts.

/// The last `count` lines, each indented.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(count);
    lines[from..].iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// At most `limit` characters: the first half and the last half of them.
pub(crate) fn both_ends(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    let half = limit / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    format!("{head}\n[{} characters left out]\n{tail}", length - 2 * half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_keep_their_ends() {
        assert_eq!(last_lines("a\nb\nc", 2), "  b\n  c");
        assert_eq!(both_ends("äöü", 3), "äöü");
        assert_eq!(both_ends("abcdefgh", 4), "ab\n[4 characters left out]\ngh");
    }
}
