//! What an agent does about model calls that fail. Plain values.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::circuit::BreakerSettings;
use crate::route::Route;

/// What an agent does about model calls that fail. A call is what one turn of the loop needs; it may cost several
/// attempts, and each attempt is one request of the SDK client, which should make no retries of its own
/// (`ClientSettings::max_attempts` 1): retries of two layers multiply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallPolicy {
    /// How often one model is asked for one turn.
    pub max_attempts: u32,
    /// The pauses between attempts.
    pub backoff: Backoff,
    /// The longest pause that a service may ask for (`Retry-After`); who asks for more is not waited for.
    pub longest_wait: Duration,
    /// How long one turn may take with all its attempts and pauses.
    pub deadline: Option<Duration>,
    /// Whether a refused request may be sent again in another form: over Converse, without cache points, with fewer tokens.
    pub adapt: bool,
    /// When a model is left alone for a while.
    pub breaker: BreakerSettings,
    /// Which other models may be asked.
    pub route: Route,
    /// What becomes of an answer that broke after some of its text was shown.
    pub partial: PartialPolicy,
    /// What becomes of a history that is too long for the model.
    pub overflow: Overflow,
}

/// What becomes of an answer that broke after some of its text was shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PartialPolicy {
    /// Ask for the turn again. Only what goes beyond the text that was shown is shown.
    #[default]
    Retry,
    /// Fail, but keep the text in the conversation, marked as cut off, so that
    /// [`Agent::resume`](crate::Agent::resume) can ask for the rest.
    Keep,
}

/// What becomes of a history that is too long for the model. Calls and their results always stay or go together, and the
/// newest prompt stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The call fails.
    Fail,
    /// The older half goes; long tool results are cut.
    #[default]
    Trim,
    /// The same model sums up what came before the newest prompt. Where it cannot, as [`Overflow::Trim`].
    Summarise,
}

impl CallPolicy {
    /// One attempt, one model, nothing changed: for a client that has retries of its own.
    #[must_use]
    pub fn once() -> Self {
        Self {
            max_attempts: 1,
            deadline: None,
            adapt: false,
            breaker: BreakerSettings { failures: 0, ..BreakerSettings::default() },
            overflow: Overflow::Fail,
            ..Self::patient()
        }
    }

    /// Up to 6 attempts in up to 10 minutes, whatever form of the request the model takes, a circuit breaker, a history that
    /// is summed up when it is too long: for a client of one attempt.
    #[must_use]
    pub fn patient() -> Self {
        Self {
            max_attempts: 6,
            backoff: Backoff::default(),
            longest_wait: Duration::from_secs(60),
            deadline: Some(Duration::from_secs(600)),
            adapt: true,
            breaker: BreakerSettings::default(),
            route: Route::default(),
            partial: PartialPolicy::default(),
            overflow: Overflow::Summarise,
        }
    }
}
