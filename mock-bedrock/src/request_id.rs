//! `x-amzn-RequestId` values: shaped like UUIDs, made from a seed and a counter, never by chance.

/// The id of request `number` on a server with this `seed`: the same two always give the same id.
pub(crate) fn request_id(seed: u64, number: u64) -> String {
    let high = mix(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let low = mix(high ^ number);
    // Version 4 and variant 1 of RFC 9562, as in recorded ids.
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    shaped(u128::from(high) << 64 | u128::from(low))
}

/// The 8-4-4-4-12 form. By hand, since the formatting machinery costs more than the rest of a head.
fn shaped(bits: u128) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bits.to_be_bytes().into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0xf] {
            text.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    text
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit of the input moves every bit of the output.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_have_the_shape_of_a_version_4_uuid() {
        let id = request_id(1, 2);
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]), "{id}");
    }

    #[test]
    fn every_digit_has_its_place() {
        assert_eq!(shaped(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), "01234567-89ab-cdef-0123-456789abcdef");
    }

    #[test]
    fn ids_repeat_with_their_seed_and_differ_otherwise() {
        assert_eq!(request_id(7, 1), request_id(7, 1));
        let ids: HashSet<String> = (0..10_000).map(|n| request_id(n % 3, n / 3)).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
