//! The published test vectors, and everything that can be wrong with a signed request.

use super::*;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The vectors that the crate `aws-sigv4` is published with: read where cargo keeps it, not copied.
fn vectors() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == "aws-sigv4")
        .unwrap();
    PathBuf::from(package["manifest_path"].as_str().unwrap())
        .with_file_name("aws-signing-test-suite")
        .join("v4")
}

/// A request as the vectors write it down.
struct Written {
    method: String,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

fn read(text: &str) -> Written {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let first = lines.next().unwrap();
    let (method, rest) = first.split_once(' ').unwrap();
    let path = rest.strip_suffix(" HTTP/1.1").unwrap_or(rest);
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with(' ') => {
                headers.push((name.to_lowercase(), value.trim().to_owned()));
            }
            _ => headers.last_mut().unwrap().1.push_str(&format!(" {}", line.trim())),
        }
    }
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()));
    Written {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: headers.collect(),
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn the_published_vectors_pass() {
    let mut passed = 0;
    for entry in std::fs::read_dir(vectors()).unwrap() {
        let folder = entry.unwrap().path();
        let file = |name: &str| {
            std::fs::read_to_string(folder.join(name)).ok().map(|text| text.replace("\r\n", "\n"))
        };
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let request = read(file("header-signed-request.txt").unwrap().trim_end_matches('\n'));
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let context: Value =
            file("context.json").map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
        let normalized = context["normalize"] != false;
        let canonical = Canonical {
            method: &request.method,
            path,
            query,
            headers: &request.headers,
            authority: None,
            normalized,
        };
        let given = Authorization::of(&request.headers);
        let (Ok(given), false) = (given, context.is_null()) else {
            // Two of an older format, whose files do not belong to one request: their path is all that fits.
            let expected = file("header-canonical-request.txt").unwrap();
            assert_eq!(canonical.path(), expected.lines().nth(1).unwrap(), "{name}");
            continue;
        };
        let text = canonical.text(&given.signed_headers, &hex(&request.body)).unwrap();
        assert_eq!(text, file("header-canonical-request.txt").unwrap(), "{name}");
        let secret = context["credentials"]["secret_access_key"].as_str().unwrap();
        assert_eq!(signature(&text, &given, secret, date(&given.date).unwrap()), given.signature, "{name}");
        passed += 1;
    }
    assert!(passed >= 38, "{passed} vectors");
}

fn clock(text: &'static str) -> Clock {
    Arc::new(move || date(text).unwrap())
}

const NOW: &str = "20261127T100000Z";

fn auth() -> SigV4 {
    let key = |id: &str, token: Option<&str>| Key {
        id: id.into(),
        secret: "s3cret".into(),
        token: token.map(str::to_owned),
    };
    SigV4::new(vec![key("AKID", None), key("ASID", Some("t0ken"))], clock(NOW))
}

/// A request that is signed as it must be, by `id`, at `at`, for `service`.
fn signed(id: &str, secret: &str, at: &str, service: &str) -> RawRequest {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("host", "localhost:8080"), ("content-type", "application/json"), ("x-amz-date", at)]
    {
        headers.insert(name, value.parse().unwrap());
    }
    let body = RawBody::Whole("{\"a\":1}".into());
    let uri = "/model/us.anthropic.claude%3A0/converse?b=2&a=1".parse().unwrap();
    let mut request = RawRequest { method: Method::POST, uri, headers, body };
    let names = vec!["content-type".to_owned(), "host".to_owned(), "x-amz-date".to_owned()];
    let canonical = Canonical::of(&request).text(&names, &hex(b"{\"a\":1}")).unwrap();
    let scope = format!("{id}/{}/us-east-1/{service}/aws4_request", &at[..8]);
    let unsigned =
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={}, Signature=", names.join(";"));
    request.headers.insert("authorization", unsigned.parse().unwrap());
    let given = Authorization::of(&request.headers).unwrap();
    let signature = signature(&canonical, &given, secret, date(at).unwrap());
    request.headers.insert("authorization", format!("{unsigned}{signature}").parse().unwrap());
    request
}

fn good() -> RawRequest {
    signed("AKID", "s3cret", NOW, "bedrock")
}

#[test]
fn a_signed_request_may_ask() {
    assert_eq!(auth().check(&good()), Ok(()));
    for at in ["20261127T095501Z", "20261127T100459Z"] {
        assert_eq!(auth().check(&signed("AKID", "s3cret", at, "bedrock")), Ok(()), "{at}");
    }
    let mut temporary = signed("ASID", "s3cret", NOW, "bedrock");
    assert_eq!(auth().check(&temporary), Err(Denied::UnknownKey), "without its token");
    temporary.headers.insert("x-amz-security-token", HeaderValue::from_static("t0ken"));
    assert_eq!(auth().check(&temporary), Ok(()), "the token need not be signed");
}

#[test]
fn over_http2_the_authority_is_the_host() {
    let mut request = good();
    request.headers.remove("host");
    request.uri = format!("https://localhost:8080{}", request.uri).parse().unwrap();
    assert_eq!(auth().check(&request), Ok(()));
}

/// What AWS says when the good request is changed.
fn check(change: impl FnOnce(&mut RawRequest), name: &str, words: &str) {
    let mut request = good();
    change(&mut request);
    let error = auth().check(&request).unwrap_err().error();
    assert_eq!((error.name.as_str(), error.status), (name, 403));
    assert!(error.message.contains(words), "{}", error.message);
    assert!(error.header().ends_with("com.amazon.coral.service/"));
}

#[test]
fn everything_that_was_changed_is_refused_in_the_words_of_aws() {
    const INVALID: &str = "InvalidSignatureException";
    let set = |name: &'static str, value: &'static str| {
        move |request: &mut RawRequest| drop(request.headers.insert(name, HeaderValue::from_static(value)))
    };
    check(set("host", "127.0.0.1:8080"), INVALID, "The request signature we calculated does not match");
    check(set("content-type", "text/plain"), INVALID, "The request signature we calculated");
    check(
        |request| request.body = RawBody::Whole("{\"a\":2}".into()),
        INVALID,
        "The request signature we calculated",
    );
    check(
        |request| request.uri = "/model/other/converse?b=2&a=1".parse().unwrap(),
        INVALID,
        "The request signature we calculated",
    );
    check(|request| request.method = Method::GET, INVALID, "The request signature we calculated");
    check(set("x-amz-content-sha256", "00"), INVALID, "The request signature we calculated");
    check(
        |request| *request = signed("AKID", "other", NOW, "bedrock"),
        INVALID,
        "The request signature we calculated",
    );
    let unknown = "The security token included in the request is invalid.";
    check(
        |request| *request = signed("NOBODY", "s3cret", NOW, "bedrock"),
        "UnrecognizedClientException",
        unknown,
    );
    check(set("x-amz-security-token", "t"), "UnrecognizedClientException", unknown);
    let late = "Signature expired: 20261127T095459Z is now earlier than 20261127T095500Z (20261127T100000Z - 5 min.)";
    check(|request| *request = signed("AKID", "s3cret", "20261127T095459Z", "bedrock"), INVALID, late);
    let early = "Signature not yet current: 20261127T100501Z is still later than 20261127T100500Z (20261127T100000Z + 5 min.)";
    check(|request| *request = signed("AKID", "s3cret", "20261127T100501Z", "bedrock"), INVALID, early);
    check(|request| *request = signed("AKID", "s3cret", NOW, "s3"), INVALID, "correct service: 'bedrock'");
    check(set("x-amz-date", "20261128T100000Z"), INVALID, "Date in Credential scope does not match");
    check(
        |request| drop(request.headers.remove("authorization")),
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    );
    check(set("authorization", "Basic s3cret"), "IncompleteSignatureException", "Authorization=Basic");
    let unsigned = "AWS4-HMAC-SHA256 Credential=AKID/20261127/us-east-1/bedrock/aws4_request, SignedHeaders=x-amz-date, Signature=00";
    check(set("authorization", unsigned), INVALID, "'Host' or ':authority' must be a 'SignedHeader'");
}

#[test]
fn a_bedrock_api_key_stands_in_place_of_a_signature() {
    let mut request = good();
    request.headers.insert("authorization", HeaderValue::from_static("Bearer mine"));
    assert_eq!(auth().check(&request), Err(Denied::Bearer));
    assert_eq!(auth().or_bearers(vec!["mine".into()]).check(&request), Ok(()));
}

#[test]
fn no_refusal_holds_a_secret() {
    let mut request = good();
    for scheme in ["Bearer", "Basic"] {
        request.headers.insert("authorization", format!("{scheme} s3cret").parse().unwrap());
        let error = auth().check(&request).unwrap_err().error();
        assert!(!error.message.contains("s3cret"), "{}", error.message);
    }
    assert!(!format!("{:?}", auth()).contains("s3cret"));
}
