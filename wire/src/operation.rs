//! The operations of Bedrock Runtime and how a path names one.
//!
//! Paths are those of the service model. Model ids arrive with `:` plain or as `%3A`, ARNs with `%2F`; both
//! forms are recorded. A base path in front is kept apart: clients put it there to choose a session.

use percent_encoding::percent_decode_str;

/// An operation of Bedrock Runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the service model's operation of that name")]
pub enum Operation {
    Converse,
    ConverseStream,
    InvokeModel,
    InvokeModelWithResponseStream,
    InvokeModelWithBidirectionalStream,
    CountTokens,
    ApplyGuardrail,
    InvokeGuardrailChecks,
    StartAsyncInvoke,
    GetAsyncInvoke,
    ListAsyncInvokes,
}

/// The operations on a model: the last path segment names them.
const ON_MODEL: [(&str, Operation); 6] = [
    ("converse", Operation::Converse),
    ("converse-stream", Operation::ConverseStream),
    ("invoke", Operation::InvokeModel),
    ("invoke-with-response-stream", Operation::InvokeModelWithResponseStream),
    ("invoke-with-bidirectional-stream", Operation::InvokeModelWithBidirectionalStream),
    ("count-tokens", Operation::CountTokens),
];

impl Operation {
    /// The name in the service model.
    pub fn name(self) -> &'static str {
        match self {
            Self::Converse => "Converse",
            Self::ConverseStream => "ConverseStream",
            Self::InvokeModel => "InvokeModel",
            Self::InvokeModelWithResponseStream => "InvokeModelWithResponseStream",
            Self::InvokeModelWithBidirectionalStream => "InvokeModelWithBidirectionalStream",
            Self::CountTokens => "CountTokens",
            Self::ApplyGuardrail => "ApplyGuardrail",
            Self::InvokeGuardrailChecks => "InvokeGuardrailChecks",
            Self::StartAsyncInvoke => "StartAsyncInvoke",
            Self::GetAsyncInvoke => "GetAsyncInvoke",
            Self::ListAsyncInvokes => "ListAsyncInvokes",
        }
    }

    /// The operation of that name.
    pub fn parse(name: &str) -> Option<Self> {
        use Operation as O;
        [
            O::Converse,
            O::ConverseStream,
            O::InvokeModel,
            O::InvokeModelWithResponseStream,
            O::InvokeModelWithBidirectionalStream,
            O::CountTokens,
            O::ApplyGuardrail,
            O::InvokeGuardrailChecks,
            O::StartAsyncInvoke,
            O::GetAsyncInvoke,
            O::ListAsyncInvokes,
        ]
        .into_iter()
        .find(|operation| operation.name() == name)
    }

    /// Whether the answer is an event stream.
    pub fn streams(self) -> bool {
        matches!(
            self,
            Self::ConverseStream
                | Self::InvokeModelWithResponseStream
                | Self::InvokeModelWithBidirectionalStream
        )
    }

    /// Whether the request holds Converse messages.
    pub fn is_converse(self) -> bool {
        matches!(self, Self::Converse | Self::ConverseStream)
    }
}

/// What a method and path ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The path in front of the operation, without slashes at its ends; empty when there is none.
    pub base: String,
    /// The operation.
    pub operation: Operation,
    /// The decoded model id, guardrail id or invocation ARN; empty where the operation has none.
    pub target: String,
}

/// The roots that an operation's own path starts with.
const ROOTS: [&str; 4] = ["/model/", "/guardrail/", "/guardrail-checks/", "/async-invoke"];

impl Route {
    /// Reads the raw (still percent-encoded) `path`. `None` is no operation: Bedrock answers those with
    /// status 200 and [`crate::exception::UNKNOWN_OPERATION`].
    pub fn parse(method: &str, path: &str) -> Option<Self> {
        let (base, own) = Self::split(path)?;
        let segments: Vec<&str> = own.split('/').skip(1).collect();
        let (operation, target) = find(method, &segments)?;
        let base = decode(base.trim_matches('/'))?;
        Some(Self { base, operation, target: decode(target)? })
    }

    /// A path in two: what stands in front of the operation's own path, and that. `None` where no operation can be meant.
    pub fn split(path: &str) -> Option<(&str, &str)> {
        let start = ROOTS.iter().filter_map(|root| path.find(root)).min()?;
        Some(path.split_at(start))
    }
}

fn find<'a>(method: &str, segments: &[&'a str]) -> Option<(Operation, &'a str)> {
    match (method, segments) {
        ("POST", ["model", target, last]) if !target.is_empty() => {
            let (_, operation) = ON_MODEL.iter().find(|(name, _)| name == last)?;
            Some((*operation, target))
        }
        ("POST", ["guardrail", target, "version", _, "apply"]) => Some((Operation::ApplyGuardrail, target)),
        ("POST", ["guardrail-checks", "invoke"]) => Some((Operation::InvokeGuardrailChecks, "")),
        ("POST", ["async-invoke"]) => Some((Operation::StartAsyncInvoke, "")),
        ("GET", ["async-invoke", target]) => Some((Operation::GetAsyncInvoke, target)),
        ("GET", ["async-invoke"]) => Some((Operation::ListAsyncInvokes, "")),
        _ => None,
    }
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, base: &str, operation: Operation, target: &str) {
        let expected = Route { base: base.into(), operation, target: target.into() };
        assert_eq!(Route::parse("POST", path), Some(expected), "{path}");
    }

    #[test]
    fn model_ids_are_decoded_plain_and_encoded() {
        let id = "anthropic.claude-3-5-sonnet-20241022-v2:0";
        check("/model/anthropic.claude-3-5-sonnet-20241022-v2%3A0/converse", "", Operation::Converse, id);
        check(
            "/model/anthropic.claude-3-5-sonnet-20241022-v2:0/converse-stream",
            "",
            Operation::ConverseStream,
            id,
        );
    }

    #[test]
    fn an_arn_with_encoded_slash_is_one_target() {
        check(
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.x/converse",
            "",
            Operation::Converse,
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x",
        );
    }

    #[test]
    fn an_arn_with_a_plain_slash_is_no_operation() {
        let path = "/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.x/converse";
        assert_eq!(Route::parse("POST", path), None);
    }

    #[test]
    fn a_base_path_is_kept_apart() {
        check(
            "/s/messages/tool_parallel@1/model/m/converse",
            "s/messages/tool_parallel@1",
            Operation::Converse,
            "m",
        );
    }

    #[test]
    fn every_operation_has_a_path_and_reads_its_own_name() {
        for (path, operation) in [
            ("/model/m/count-tokens", Operation::CountTokens),
            ("/model/m/invoke", Operation::InvokeModel),
            ("/guardrail/g/version/1/apply", Operation::ApplyGuardrail),
            ("/guardrail-checks/invoke", Operation::InvokeGuardrailChecks),
            ("/async-invoke", Operation::StartAsyncInvoke),
        ] {
            assert_eq!(Route::parse("POST", path).map(|route| route.operation), Some(operation));
            assert_eq!(Operation::parse(operation.name()), Some(operation));
        }
    }

    #[test]
    fn other_methods_and_paths_are_no_operation() {
        for (method, path) in [("GET", "/model/m/converse"), ("POST", "/"), ("POST", "/model//converse")] {
            assert_eq!(Route::parse(method, path), None, "{method} {path}");
        }
    }
}
