//! Unpacks a body, within a bound. Pure.

use flate2::read::MultiGzDecoder;
use std::io::Read as _;

/// Why a body cannot be unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packed {
    /// It is greater than the bound.
    TooLarge,
    /// It is no gzip, or breaks off.
    Broken(String),
}

/// Unpacks gzip of at most `most` bytes. What is larger is not unpacked to its end.
///
/// # Errors
/// Too large, or no gzip.
pub(super) fn gzip(body: &[u8], most: usize) -> Result<Vec<u8>, Packed> {
    let mut unpacked = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(body)
        .take(bound)
        .read_to_end(&mut unpacked)
        .map_err(|error| Packed::Broken(format!("this is no gzip: {error}")))?;
    if unpacked.len() > most { Err(Packed::TooLarge) } else { Ok(unpacked) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_is_unpacked_up_to_the_bound_and_no_further() {
        let body = packed(&[7; 1000]);
        assert_eq!(gzip(&body, 1000), Ok(vec![7; 1000]));
        assert_eq!(gzip(&body, 999), Err(Packed::TooLarge));
    }

    #[test]
    fn what_breaks_off_is_no_body() {
        let body = packed(&[7; 1000]);
        assert!(matches!(gzip(&body[..body.len() - 9], 1000), Err(Packed::Broken(_))));
        assert!(matches!(gzip(b"plain", 1000), Err(Packed::Broken(_))));
    }
}
