//! The report card: an agent through every scenario, judged. Data, and its forms for people: text, page, badge.

mod badge;
mod data;
mod failure_html;
mod html;
mod paint;
mod text;

pub use badge::badge;
pub use data::{Breach, Calibration, Card, Graded, Mark, Tally};
pub use html::{SIZE_LIMIT, page};
pub use paint::Paint;
pub use text::text;
