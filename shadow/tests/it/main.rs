//! The claims of a comparison, in one program.

mod accepted;
mod compare;
mod gates;
mod rollout;
mod scipy;
mod simulation;
mod support;
