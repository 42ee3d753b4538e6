//! `faultline schema`: the JSON Schema that editors complete from.

use crate::exit::{Exit, Failure};
use crate::output::print;
use faultline_scenarios::schema::schema;

/// Prints the schema.
///
/// # Errors
/// When it cannot be printed.
pub(crate) fn run() -> Result<Exit, Failure> {
    print(&format!("{:#}\n", schema()))?;
    Ok(Exit::Pass)
}
