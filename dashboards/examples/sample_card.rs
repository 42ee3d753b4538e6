//! Writes a made-up card to `target/sample-card.html`, its badge beside it, and its text to standard output.

#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/support/sample.rs"]
mod sample;
#[path = "../tests/support/sample_card.rs"]
mod sample_card;

use faultline_dashboards::card::{Paint, badge, page, text};

#[expect(clippy::print_stdout, reason = "an example speaks to people")]
fn main() -> std::io::Result<()> {
    let card = sample_card::card();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
    std::fs::write(format!("{folder}/sample-card.html"), page(&card))?;
    std::fs::write(format!("{folder}/sample-badge.svg"), badge(&card))?;
    print!("{}", text(&card, Paint::new(true)));
    Ok(())
}
