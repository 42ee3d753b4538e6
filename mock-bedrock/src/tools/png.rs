//! A picture that needs no encoder: PNG in black and white, not compressed, so that its size follows from its sides. Pure.
//!
//! Source: PNG specification (W3C), sections 5 and 11.2; zlib (RFC 1950) and its stored blocks (RFC 1951, 3.2.4).

use faultline_scenarios::tool_script::Picture;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// One bit a pixel, greyscale, deflate, the usual filter, not interlaced.
const FORM: [u8; 5] = [1, 0, 0, 0, 0];
/// The longest stored block.
const BLOCK: usize = 65_535;
/// The side of a square of the pattern, in rows, and in bytes of eight pixels.
const SQUARE: usize = 32;

/// The picture: a chessboard.
pub(super) fn png(picture: Picture) -> Vec<u8> {
    let head = [&picture.width.to_be_bytes()[..], &picture.height.to_be_bytes(), &FORM].concat();
    let parts = [chunk(*b"IHDR", &head), chunk(*b"IDAT", &stored(&rows(picture))), chunk(*b"IEND", &[])];
    [SIGNATURE, &parts.concat()].concat()
}

/// Each row behind the number of its filter, none. There are two kinds of rows.
fn rows(picture: Picture) -> Vec<u8> {
    let width = picture.width.div_ceil(8) as usize;
    let row = |odd: usize| -> Vec<u8> {
        let square = |byte: usize| if (odd + byte * 8 / SQUARE).is_multiple_of(2) { 0xFF } else { 0 };
        std::iter::once(0).chain((0..width).map(square)).collect()
    };
    let kinds = [row(0), row(1)];
    let mut all = Vec::with_capacity((width + 1) * picture.height as usize);
    (0..picture.height as usize).for_each(|row| all.extend_from_slice(&kinds[row / SQUARE % 2]));
    all
}

fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let named = [&name, data].concat();
    [&length.to_be_bytes()[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}

/// A zlib stream of blocks that are kept as they are.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let last = data.len().saturating_sub(1) / BLOCK;
    for (at, block) in data.chunks(BLOCK).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(at == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

/// RFC 1950, 8.2.
fn adler32(data: &[u8]) -> u32 {
    /// So many bytes cannot overflow the sums.
    const SAFE: usize = 5552;
    let (mut low, mut high) = (1_u32, 0_u32);
    for part in data.chunks(SAFE) {
        for byte in part {
            low += u32::from(*byte);
            high += low;
        }
        (low, high) = (low % 65_521, high % 65_521);
    }
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_size_follows_from_its_sides() {
        for (width, height) in [(1, 1), (9, 2), (1600, 1600), (6400, 6000)] {
            let bytes = png(Picture { width, height }).len();
            let pixels = (width.div_ceil(8) as usize + 1) * height as usize;
            assert!((pixels..pixels + pixels / 1000 + 100).contains(&bytes), "{width} x {height}: {bytes}");
        }
    }

    #[test]
    fn checksums_are_those_of_the_specifications() {
        // RFC 1950's algorithm over "Wikipedia", a common example; the CRC of an empty IEND as in every PNG file.
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
        // As Python's zlib.adler32 has it.
        assert_eq!(adler32(&[0xFF; 100_000]), 0x149A_302C);
        assert_eq!(chunk(*b"IEND", &[]), [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82]);
    }
}
