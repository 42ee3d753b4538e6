//! The scenario language.
pub mod exchange;
pub mod plan;
pub mod timeline;
