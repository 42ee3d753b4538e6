//! Takes as HAR 1.2. It keeps when the head came and when the body was over, not the times between, and no ends.

use super::{reason, request_line};
use crate::frame_log::millis;
use crate::take::Take;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use faultline_wire::Header;
use serde_json::{Value, json};

/// When a recording was made that does not say it.
const LONG_AGO: &str = "1970-01-01";

/// The file of these takes. `by`: who writes it, and which version.
///
/// # Errors
/// When a take has no form there.
pub fn har(takes: &[Take], (name, version): (&str, &str)) -> Result<String, String> {
    let entries = takes.iter().map(entry).collect::<Result<Vec<Value>, String>>()?;
    let creator = json!({ "name": name, "version": version });
    let log = json!({ "log": { "version": "1.2", "creator": creator, "entries": entries } });
    Ok(format!("{log:#}\n"))
}

fn entry(take: &Take) -> Result<Value, String> {
    let (method, url) = request_line(&take.call, &take.from)?;
    let (wait, receive) = (millis(take.began), millis(take.ended.saturating_sub(take.began)));
    Ok(json!({
        "startedDateTime": format!("{}T00:00:00.000Z", take.from.date.as_deref().unwrap_or(LONG_AGO)),
        "time": millis(take.ended.max(take.began)),
        "request": request(take, method, &url),
        "response": response(take),
        "cache": {},
        "timings": { "send": 0, "wait": wait, "receive": receive },
    }))
}

fn request(take: &Take, method: &str, url: &str) -> Value {
    let text = if take.call.body.is_null() { String::new() } else { take.call.body.to_string() };
    json!({
        "method": method, "url": url, "httpVersion": "HTTP/1.1", "cookies": [], "queryString": [],
        "headers": headers(&take.call.headers), "headersSize": -1, "bodySize": text.len(),
        "postData": { "mimeType": "application/json", "text": text },
    })
}

fn response(take: &Take) -> Value {
    let body = take.body();
    json!({
        "status": take.status, "statusText": reason(take.status), "httpVersion": "HTTP/1.1", "cookies": [],
        "headers": headers(&take.headers), "redirectURL": "", "headersSize": -1, "bodySize": body.len(),
        "content": content(take, &body),
    })
}

fn content(take: &Take, body: &[u8]) -> Value {
    let kind = take.headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value);
    match std::str::from_utf8(body) {
        Ok(text) => json!({ "size": body.len(), "mimeType": kind, "text": text }),
        Err(_) => {
            json!({ "size": body.len(), "mimeType": kind, "encoding": "base64", "text": BASE64.encode(body) })
        }
    }
}

fn headers(headers: &[Header]) -> Value {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}
