//! docs/FAULTS.md is what real clients make of every fault: each row of `clients/faults/rows/` is played to boto3 and
//! the AWS SDKs for JavaScript and Rust, over each protocol that they speak.
//!
//! `FAULTLINE_UPDATE=1` writes the page; without it the test fails where the page differs. `FAULTLINE_CASE=words` plays
//! the rows that hold the words and prints what the clients saw. Where a client is missing, nothing is compared.

#[path = "clients/driver.rs"]
mod driver;
#[path = "clients/faults/mod.rs"]
mod faults;
#[path = "clients/rust_request.rs"]
mod rust_request;
#[path = "clients/rust_sdk.rs"]
mod rust_sdk;
#[path = "clients/toolchain.rs"]
#[expect(dead_code, reason = "the tables need a part of it")]
mod toolchain;

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use faults::{Table, measured};

#[test]
fn the_page_is_what_real_clients_do() {
    let began = Instant::now();
    let only = std::env::var("FAULTLINE_CASE").ok();
    let Ok(Table { page, seen }) = measured(only.as_deref()) else { return };
    tell(&format!("{} cells in {:.1} s", seen.len(), began.elapsed().as_secs_f64()));
    if only.is_some() {
        return seen.iter().for_each(|seen| tell(seen));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FAULTS.md");
    if std::env::var_os("FAULTLINE_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let only_in = |one: &str, other: &str| -> String {
        one.lines()
            .filter(|line| !other.lines().any(|same| same == *line))
            .fold(String::new(), |text, line| text + "\n  " + line)
    };
    assert!(
        page == there,
        "docs/FAULTS.md is not what the clients do; write it with FAULTLINE_UPDATE=1 cargo test --test \
         faults_table\nmeasured:{}\nin the file:{}",
        only_in(&page, &there),
        only_in(&there, &page),
    );
}

/// Past the capture of the test harness.
fn tell(text: &str) {
    // Nobody to tell is no reason to fail.
    let _ = writeln!(io::stderr(), "{text}");
}
