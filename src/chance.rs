//! What nobody can guess.

use crate::exit::Failure;
use std::fs::File;
use std::io::Read as _;

/// 128 bits from the system's own source of chance, in hex.
///
/// # Errors
/// When the system has none.
pub(crate) fn token() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|why| Failure::own(format!("no random numbers: {why}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
