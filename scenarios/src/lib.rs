//! The scenario language: what a model replies, what goes wrong, and the plan that follows from both.
//!
//! ```text
//! file --load--> Scenario --session.answer(call)--> match -> compile -> fold faults --> Plan
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`mod@file`], [`aim`], [`span`], [`text_match`] | what an author writes |
//! | [`load`], [`schema`], `check`, `form`, `near`, `wording`, `mend`, `lint`, [`problem`], [`piece`], [`parameters`], `template` | from text to a scenario, with every problem at once |
//! | [`book`], `scenario`, [`session`], [`matcher`] | which reply a request gets |
//! | [`mod@compile`], `script`, `unary`, `frames`, [`mod@derive`], [`style`], [`pace`], [`fold`] | from a reply to a plan |
//! | [`faults`] | steps over a plan |
//! | [`plan`], [`timeline`], [`exchange`] | what should happen, what did, and what became of a request |
//! | [`recorded`], `replay`, [`key`], [`likeness`] | recordings: what they keep, played again, found again |
//! | [`improvise`], `arguments`, `schema_parts`, `schema_fits`, `schema_pattern`, `scalar` | replies made from the request |
//! | [`seed`] | the only place that draws |
//! | [`oracle`], [`run_end`], [`verify`], [`answered`] | what a robust agent does, and were the expectations met |
//!
//! It knows no clock, no socket, no runtime; files are read in `load` only.

pub mod admission;
pub mod aim;
pub mod answered;
mod arguments;
pub mod book;
pub mod cast;
mod cast_events;
mod check;
pub mod compile;
pub mod derive;
mod error_answer;
pub mod error_reply;
pub mod exchange;
pub mod fault;
pub mod faults;
pub mod file;
pub mod fold;
mod form;
mod frames;
pub mod improvise;
mod injected;
pub mod interrupt;
pub mod key;
pub mod label;
mod latency;
pub mod likeness;
mod lint;
pub mod load;
pub mod matcher;
mod mend;
mod near;
mod node;
pub mod oracle;
pub mod pace;
pub mod parameters;
pub mod piece;
pub mod plan;
mod played;
pub mod problem;
pub mod quota;
pub mod recorded;
mod recut;
mod replay;
pub mod run_end;
mod scalar;
pub mod scenario;
pub mod schema;
mod schema_fits;
mod schema_parts;
mod schema_pattern;
mod script;
pub mod seed;
pub mod session;
mod setting;
pub mod span;
mod stage;
pub mod style;
mod takes;
mod tally;
mod template;
pub mod test_folder;
pub mod text_match;
pub mod timeline;
pub mod tool_key;
pub mod tool_script;
pub mod tool_stub;
mod unary;
pub mod verify;
mod wording;

pub use book::{Book, Scenario};
pub use error_answer::{body_plan, error_plan};
pub use pace::Speed;
pub use plan::{Action, Ending, Label, Plan};
pub use session::Sessions;
pub use timeline::{Outcome, Timeline};
