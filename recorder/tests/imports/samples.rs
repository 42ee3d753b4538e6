//! Small files as each tool writes them, around bodies that our own encoder makes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use faultline_recorder::import::Kind;
use faultline_wire::{Event, FramedEvent};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write as _;

pub(crate) const HOST: &str = "https://bedrock-runtime.eu-west-3.amazonaws.com";
pub(crate) const STREAM_PATH: &str = "/model/amazon.nova-lite-v1%3A0/converse-stream";
pub(crate) const UNARY_PATH: &str =
    "/model/arn%3Aaws%3Abedrock%3Aeu-west-3%3A000000000001%3Ainference-profile%2Fm/converse";
pub(crate) const UNARY_MODEL: &str = "arn:aws:bedrock:eu-west-3:000000000001:inference-profile/m";

/// A recording of one stream and one unary answer, and what it must give.
pub(crate) struct Sample {
    pub(crate) kind: Kind,
    pub(crate) what: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// How many exchanges are none of Bedrock's.
    pub(crate) strangers: usize,
    /// Milliseconds until the head, and until the end, of the stream.
    pub(crate) times: (u128, u128),
}

/// The frames of a stream.
pub(crate) fn frames() -> Vec<Vec<u8>> {
    let events = [
        ("messageStart", json!({"role": "assistant"})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "Gré ü – "}})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "“yes”"}})),
        ("contentBlockStop", json!({"contentBlockIndex": 0})),
        ("messageStop", json!({"stopReason": "end_turn"})),
    ];
    let frame = |(name, payload): (&str, Value)| {
        let framed = FramedEvent { event: Event::from_payload(name, payload), padding: Some(7) };
        framed.encode().unwrap().to_vec()
    };
    events.map(frame).into()
}

pub(crate) fn stream() -> Vec<u8> {
    frames().concat()
}

pub(crate) fn unary() -> Value {
    json!({
        "metrics": {"latencyMs": 300},
        "output": {"message": {"content": [{"text": "Grüße: yes, 1.5 and null"}], "role": "assistant"}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 7, "outputTokens": 39, "totalTokens": 46},
    })
}

pub(crate) fn asked(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": [{"text": text}]}]})
}

pub(crate) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn b64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Base64 in lines, as YAML writers break it.
fn lines(bytes: &[u8], indent: &str) -> String {
    let text = b64(bytes);
    let lines = text.as_bytes().chunks(76).map(|line| format!("{indent}{}\n", String::from_utf8_lossy(line)));
    lines.collect()
}

fn sample(kind: Kind, what: &'static str, text: impl Into<Vec<u8>>) -> Sample {
    Sample { kind, what, bytes: text.into(), strangers: 0, times: (0, 0) }
}

/// Every form of every kind.
pub(crate) fn all() -> Vec<Sample> {
    let mut all = vec![vcrpy_plain(), vcrpy_parsed(), vcrpy_gzip(), vcrpy_json(), vcrpy_latin1()];
    all.extend([
        ruby(),
        ruby_base64(),
        go_v1(),
        go_v4(),
        nock(),
        nock_packed(),
        wiremock_many(),
        wiremock_yaml(),
    ]);
    all.extend([har(), polly(), httpmock(), vcrpy_apart()]);
    all
}

fn vcrpy_plain() -> Sample {
    let text = format!(
        "\
interactions:
- request:
    body: '{ask_s}'
    headers:
      ? !!python/object/apply:multidict._multidict.istr
      - Accept
      : - '*/*'
      amz-sdk-request:
      - !!binary |
        YXR0ZW1wdD0x
      Authorization:
      - AWS4-HMAC-SHA256 Credential=x
    method: POST
    uri: {HOST}{STREAM_PATH}
  response:
    body:
      string: !!binary |
{frames}    headers: &head
      Content-Type:
      - application/vnd.amazon.eventstream
      Date:
      - Mon, 08 Jan 2024 18:25:22 GMT
      Transfer-Encoding:
      - chunked
    status: &ok
      code: 200
      message: OK
- request:
    body: null
    headers: {{}}
    method: GET
    uri: https://example.com/search?q=1
  response:
    body:
      string: ''
    headers: *head
    status: *ok
- request:
    body: '{ask_u}'
    headers: {{}}
    method: POST
    uri: {HOST}{UNARY_PATH}
  response:
    body:
      string: '{unary}'
    headers:
      Content-Type:
      - application/json
    status: *ok
version: 1
",
        ask_s = asked("stream"),
        ask_u = asked("unary"),
        frames = lines(&stream(), "        "),
        unary = unary(),
    );
    Sample { strangers: 1, ..sample(Kind::Vcrpy, "plain", text) }
}

fn vcrpy_parsed() -> Sample {
    let text = format!(
        "\
interactions:
- request:
    headers:
      content-type: [application/json]
    method: POST
    parsed_body:
      messages:
      - content:
        - text: stream
        role: user
    uri: {HOST}{STREAM_PATH}
  response:
    body:
      string: !!binary |
{frames}    headers:
      content-type:
      - application/vnd.amazon.eventstream
    status: {{code: 200, message: OK}}
- request:
    headers: {{}}
    method: POST
    parsed_body:
      messages:
      - content:
        - text: unary
        role: user
    uri: {HOST}{UNARY_PATH}
  response:
    headers:
      content-length: ['999']
      content-type:
      - application/json
    parsed_body:
      metrics:
        latencyMs: 300
      output:
        message:
          content:
          - text: 'Grüße: yes,
              1.5 and null'
          role: assistant
      stopReason: end_turn
      usage:
        inputTokens: 7
        outputTokens: 39
        totalTokens: 46
    status:
      code: 200
      message: OK
version: 1
",
        frames = lines(&stream(), "        "),
    );
    sample(Kind::Vcrpy, "parsed_body", text)
}

fn vcrpy_gzip() -> Sample {
    let entry = |path: &str, text: &str, kind: &str, bytes: &[u8]| {
        format!(
            "\
- request:
    body: '{}'
    headers: {{}}
    method: POST
    uri: {HOST}{path}
  response:
    body:
      string: !!binary |
{}    headers:
      content-encoding: [gzip]
      content-type: [{kind}]
    status: {{code: 200, message: OK}}
",
            asked(text),
            lines(&packed(bytes), "        "),
        )
    };
    let one = entry(STREAM_PATH, "stream", "application/vnd.amazon.eventstream", &stream());
    let two = entry(UNARY_PATH, "unary", "application/json", unary().to_string().as_bytes());
    sample(Kind::Vcrpy, "gzip", format!("interactions:\n{one}{two}version: 1\n"))
}

fn vcrpy_json() -> Sample {
    let entry = |path: &str, text: &str, kind: &str, body: Value| {
        json!({
            "request": {"method": "POST", "uri": format!("{HOST}{path}"), "headers": {}, "body": asked(text).to_string()},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": {"Content-Type": [kind]}, "body": body},
        })
    };
    let all = json!({"version": 1, "interactions": [
        entry(STREAM_PATH, "stream", "application/vnd.amazon.eventstream", json!({"base64_string": b64(&stream())})),
        entry(UNARY_PATH, "unary", "application/json", json!({"string": unary().to_string()})),
    ]});
    sample(Kind::Vcrpy, "JSON", all.to_string())
}

/// Bytes as a text with one character for each.
fn vcrpy_latin1() -> Sample {
    let wide: String = stream().iter().map(|byte| char::from(*byte)).collect();
    let entry = |path: &str, text: &str, kind: &str, body: String| {
        json!({
            "request": {"method": "POST", "uri": format!("{HOST}{path}"), "headers": {}, "body": asked(text).to_string()},
            "response": {"status": {"code": 200}, "headers": {"Content-Type": [kind]}, "body": {"string": body}},
        })
    };
    let all = json!({"version": 1, "interactions": [
        entry(STREAM_PATH, "stream", "application/vnd.amazon.eventstream", wide),
        entry(UNARY_PATH, "unary", "application/json", unary().to_string()),
    ]});
    sample(Kind::Vcrpy, "one byte a character", all.to_string())
}

/// Two lists, and the whole file packed.
fn vcrpy_apart() -> Sample {
    let request = |path: &str, text: &str| json!({"method": "POST", "uri": format!("{HOST}{path}"), "body": asked(text).to_string(), "headers": {}});
    let response = |kind: &str, body: Value| json!({"status": {"code": 200, "message": "OK"}, "headers": {"Content-Type": [kind]}, "body": body});
    let all = json!({
        "requests": [request(STREAM_PATH, "stream"), request(UNARY_PATH, "unary")],
        "responses": [
            response("application/vnd.amazon.eventstream", json!({"base64_string": b64(&stream())})),
            response("application/json", json!({"string": unary().to_string()})),
        ],
    });
    sample(Kind::Vcrpy, "in two lists, packed", packed(all.to_string().as_bytes()))
}

fn ruby() -> Sample {
    let text = format!(
        "\
---
http_interactions:
- request:
    method: post
    uri: https://bedrock-runtime.<AWS_REGION>.amazonaws.com{STREAM_PATH}
    body:
      encoding: UTF-8
      string: '{}'
    headers:
      Authorization:
      - AWS4-HMAC-SHA256 Credential=<AWS_ACCESS_KEY_ID>/<DATE>, Signature=<AWS_SIGV4_SIGNATURE>
      Accept:
      - \"*/*\"
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - application/vnd.amazon.eventstream
    body:
      encoding: ASCII-8BIT
      string: !binary |-
{}  recorded_at: Thu, 02 Apr 2026 11:23:35 GMT
- request:
    method: post
    uri: {HOST}{UNARY_PATH}
    body:
      encoding: UTF-8
      string: '{}'
    headers: {{}}
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - application/json
    body:
      encoding: ASCII-8BIT
      string: '{}'
  recorded_at: Thu, 02 Apr 2026 11:23:36 GMT
recorded_with: VCR 6.4.0
",
        asked("stream"),
        lines(&stream(), "        "),
        asked("unary"),
        unary(),
    );
    sample(Kind::RubyVcr, "plain", text)
}

fn ruby_base64() -> Sample {
    let entry = |path: &str, text: &str, kind: &str, bytes: &[u8]| {
        json!({
            "request": {"method": "post", "uri": format!("{HOST}{path}"), "headers": {},
                "body": {"encoding": "UTF-8", "base64_string": b64(asked(text).to_string().as_bytes())}},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": {"Content-Type": [kind]},
                "body": {"encoding": "ASCII-8BIT", "base64_string": b64(bytes)}},
            "recorded_at": "Thu, 02 Apr 2026 11:23:36 GMT",
        })
    };
    let all = json!({"recorded_with": "VCR 6.4.0", "http_interactions": [
        entry(STREAM_PATH, "stream", "application/vnd.amazon.eventstream", &stream()),
        entry(UNARY_PATH, "unary", "application/json", unary().to_string().as_bytes()),
    ]});
    sample(Kind::RubyVcr, "base64_string", all.to_string())
}

fn go(head: &str, more: &str) -> String {
    format!(
        "\
---
{head}interactions:
- request:
    body: '{ask_s}'
    form: {{}}
    headers:
      Content-Type:
      - application/json
    url: {HOST}{STREAM_PATH}
    method: POST
{more}  response:
    body: !!binary |
{frames}    headers:
      Content-Type:
      - application/vnd.amazon.eventstream
    status: 200 OK
    code: 200
    duration: 693.876083ms
- request:
    body: '{ask_u}'
    headers: {{}}
    url: {HOST}{UNARY_PATH}
    method: POST
{more}  response:
    body: '{unary}'
    headers:
      Content-Type:
      - application/json
    status: 200 OK
    code: 200
    duration: 1m3.5s
",
        ask_s = asked("stream"),
        ask_u = asked("unary"),
        frames = lines(&stream(), "      "),
        unary = unary(),
    )
}

fn go_v1() -> Sample {
    Sample { times: (693, 693), ..sample(Kind::GoVcr, "version 1", go("version: 1\n", "")) }
}

fn go_v4() -> Sample {
    let more = "    proto: HTTP/1.1\n    proto_major: 1\n    content_length: 211\n    host: \"\"\n";
    Sample { times: (693, 693), ..sample(Kind::GoVcr, "version 2", go("version: 2\n", more)) }
}

fn nock() -> Sample {
    let all = json!([
        {"scope": format!("{HOST}:443"), "method": "POST", "path": STREAM_PATH, "body": asked("stream"), "status": 200,
            "response": hex(&stream()), "responseIsBinary": true,
            "rawHeaders": ["Date", "Tue, 19 Aug 2025 01:37:33 GMT", "Content-Type", "application/vnd.amazon.eventstream"],
            "reqheaders": {"content-type": "application/json", "content-length": 90}},
        {"scope": format!("{HOST}:443"), "method": "POST", "path": UNARY_PATH, "body": asked("unary"), "status": 200,
            "response": unary(), "responseIsBinary": false, "rawHeaders": {"content-type": "application/json"}},
    ]);
    sample(Kind::Nock, "hex and JSON", all.to_string())
}

fn nock_packed() -> Sample {
    let both = |path: &str, text: &str, kind: &str, bytes: &[u8]| {
        let packed = packed(bytes);
        let (one, two) = packed.split_at(11);
        json!({"scope": format!("{HOST}:443"), "method": "POST", "path": path, "body": asked(text), "status": 200,
            "response": [hex(one), hex(two)], "rawHeaders": ["content-encoding", "gzip", "content-type", kind]})
    };
    let all = json!([
        both(STREAM_PATH, "stream", "application/vnd.amazon.eventstream", &stream()),
        both(UNARY_PATH, "unary", "application/json", unary().to_string().as_bytes()),
    ]);
    sample(Kind::Nock, "packed", all.to_string())
}

fn wiremock_many() -> Sample {
    let all = json!({"mappings": [
        {"id": "1", "request": {"url": STREAM_PATH, "method": "POST", "headers": {"Content-Type": {"equalTo": "application/json"}},
            "bodyPatterns": [{"equalToJson": asked("stream").to_string(), "ignoreArrayOrder": true}]},
         "response": {"status": 200, "base64Body": b64(&stream()), "fixedDelayMilliseconds": 20,
            "chunkedDribbleDelay": {"numberOfChunks": 4, "totalDuration": 100},
            "headers": {"Content-Type": "application/vnd.amazon.eventstream"}}},
        {"id": "2", "request": {"urlPath": UNARY_PATH, "method": "ANY", "bodyPatterns": [{"equalToJson": asked("unary")}]},
         "response": {"status": 200, "jsonBody": unary(), "headers": {"Content-Type": "application/json"}}},
    ]});
    Sample { times: (20, 120), ..sample(Kind::Wiremock, "many", all.to_string()) }
}

fn wiremock_yaml() -> Sample {
    let text = format!(
        "\
---
id: 1
request:
  url: {STREAM_PATH}
  method: POST
  bodyPatterns:
  - equalToJson: |-
      {}
    ignoreArrayOrder: false
response:
  status: 200
  base64Body: {}
  headers:
    Content-Type: application/vnd.amazon.eventstream
---
id: 2
request:
  url: {UNARY_PATH}
  method: POST
  bodyPatterns:
  - equalToJson: '{}'
response:
  status: 200
  bodyFileName: unary.json
  headers:
    Content-Type: application/json
",
        asked("stream"),
        b64(&stream()),
        asked("unary"),
    );
    sample(Kind::Wiremock, "YAML", text)
}

/// What lies beside the samples.
pub(crate) fn beside(name: &str) -> Option<Vec<u8>> {
    (name == "__files/unary.json").then(|| unary().to_string().into_bytes())
}

fn har_entry(path: &str, text: &str, content: &Value, timings: &Value) -> Value {
    json!({
        "startedDateTime": "2024-02-12T22:42:48.432Z", "time": 956, "timings": timings, "cache": {},
        "request": {"method": "POST", "url": format!("{HOST}{path}"), "httpVersion": "HTTP/1.1", "headers": [
            {"name": "content-type", "value": "application/json"}],
            "postData": {"mimeType": "application/json", "params": [], "text": asked(text).to_string()}},
        "response": {"status": 200, "statusText": "OK", "headers": [
            {"name": "Content-Type", "value": content["mimeType"]}], "content": content},
    })
}

fn har() -> Sample {
    let stream = json!({"mimeType": "application/vnd.amazon.eventstream", "encoding": "base64", "text": b64(&stream())});
    let unary = json!({"mimeType": "application/json", "text": unary().to_string()});
    let timings = json!({"blocked": 1.5, "dns": -1, "connect": 8, "ssl": 5, "send": 0.5, "wait": 90, "receive": 250.25});
    let all = json!({"log": {"version": "1.2", "entries": [
        har_entry(STREAM_PATH, "stream", &stream, &timings),
        har_entry(UNARY_PATH, "unary", &unary, &timings),
    ]}});
    Sample { times: (100, 350), ..sample(Kind::Har, "a browser's", all.to_string()) }
}

fn polly() -> Sample {
    let pieces: Vec<String> = frames().iter().map(|frame| b64(frame)).collect();
    let stream = json!({"mimeType": "application/vnd.amazon.eventstream", "encoding": "base64",
        "text": json!(pieces).to_string()});
    let unary = json!({"mimeType": "application/json", "_isBinary": true,
        "text": json!([hex(&packed(unary().to_string().as_bytes()))]).to_string()});
    let timings =
        json!({"blocked": -1, "connect": -1, "dns": -1, "receive": 0, "send": 0, "ssl": -1, "wait": 956});
    let all = json!({"log": {"_recordingName": "A suite/a test", "creator": {"name": "Polly.JS"}, "version": "1.2",
    "entries": [
        har_entry(STREAM_PATH, "stream", &stream, &timings),
        har_entry(UNARY_PATH, "unary", &unary, &timings),
    ]}});
    Sample { times: (956, 956), ..sample(Kind::Har, "Polly's", all.to_string()) }
}

fn httpmock() -> Sample {
    let text = format!(
        "\
when:
  path: {STREAM_PATH}
  method: POST
  header:
  - name: content-type
    value: application/json
  body: '{}'
then:
  status: 200
  header:
  - name: content-type
    value: application/vnd.amazon.eventstream
  body: {}
  body_encoding: base64
---
when:
  path: {UNARY_PATH}
  method: POST
  body: '{}'
then:
  status: 200
  header:
  - name: content-type
    value: application/json
  body: '{}'
",
        asked("stream"),
        b64(&stream()),
        asked("unary"),
        unary(),
    );
    sample(Kind::Httpmock, "YAML", text)
}

/// The kinds that hold one exchange a file: a stream, then a unary answer.
pub(crate) fn singles() -> [(Kind, &'static str, Vec<u8>, bool); 5] {
    let ddapm = |path: &str, text: &str, kind: &str, body: String| {
        json!({"request": {"method": "POST", "url": format!("{HOST}{path}"), "headers": {}, "body": asked(text).to_string()},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": {"Content-Type": kind}, "body": body}})
    };
    let events = "application/vnd.amazon.eventstream";
    let chunks: Vec<Value> = frames().iter().map(|frame| json!({"b64": b64(frame)})).collect();
    let request = |path: &str, text: &str| {
        json!({"method": "POST", "url": format!("{HOST}{path}"), "headers": {"host": ["x"]},
            "canonical_json": asked(text), "body": {"b64": b64(asked(text).to_string().as_bytes())}})
    };
    let fixture = json!({"captured_at": "2025-11-16T18:54:39.325856Z", "chunks": chunks,
        "provider": "amazon_bedrock", "request": request(STREAM_PATH, "stream"),
        "response": {"body": null, "headers": {"content-type": events}, "status": 200}});
    let plain = json!({"request": request(UNARY_PATH, "unary"),
        "response": {"body": unary(), "headers": {"content-type": ["application/json"]}, "status": 200}});
    [
        (
            Kind::Ddapm,
            "a stream",
            ddapm(STREAM_PATH, "stream", events, format!("base64:{}", b64(&stream()))).to_string().into(),
            true,
        ),
        (
            Kind::Ddapm,
            "a body",
            ddapm(UNARY_PATH, "unary", "application/json", unary().to_string()).to_string().into(),
            false,
        ),
        (Kind::ReqLlm, "chunks", fixture.to_string().into(), true),
        (Kind::ReqLlm, "a body", plain.to_string().into(), false),
        (Kind::Es, "bytes", stream(), true),
    ]
}
