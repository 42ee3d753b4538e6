//! Which vendor's model an id names. Families differ in how they fragment a stream and in what they accept.

/// A family of models, by the vendor part of the model id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Anthropic Claude.
    Claude,
    /// Amazon Nova.
    Nova,
    /// Amazon Titan.
    Titan,
    /// Cohere Command.
    Cohere,
    /// Meta Llama.
    Llama,
    /// Mistral and Pixtral.
    Mistral,
    /// AI21 Jamba.
    Jamba,
    /// Every other vendor, and ids that say nothing (application inference profiles, custom models).
    Other,
}

/// What to look for in an id, in order. Inference profiles keep the vendor part (`us.anthropic.claude-…`).
const MARKS: [(&str, Family); 8] = [
    ("anthropic.", Family::Claude),
    ("amazon.nova", Family::Nova),
    ("amazon.titan", Family::Titan),
    ("cohere.", Family::Cohere),
    ("meta.", Family::Llama),
    ("mistral.", Family::Mistral),
    ("ai21.", Family::Jamba),
    ("claude", Family::Claude),
];

impl Family {
    /// The family that `model_id` names: a bare id, a geo-prefixed profile id or an ARN holding one.
    pub fn of(model_id: &str) -> Self {
        MARKS.iter().find(|(mark, _)| model_id.contains(mark)).map_or(Self::Other, |(_, family)| *family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_profiles_and_arns_name_their_family() {
        for (id, family) in [
            ("anthropic.claude-3-5-sonnet-20241022-v2:0", Family::Claude),
            ("us.amazon.nova-pro-v1:0", Family::Nova),
            ("amazon.titan-text-lite-v1", Family::Titan),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.meta.llama3-3-70b-v1:0",
                Family::Llama,
            ),
            ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", Family::Other),
            ("openai.gpt-oss-120b-1:0", Family::Other),
        ] {
            assert_eq!(Family::of(id), family, "{id}");
        }
    }
}
