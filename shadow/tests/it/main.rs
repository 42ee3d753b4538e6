//! The claims of a comparison, in one program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::needless_pass_by_value,
    clippy::print_stderr,
    reason = "a test fails by panicking; its data are small"
)]

mod accepted;
mod compare;
mod gates;
mod rollout;
mod scipy;
mod simulation;
mod support;
