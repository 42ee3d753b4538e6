//! `faultline demo`.
use crate::exit::{Exit, Failure};
/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}
pub(crate) fn run(_args: &Args) -> Result<Exit, Failure> { Err(Failure::own("not yet")) }
