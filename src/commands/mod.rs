//! One file per command.

pub(crate) mod agent;
pub(crate) mod cassette;
pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod demo;
pub(crate) mod env;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod grade;
pub(crate) mod import;
pub(crate) mod latency;
pub(crate) mod list;
pub(crate) mod record;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod tools;
pub(crate) mod top;
pub(crate) mod traces;
