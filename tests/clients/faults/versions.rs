//! Which versions the lock files pin.

const PYTHON: &str = include_str!("../python/requirements.txt");
const NODE: &str = include_str!("../node/package.json");
const CARGO: &str = include_str!("../../../Cargo.lock");

/// The clients with their versions, for readers.
pub(crate) fn all() -> String {
    let parts = [
        ("boto3", after(PYTHON, "boto3==")),
        ("@aws-sdk/client-bedrock-runtime", after(NODE, "\"@aws-sdk/client-bedrock-runtime\": \"")),
        ("@smithy/node-http-handler", after(NODE, "\"@smithy/node-http-handler\": \"")),
        ("aws-sdk-bedrockruntime", after(CARGO, "name = \"aws-sdk-bedrockruntime\"\nversion = \"")),
        ("aws-smithy-http-client", after(CARGO, "name = \"aws-smithy-http-client\"\nversion = \"")),
    ];
    parts.map(|(name, version)| format!("{name} {version}")).join(", ")
}

/// The version that stands behind a text.
fn after(file: &'static str, text: &str) -> &'static str {
    let rest = file.split_once(text).map(|(_, rest)| rest).unwrap_or_default();
    rest.split([' ', '"', '\n']).next().unwrap_or_default()
}
