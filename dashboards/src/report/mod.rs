//! The report of one run: its data, its HTML page and its text table.

mod budget;
mod case_html;
mod citation;
mod compare_svg;
mod data;
mod ending;
mod escape;
mod flags;
mod html;
mod links;
mod remarks;
mod replay_html;
mod request_html;
mod scale;
mod summary_html;
mod symbols;
mod table;
mod tally;
mod timeline_svg;
mod units;

pub use data::{Arm, Case, Mode, Replay, Report, Request, Tick, TickKind, Totals, Verdict};
pub use html::{SIZE_LIMIT, render};
pub use table::{TABLE_WIDTH, table};
pub use tally::Tally;
