//! The report of traces: what a collector has kept, as one page. Its data is plain; it knows no store.

mod data;
mod ecdf_svg;
mod html;
mod latency_html;
mod tables_html;
mod waterfall_svg;

pub use data::{Bar, Mark, Measured, Percentile, Tokens, Tool, TraceReport, Waterfall};
pub use html::{SIZE_LIMIT, page};
