//! What people see of a run: text as it comes on standard output, everything else on standard error.

use crate::exit::Failure;
use crate::output::{Reader, Unwritten, complain, print};
use faultline_agent::{AgentError, AgentEvent, Cause};

/// What is printed while the agent runs.
#[derive(Default)]
pub(crate) struct Shown {
    /// Whether attempts are told.
    verbose: bool,
    /// Whether a line is begun.
    begun: bool,
    /// Whether somebody reads on.
    gone: bool,
    /// What went wrong with it.
    unwritten: Option<Unwritten>,
}

impl Shown {
    /// Nothing was printed yet; `verbose`: attempts are told.
    pub(crate) fn new(verbose: bool) -> Self {
        Self { verbose, ..Self::default() }
    }

    /// Text as it comes; each message of the model begins on a line of its own.
    pub(crate) fn event(&mut self, event: &AgentEvent) {
        match event {
            AgentEvent::TextDelta { text, .. } => self.print(text),
            AgentEvent::Stopped { .. } => self.break_line(),
            AgentEvent::Warning { message, .. } => complain(&format!("warning: {message}")),
            AgentEvent::TextReplaced { .. } => {
                self.break_line();
                complain(
                    "warning: the text broke off, came anew and differs; what follows takes the place of its end",
                );
            }
            AgentEvent::ModelRetry { attempt, after, cause, last_event, .. } if self.verbose => {
                let last = last_event.map(|event| format!(" after {event}")).unwrap_or_default();
                complain(&format!("warning: attempt {attempt} failed{last}: {cause}; again in {after:.1?}"));
            }
            AgentEvent::Fallback { from, to, why, .. } => {
                complain(&format!("warning: {to} is asked in the place of {from}: {why}"));
            }
            _ => {}
        }
    }

    fn print(&mut self, text: &str) {
        if text.is_empty() || self.gone || self.unwritten.is_some() {
            return;
        }
        self.begun = !text.ends_with('\n');
        match print(text) {
            Ok(reader) => self.gone = reader == Reader::Gone,
            Err(why) => self.unwritten = Some(why),
        }
    }

    fn break_line(&mut self) {
        if self.begun {
            self.print("\n");
        }
    }

    pub(crate) fn end(mut self) -> Result<(), Failure> {
        self.break_line();
        self.unwritten.map_or(Ok(()), |why| Err(why.into()))
    }
}

/// An error as a line: type, message, request id. The type comes as AWS spells it outside of streams.
pub(crate) fn said(error: &AgentError) -> String {
    let Cause::Service(fault) = &error.cause else { return error.to_string() };
    let id = fault.request_id.as_ref().or(error.partial.request_id.as_ref());
    let id = id.map(|id| format!(" (request id {id})")).unwrap_or_default();
    format!("{}: {}{id}", fault.exception(), fault.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_agent::{Partial, Place, ServiceFault};

    #[test]
    fn an_error_is_said_with_type_message_and_request_id_once() {
        let fault = ServiceFault {
            kind: "throttlingException".to_owned(),
            message: "Too many tokens.".to_owned(),
            request_id: Some("id-1".to_owned()),
            status: None,
            place: Place::InStream,
        };
        let check = |cause: Cause, request_id: Option<&str>, expected: &str| {
            let partial = Partial { request_id: request_id.map(str::to_owned), ..Partial::default() };
            assert_eq!(said(&AgentError { cause, partial: Box::new(partial) }), expected);
        };
        let service = |id: Option<&str>| {
            Cause::Service(Box::new(ServiceFault { request_id: id.map(str::to_owned), ..fault.clone() }))
        };
        check(service(Some("id-1")), Some("id-1"), "ThrottlingException: Too many tokens. (request id id-1)");
        check(service(None), Some("id-2"), "ThrottlingException: Too many tokens. (request id id-2)");
        check(service(None), None, "ThrottlingException: Too many tokens.");
        let cut = "the stream ended without messageStop: the message is incomplete (request id id-3)";
        check(Cause::Incomplete, Some("id-3"), cut);
    }
}
