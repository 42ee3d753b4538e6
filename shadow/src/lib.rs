//! Two arms of the same prompts compared: what differs, how much sooner, and whether that passes. Pure: no clock, no files, no
//! sockets; time and chance are arguments, so the same campaign and seed give the same report.
//!
//! - [`Transcript`] is what one arm of one prompt came to; a [`Campaign`] is pairs of them, and a noise arm.
//! - [`compare`] tells two transcripts apart; [`Findings`] counts what a campaign differs in, beside its noise, without what an
//!   [`Acceptance`] lets pass.
//! - [`PairedLatency`] is the statistics of one time; each figure has an interval or says why it is not given.
//! - [`judge`] holds a campaign to a [`Policy`]: pass, fail or inconclusive, with each gate's numbers.
//! - [`arm`] says which arm of a rollout a conversation belongs to.
//!
//! ```
//! use faultline_shadow::{Accepted, Campaign, Pair, Policy, Rules, Transcript, Verdict, judge};
//! let said = |text: &str| Transcript { text: text.to_owned(), ..Transcript::default() };
//! let pair = Pair { prompt: "orders".to_owned(), baseline: said("Both."), candidate: said("Both!") };
//! let campaign = Campaign { pairs: vec![pair], noise: vec![] };
//! let judgement = judge(&campaign, &Rules::default(), &Accepted::default(), &Policy::default(), 1)?;
//! assert_eq!(judgement.verdict, Verdict::Fail);
//! assert_eq!(judgement.decided_by.as_deref(), Some("divergence"));
//! # Ok::<(), faultline_shadow::PolicyError>(())
//! ```

mod accepted;
mod bootstrap;
mod compare;
mod date;
mod divergence;
mod draw;
mod finding;
mod findings;
mod gate;
mod interval;
mod json;
mod judge;
mod latency;
mod looks;
mod math;
mod percentile;
mod policy;
mod rate;
mod rollout;
mod rules;
mod signed_rank;
mod text;
mod tool_calls;
mod transcript;

pub use accepted::{Acceptance, Accepted, Refusal, Refused};
pub use bootstrap::{Resampling, bootstrap};
pub use compare::compare;
pub use date::{Date, NoDate};
pub use divergence::{Class, Divergence, Position};
pub use findings::{ClassRates, Distinct, Findings};
pub use gate::{GateResult, Judgement, Verdict};
pub use interval::{Estimate, Interval};
pub use judge::judge;
pub use latency::{FEWEST_PAIRS, PairedLatency, Ratios, log_ratios, percentiles, times};
pub use looks::{Looks, Spending};
pub use percentile::{Percent, Percentile};
pub use policy::{DivergenceLimit, ErrorLimit, PercentileLimit, Policy, PolicyError, RatioLimit};
pub use rate::Rate;
pub use rollout::{Arm, BUCKETS, NoPercentage, Percentage, arm, bucket};
pub use rules::{Rules, ToolOrder};
pub use signed_rank::{SignedRank, shift, signed_rank};
pub use transcript::{Campaign, Moment, Pair, Times, ToolCall, Transcript};
