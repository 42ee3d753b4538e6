//! Casting: a reply that was written for one agent's tools, played to another agent with its own.
//!
//! Pure: a reply, a request and a seed give a reply. It knows nothing of plans and sessions.

/// How replies are cast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Casting {
    /// A word that the end of the last reply's text gets, so that a reader can tell that the whole answer came out.
    pub sentinel: String,
}
