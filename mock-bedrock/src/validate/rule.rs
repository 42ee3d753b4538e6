//! What a rule is: a name, where its words were seen, and how it looks at a request.
//!
//! It knows no rule in particular.

use super::schema::{Constraint, Sites};
use super::semantics::Turn;
use faultline_wire::Call;

/// Which part of Bedrock speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The service framework, from the constraints of the service model.
    Schema,
    /// Converse itself, from what makes a conversation legal.
    Semantics,
    /// What holds for some models only: what Converse asks for them, and what the model behind it refuses.
    Model,
}

/// How a rule looks at a request.
pub enum Check {
    /// The values at some places of the body, against constraints in the order in which they are reported.
    Schema(Sites, &'static [Constraint]),
    /// The request as a whole: its conversation, its tools.
    Conversation(fn(&Call) -> Option<String>),
    /// One message at a time, with its forerunner.
    Message(fn(&Turn<'_>) -> Option<String>),
    /// The request as a whole, if the model id is of the family.
    Model(fn(&str) -> bool, fn(&Call) -> Option<String>),
}

/// One thing that Bedrock refuses.
pub struct Rule {
    /// A short name, stable enough for a journal or a report.
    pub name: &'static str,
    /// Where its text was seen: public threads, `owner/repo#number`.
    pub source: &'static str,
    /// How it looks at a request.
    pub check: Check,
}

impl Rule {
    /// The layer that the rule belongs to.
    pub fn layer(&self) -> Layer {
        match self.check {
            Check::Schema(..) => Layer::Schema,
            Check::Conversation(_) | Check::Message(_) => Layer::Semantics,
            Check::Model(..) => Layer::Model,
        }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.source)
    }
}
