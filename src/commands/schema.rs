//! `faultline schema`: the JSON Schema that editors complete from.

use crate::exit::Exit;
use faultline_scenarios::schema::schema;

/// Prints the schema.
pub(crate) fn run() -> Exit {
    println!("{:#}", schema());
    Exit::Pass
}
