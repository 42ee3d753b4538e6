//! The report of one run: its data, its HTML page and its text table.

mod case_html;
mod compare_svg;
mod data;
mod html;
mod links;
mod replay_html;
mod summary_html;
mod table;
mod tally;

pub use data::{Arm, Case, Mode, Replay, Report, Totals};
pub use html::{SIZE_LIMIT, render};
pub use table::{TABLE_WIDTH, table};
pub use tally::Tally;
