//! Writes a made-up report to `target/sample-report.html` and its table to standard output.

#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/support/sample.rs"]
mod sample;

#[expect(clippy::print_stdout, reason = "an example speaks to people")]
fn main() -> std::io::Result<()> {
    let report = sample::realistic();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/sample-report.html");
    std::fs::write(path, faultline_dashboards::render(&report))?;
    print!("{}", faultline_dashboards::table(&report));
    Ok(())
}
