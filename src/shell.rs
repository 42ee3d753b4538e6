//! Words as a shell takes them.

use std::ffi::OsString;

/// The word in single quotes, where a shell needs them; `quote` is how a single quote is written inside them.
pub(crate) fn quoted_with(word: &str, quote: &str) -> String {
    let plain =
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "/:._-,@=+%".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', quote)) }
}

/// The word as sh, bash and zsh take it.
pub(crate) fn quoted(word: &str) -> String {
    quoted_with(word, r"'\''")
}

/// A command line that can be pasted. Words need not be text; what is none is shown as well as it can be.
pub(crate) fn line(words: &[OsString]) -> String {
    words.iter().map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_comes_out_of_a_shell_as_it_went_in() {
        for word in
            ["plain/word.py", "", "two words", "it's", "$HOME `x` \"y\"", "a\nb", "*", "{prompt}", "~"]
        {
            let script = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), word, "{script}");
        }
    }
}
