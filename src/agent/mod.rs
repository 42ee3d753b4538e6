//! What `faultline agent` is made of: the agent, what people see of it, and other ways to talk to it.

pub(crate) mod audit;
pub(crate) mod chat;
pub(crate) mod letters;
mod made;
pub(crate) mod serve;
mod session;
mod shown;
mod tasks;
mod toolkit;
pub(crate) mod worker;

pub(crate) use letters::{KeepArgs, keep};
pub(crate) use made::{ModelArgs, toolbox, variable};
pub(crate) use session::{opened, save};
pub(crate) use shown::{Shown, said};
