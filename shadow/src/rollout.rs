//! Which arm a conversation belongs to. No state: the same id, salt and percentage give the same arm on every machine.
//!
//! The formula, for other languages (vectors in `shadow/tests/data/rollout.tsv`):
//!
//! ```text
//! h      = the first 8 bytes of SHA-256(salt || 0x00 || conversation id), both UTF-8, read as a big-endian number
//! bucket = floor(h * 10000 / 2^64)                                        0..=9999
//! arm    = candidate if bucket < percentage * 100, else baseline
//! ```
//!
//! A higher percentage moves the border up and nobody back. Another salt draws anew: use one for each rollout.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many buckets there are: a hundredth of a percent each.
pub const BUCKETS: u16 = 10_000;

/// Which arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Arm {
    /// What is trusted.
    Baseline,
    /// What is rolled out.
    Candidate,
}

/// The share of conversations in the candidate, in steps of 0.01 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Percentage(u16);

/// A number that is no percentage.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is no percentage between 0 and 100")]
pub struct NoPercentage(f64);

impl TryFrom<f64> for Percentage {
    type Error = NoPercentage;

    /// Rounded down to 0.01 %: nobody enters who was not asked for. Numbers like 0.29, which have no exact double, are meant
    /// as written.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked: within 0 and 10,000"
    )]
    fn try_from(percent: f64) -> Result<Self, NoPercentage> {
        if (0.0..=100.0).contains(&percent) {
            Ok(Self((percent * 100.0 + 1e-6).floor() as u16))
        } else {
            Err(NoPercentage(percent))
        }
    }
}

impl From<Percentage> for f64 {
    fn from(percentage: Percentage) -> Self {
        Self::from(percentage.0) / 100.0
    }
}

/// The bucket of a conversation, 0 to 9,999.
pub fn bucket(conversation_id: &str, salt: &str) -> u16 {
    let hash = Sha256::new().chain_update(salt).chain_update([0]).chain_update(conversation_id).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    let scaled = (u128::from(u64::from_be_bytes(first)) * u128::from(BUCKETS)) >> 64;
    u16::try_from(scaled).unwrap_or(BUCKETS - 1)
}

/// The arm of a conversation. Give the conversation's id, never the request's: an agent must not change arms midway.
///
/// ```
/// use faultline_shadow::{Arm, Percentage, arm};
/// let all = Percentage::try_from(100.0)?;
/// assert_eq!(arm("conversation-1", all, "streaming-2026"), Arm::Candidate);
/// # Ok::<(), faultline_shadow::NoPercentage>(())
/// ```
pub fn arm(conversation_id: &str, percentage: Percentage, salt: &str) -> Arm {
    if bucket(conversation_id, salt) < percentage.0 { Arm::Candidate } else { Arm::Baseline }
}
