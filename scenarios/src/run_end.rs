//! How a run of somebody's agent ended, seen from outside: exit, output, time.
//!
//! Facts only; the oracles judge them. It knows nothing of processes or sockets.

use serde_json::Value;
use std::time::Duration;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnd {
    /// What the agent said of its own success.
    pub exit: RunExit,
    /// What it printed as its answer: standard output, or the body that a service answered.
    pub stdout: String,
    /// What it printed beside: standard error.
    pub stderr: String,
    /// From start to end, in real time.
    pub wall: Duration,
    /// What the agent itself reports, when it wrote JSON to the file that `FAULTLINE_REPORT` names; `Null` when it
    /// did not. Known members: `usage` (a list with one entry an attempt, as Bedrock spells usage; `null` where it is unknown).
    pub report: Value,
    /// When it was interrupted, from its start; `None` when it was not.
    pub interrupted: Option<Duration>,
    /// How many answers were still being read when the run was over and had been so for a while.
    pub left_open: usize,
}

/// What an agent says of its own success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunExit {
    /// Exit code 0, or HTTP 2xx.
    Success,
    /// Anything else, in words: `exit code 1`, `signal 6`, `HTTP 500`.
    Failure(String),
    /// Stopped by us: it took longer than it may.
    TimedOut,
}
