//! A conversation in a file.

use crate::exit::Failure;
use faultline_agent::Conversation;
use std::path::Path;

/// The conversation of the file, where there is one.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn opened(session: Option<&Path>) -> Result<Conversation, Failure> {
    match session.filter(|path| path.exists()) {
        Some(path) => Conversation::load(path).map_err(Failure::usage),
        None => Ok(Conversation::new()),
    }
}

/// Keeps the conversation as it is now: before a tool runs, when it has run, and at the end of each turn.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn save(session: Option<&Path>, conversation: &Conversation) -> Result<(), Failure> {
    session.map_or(Ok(()), |path| conversation.save(path)).map_err(Failure::own)
}
