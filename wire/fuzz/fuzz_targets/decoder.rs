//! Any bytes into the decoder. The claims live in `faultline_wire::fuzz`, shared with the normal tests.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Err(claim) = faultline_wire::fuzz::decode_any(data) {
        panic!("{claim}");
    }
});
