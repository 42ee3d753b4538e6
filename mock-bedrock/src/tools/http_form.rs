//! What a tool returns, as an HTTP answer or as an MCP result. Pure.

use super::png::png;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use faultline_scenarios::tool_script::Returned;
use faultline_scenarios::tool_stub::Rendered;
use serde_json::{Value, json};

/// The line that big texts are made of.
const LINE: &str = "All work and no play makes a very long tool result that no context window wants.\n";

/// As an HTTP answer.
pub(super) fn http(returned: &Returned) -> Rendered {
    let (status, content_type, body) = match returned {
        Returned::Text(text) => (200, "text/plain; charset=utf-8", text.clone().into_bytes()),
        Returned::Json(value) => (200, "application/json", value.to_string().into_bytes()),
        Returned::Error(message) => {
            (500, "application/json", json!({ "error": message }).to_string().into_bytes())
        }
        Returned::Size(bytes) => (200, "text/plain; charset=utf-8", big(*bytes).into_bytes()),
        Returned::Repeated(text) => (200, "text/plain; charset=utf-8", text.whole().into_bytes()),
        Returned::Binary(bytes) => (200, "application/octet-stream", binary(*bytes)),
        Returned::Image(picture) => (200, "image/png", png(*picture)),
        Returned::Raw(text) => (200, "application/json", text.clone().into_bytes()),
    };
    Rendered { status, content_type: content_type.to_owned(), body }
}

/// As the `result` of an MCP `tools/call` (modelcontextprotocol.io, revision 2025-06-18, "Tools").
pub(super) fn mcp(returned: &Returned) -> Value {
    let text = |text: &str| json!({ "content": [{ "type": "text", "text": text }], "isError": false });
    match returned {
        Returned::Text(said) | Returned::Raw(said) => text(said),
        Returned::Size(bytes) => text(&big(*bytes)),
        Returned::Repeated(repeated) => text(&repeated.whole()),
        Returned::Json(value @ Value::Object(_)) => {
            json!({ "content": [{ "type": "text", "text": value.to_string() }], "structuredContent": value, "isError": false })
        }
        Returned::Json(value) => text(&value.to_string()),
        Returned::Error(message) if message.is_empty() => json!({ "content": [], "isError": true }),
        Returned::Error(message) => {
            json!({ "content": [{ "type": "text", "text": message }], "isError": true })
        }
        Returned::Image(picture) => {
            let image =
                json!({ "type": "image", "data": STANDARD.encode(png(*picture)), "mimeType": "image/png" });
            json!({ "content": [image], "isError": false })
        }
        Returned::Binary(bytes) => {
            let resource = json!({ "uri": "file:///result.bin", "mimeType": "application/octet-stream", "blob": STANDARD.encode(binary(*bytes)) });
            json!({ "content": [{ "type": "resource", "resource": resource }], "isError": false })
        }
    }
}

fn big(bytes: usize) -> String {
    let mut text = LINE.repeat(bytes / LINE.len() + 1);
    text.truncate(bytes);
    text
}

/// Bytes that are no UTF-8.
fn binary(bytes: usize) -> Vec<u8> {
    const NONE: [u8; 4] = [0x89, 0xFF, 0x00, 0xFE];
    let mut all = NONE.repeat(bytes / NONE.len() + 1);
    all.truncate(bytes);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::tool_script::{Picture, Repeated};

    fn check(returned: &Returned, status: u16, body: &[u8], content: &Value) {
        let answer = http(returned);
        assert_eq!((answer.status, answer.body.as_slice()), (status, body), "{returned:?}");
        assert_eq!(&mcp(returned)["content"], content, "{returned:?}");
    }

    #[test]
    fn everything_that_a_tool_can_return_has_both_forms() {
        let text = |text: &str| json!([{ "type": "text", "text": text }]);
        check(&Returned::Text(String::new()), 200, b"", &text(""));
        check(&Returned::Json(json!(42)), 200, b"42", &text("42"));
        check(&Returned::Json(json!({"a": 1})), 200, b"{\"a\":1}", &text("{\"a\":1}"));
        check(&Returned::Error("no".into()), 500, b"{\"error\":\"no\"}", &text("no"));
        check(&Returned::Error(String::new()), 500, b"{\"error\":\"\"}", &json!([]));
        check(&Returned::Raw("{oops".into()), 200, b"{oops", &text("{oops"));
        assert_eq!(mcp(&Returned::Error("no".into()))["isError"], true);
        assert_eq!(http(&Returned::Size(2_000_000)).body.len(), 2_000_000);
        assert!(String::from_utf8(http(&Returned::Binary(64)).body).is_err());
        let picture = Picture { width: 8, height: 1 };
        let image =
            json!([{ "type": "image", "data": STANDARD.encode(png(picture)), "mimeType": "image/png" }]);
        check(&Returned::Image(picture), 200, &png(picture), &image);
        let repeated = Repeated { text: "é".into(), bytes: 6, after: "a".into() };
        check(&Returned::Repeated(repeated), 200, "aéé".as_bytes(), &text("aéé"));
    }
}
