//! Where a fault may strike: what an author must not write, and what to write instead.

use super::kind::FaultKind;
use crate::aim::Aim;
use crate::plan::BODY;

/// What makes no sense about a fault, and a way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonsense {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: &'static str,
}

const SOMEWHERE: &str = "say where: `at: contentBlockDelta 0`, `at: 50%`, `at: end`";
const AN_EVENT: &str = "name one: `at: contentBlockDelta 1`, `at: contentBlockDelta nth 3`";
const NOWHERE: &str = "leave `at` out";
const WHOLE: &str = "leave `at` out; `exception` is an error inside the stream";
const UNIONS: &str = "write `at: contentBlockDelta 0` or `at: contentBlockStart 1`";
const LATER: &str = "write `at: start` for the place before the first event";
const ONE_OF: &str = "keep one of them";

impl FaultKind {
    /// What makes no sense about this fault at `aim`, if anything.
    pub fn nonsense(&self, aim: Option<&Aim>) -> Option<Nonsense> {
        let name = self.name();
        let no = |message: String, hint| Some(Nonsense { message, hint });
        match (self, aim) {
            (Self::Slice(slice), _) if slice.bytes.is_some() && slice.around.is_some() => {
                no("`slice` takes `bytes` or `around`, these are both".to_owned(), ONE_OF)
            }
            (_, None) if self.needs_event() => no(format!("`{name}` needs an event as `at`"), AN_EVENT),
            (_, None) if self.needs_aim() => no(format!("`{name}` needs `at`"), SOMEWHERE),
            (_, None) => None,
            (Self::Error(_) | Self::Body(_), Some(aim)) => match aim {
                Aim::Head => None,
                _ => no(format!("`{name}` comes instead of the whole answer, not at `{aim}`"), WHOLE),
            },
            (_, Some(aim)) if self.has_its_place() => {
                no(format!("`{name}` has its own place in the answer, not `{aim}`"), NOWHERE)
            }
            (Self::UnknownEvent(_), Some(Aim::Head)) => {
                no("no event stands before the status line".to_owned(), LATER)
            }
            (_, Some(aim)) if self.needs_event() => self.misses(aim),
            _ => None,
        }
    }

    /// Why `aim` names no event that this fault could strike.
    fn misses(&self, aim: &Aim) -> Option<Nonsense> {
        let name = self.name();
        match aim {
            Aim::Label { event, .. } if event == BODY => {
                let message = format!("`{name}` needs an event as `at`, a unary answer has none");
                Some(Nonsense { message, hint: AN_EVENT })
            }
            Aim::Label { event, .. }
                if matches!(self, Self::Union(_))
                    && !["contentBlockDelta", "contentBlockStart"].contains(&event.as_str()) =>
            {
                Some(Nonsense { message: format!("`{event}` holds no union"), hint: UNIONS })
            }
            Aim::Label { .. } => None,
            _ => Some(Nonsense {
                message: format!("`{name}` needs an event as `at`, `{aim}` is none"),
                hint: AN_EVENT,
            }),
        }
    }

    /// Whether this fault leaves a stream without the whole frames that `later` needs.
    pub fn spoils(&self, later: &Self) -> bool {
        matches!(self, Self::Slice(_) | Self::Drip(_) | Self::Sse(_))
            && (later.needs_event()
                || matches!(
                    later,
                    Self::Exception(_)
                        | Self::HalfFrame(_)
                        | Self::Corrupt(_)
                        | Self::UnknownEvent(_)
                        | Self::StopReason(_)
                        | Self::NoMetadata(_)
                        | Self::Sse(_)
                        | Self::Coalesce(_)
                )
                || matches!(later, Self::Slice(slice) if slice.around.is_some()))
    }

    /// Whether the fault strikes where it must, so that `at` says nothing.
    fn has_its_place(&self) -> bool {
        match self {
            Self::Slice(slice) => slice.around.is_some(),
            Self::ContentType(_)
            | Self::Sse(_)
            | Self::Coalesce(_)
            | Self::StopReason(_)
            | Self::NoStop(_)
            | Self::NoMetadata(_) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(written: Value, aim: &str, expected: Option<&str>) {
        let kind: FaultKind = serde_json::from_value(written).unwrap();
        let aim = (!aim.is_empty()).then(|| Aim::parse(aim).unwrap());
        let said = kind.nonsense(aim.as_ref()).map(|nonsense| nonsense.message);
        assert_eq!(said.as_deref(), expected, "{kind:?} {aim:?}");
    }

    #[test]
    fn a_fault_strikes_where_it_can() {
        for aim in ["head", "start", "contentBlockDelta 0", "bytes 3", "40%", "3 ms", "end"] {
            check(json!({"reset": {}}), aim, None);
            check(json!({"slice": {}}), aim, None);
            check(json!({"drip": {}}), aim, None);
        }
        check(json!({"slice": {}}), "", None);
        check(json!({"body": {"text": "x"}}), "head", None);
        check(json!({"union": {"holds": "two"}}), "contentBlockStart 1", None);
        check(json!({"unknown_event": {}}), "start", None);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        check(json!({"reset": {}}), "", Some("`reset` needs `at`"));
        check(json!({"reorder": {}}), "", Some("`reorder` needs an event as `at`"));
        check(json!({"reorder": {}}), "50%", Some("`reorder` needs an event as `at`, `50%` is none"));
        check(
            json!({"duplicate": {}}),
            "body",
            Some("`duplicate` needs an event as `at`, a unary answer has none"),
        );
        check(json!({"union": {"holds": "two"}}), "messageStop", Some("`messageStop` holds no union"));
        check(json!({"unknown_event": {}}), "head", Some("no event stands before the status line"));
        check(json!({"sse": {}}), "end", Some("`sse` has its own place in the answer, not `end`"));
        check(
            json!({"error": {"type": "X"}}),
            "messageStop",
            Some("`error` comes instead of the whole answer, not at `messageStop`"),
        );
        let both = json!({"slice": {"bytes": [1], "around": "frames"}});
        check(both, "", Some("`slice` takes `bytes` or `around`, these are both"));
    }
}
