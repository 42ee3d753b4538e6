//! The `p` member: a run of letters and digits that Bedrock adds to every event so that frame lengths say
//! little about token lengths. Recorded in every stream since January 2025; absent in older invoke streams.

/// The alphabet that `p` is a prefix of, as recorded in 6,590 frames.
pub const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Shortest recorded padding, in characters.
pub const MIN: u8 = 2;

/// Longest recorded padding, in characters.
pub const MAX: u8 = 61;

/// The padding of `len` characters; lengths beyond the alphabet are cut to it.
pub fn text(len: u8) -> &'static str {
    &ALPHABET[..usize::from(len).min(ALPHABET.len())]
}

/// The length of `text` if it is a padding that Bedrock could have sent.
pub fn length(text: &str) -> Option<u8> {
    (ALPHABET.starts_with(text)).then(|| u8::try_from(text.len()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_reads_back() {
        for len in 0..=62 {
            assert_eq!(length(text(len)), Some(len));
        }
    }

    #[test]
    fn foreign_text_is_no_padding() {
        for foreign in ["b", "abd", "abc ", "ab\u{e9}"] {
            assert_eq!(length(foreign), None, "{foreign}");
        }
    }
}
