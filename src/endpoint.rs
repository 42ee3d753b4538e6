//! The variables that point real clients at an endpoint. Which client reads which was found by running them.

use std::path::Path;

/// A variable and its value.
pub(crate) type Variable = (&'static str, String);

/// Variables that must not be there: they would win over ours, have ours ignored, or make a client refuse plain HTTP or
/// a given endpoint.
pub(crate) const UNSET: [&str; 7] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

/// The region that is told to everybody.
const REGION: &str = "us-east-1";

/// Hosts that no proxy may take: boto3 uses HTTP_PROXY even for 127.0.0.1.
const NO_PROXY: &str = "127.0.0.1,localhost,::1";

/// Every variable that some client reads, for `url`; with the CA that signs an `https` endpoint.
pub(crate) fn variables(url: &str, ca: Option<&Path>) -> Vec<Variable> {
    let url = url.to_owned();
    let mut variables = vec![
        // AWS SDKs and whatever is built on them, in the order in which they look.
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url.clone()),
        ("AWS_ENDPOINT_URL", url.clone()),
        // litellm looks at neither of the two.
        ("AWS_BEDROCK_RUNTIME_ENDPOINT", url.clone()),
        // The Anthropic SDKs.
        ("ANTHROPIC_BEDROCK_BASE_URL", url),
        // boto3 reads the second and not the first; JavaScript and Rust the other way round.
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "faultline".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "faultline".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("NO_PROXY", NO_PROXY.to_owned()),
        ("no_proxy", NO_PROXY.to_owned()),
    ];
    if let Some(ca) = ca {
        let ca = ca.display().to_string();
        // boto3; the Rust SDK and httpx; Node.
        variables
            .extend(["AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"].map(|name| (name, ca.clone())));
    }
    variables
}
