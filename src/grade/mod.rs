//! Grading an agent: each scenario a run of its own, and a judgement on what was seen.
//!
//! | module | holds |
//! |---|---|
//! | `ask`, `pick`, `hasten`, `judge`, `baseline`, `replay`, `excerpt` | what is decided: pure |
//! | `launch`, `process_group`, `capture`, `folder` | an agent that is a command |
//! | `service`, `swap` | an agent that is a service |
//! | `arrivals` | which request has come, for those who stop an agent in the middle |
//! | `bench`, `ground` | one scenario, its server and its run |
//! | `calibrate` | the two runs before the first |
//! | `progress`, `files`, `junit` | what is told |
//! | `stop` | the wish to stop |
//!
//! What a robust agent does is not known here: the oracles of `scenarios` judge.

mod arrivals;
mod ask;
mod baseline;
mod bench;
mod calibrate;
mod capture;
mod excerpt;
mod files;
mod folder;
mod ground;
mod hasten;
mod judge;
mod junit;
mod launch;
mod pick;
mod process_group;
mod progress;
mod replay;
mod service;
mod stop;
mod swap;

pub(crate) use baseline::{Baseline, succeeds};
pub(crate) use bench::{Agent, Bench, Known, Manner};
pub(crate) use calibrate::calibrate;
pub(crate) use files::FileArgs;
pub(crate) use folder::Folder;
pub(crate) use judge::{fails_in_tools_alone, judged, skipped};
pub(crate) use pick::pick;
pub(crate) use progress::Progress;
pub(crate) use replay::Replay;
pub(crate) use service::Service;
pub(crate) use stop::Stop;
