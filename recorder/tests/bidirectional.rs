//! InvokeModelWithBidirectionalStream through the recorder: the official SDK on one side, and on the other an upstream that
//! checks the signature of every event by the published rules, with no code of AWS.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::error::{
    InvokeModelWithBidirectionalStreamInputError, InvokeModelWithBidirectionalStreamOutputError,
};
use aws_sdk_bedrockruntime::types::{
    BidirectionalInputPayloadPart, InvokeModelWithBidirectionalStreamInput as Input,
    InvokeModelWithBidirectionalStreamOutput as Output,
};
use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder, read_message_from, write_message_to};
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use common::{Folder, SECRET, guarded, keys, soon, start, to};
use faultline_mock_bedrock::{Arrival, Coming, Live, Options, Part, RawBody, RawRequest, Reply, Responder};
use faultline_recorder::redact::Redactor;
use faultline_recorder::store::Store;
use faultline_recorder::{Mode, Recorder, Settings, Tally};
use faultline_scenarios::Book;
use faultline_scenarios::exchange::{Decision, Exchange, Verdict};
use faultline_scenarios::file::Provenance;
use faultline_scenarios::plan::{Ending, Head, Label};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;

type Receiver = EventReceiver<Output, InvokeModelWithBidirectionalStreamOutputError>;

/// Answers each event with what was in it, or with why its signature is wrong.
struct Echo;

impl Responder for Echo {
    fn respond(&self, arrival: Arrival) -> Reply {
        let (to, coming) = mpsc::channel(8);
        tokio::spawn(echo(arrival.raw, to));
        let verdict = Verdict::Forwarded { kept: false };
        let decision = Decision { verdict, faults: Vec::new(), seed: 0, call: 0 };
        Reply::Live(Live { decision, coming, bare: false })
    }

    fn takes_anything(&self) -> bool {
        true
    }

    fn reset(&self, _: Option<&str>) {}

    fn scenarios(&self) -> Value {
        Value::Null
    }

    fn verify(&self, _: &[Arc<Exchange>]) -> Value {
        Value::Null
    }
}

async fn echo(raw: RawRequest, to: mpsc::Sender<Coming>) {
    let mut chain = Chain::of(&raw);
    let RawBody::Open(mut open) = raw.body else { panic!("no open body") };
    let mut body = open.take().unwrap();
    let head = Head::new(200, "application/vnd.amazon.eventstream");
    to.send(Coming::Head(Duration::ZERO, head)).await.unwrap();
    let (mut decoder, mut buffer) = (MessageFrameDecoder::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        buffer.extend_from_slice(&frame.unwrap().into_data().unwrap_or_default());
        while let DecodedFrame::Complete(message) = decoder.decode_frame(&mut buffer).unwrap() {
            let answer = chain.check(&message).map(|()| said(&message)).unwrap_or_else(|why| why);
            let part = Part { label: label(), bytes: chunk(&answer) };
            to.send(Coming::Data(Duration::ZERO, vec![part])).await.unwrap();
        }
    }
    to.send(Coming::End(Duration::ZERO, Ending::Complete, Vec::new())).await.unwrap();
}

fn label() -> Label {
    Label { event: "chunk".into(), index: None, gist: "".into() }
}

/// What stands in a signed event; the empty one ends the body.
fn said(message: &Message) -> String {
    if message.payload().is_empty() {
        return "the end, signed".to_owned();
    }
    let inner = read_message_from(message.payload().clone()).unwrap();
    let payload: Value = serde_json::from_slice(inner.payload()).unwrap();
    let bytes = BASE64.decode(payload["bytes"].as_str().unwrap()).unwrap();
    format!("heard {}", String::from_utf8(bytes).unwrap())
}

fn chunk(text: &str) -> Bytes {
    let payload = json!({ "bytes": BASE64.encode(text) }).to_string();
    let header =
        |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let message = Message::new(payload)
        .add_header(header(":event-type", "chunk"))
        .add_header(header(":content-type", "application/json"))
        .add_header(header(":message-type", "event"));
    let mut out = Vec::new();
    write_message_to(&message, &mut out).unwrap();
    out.into()
}

/// Signatures of events: each is over the one before it ("Signature calculations for event streams").
struct Chain {
    key: [u8; 32],
    scope: String,
    last: String,
}

impl Chain {
    fn of(raw: &RawRequest) -> Self {
        let header = |name: &str| raw.headers.get(name).unwrap().to_str().unwrap();
        assert_eq!(header("x-amz-content-sha256"), "STREAMING-AWS4-HMAC-SHA256-EVENTS");
        let authorization = header("authorization");
        let part = |name: &str| authorization.split(name).nth(1).unwrap().split([',', ' ']).next().unwrap();
        let scope = part("Credential=").split_once('/').unwrap().1.to_owned();
        let first = format!("AWS4{SECRET}").into_bytes();
        let key = scope.split('/').fold(first, |key, part| hmac(&key, part.as_bytes()).to_vec());
        Self { key: key.try_into().unwrap(), scope, last: part("Signature=").to_owned() }
    }

    fn check(&mut self, message: &Message) -> Result<(), String> {
        let named = |name: &str| message.headers().iter().find(|header| header.name().as_str() == name);
        let (Some(date), Some(signature)) = (named(":date"), named(":chunk-signature")) else {
            return Err("unsigned".to_owned());
        };
        let millis = date.value().as_timestamp().unwrap().to_millis().unwrap();
        // One header is signed, in its wire form: name, type 8 (timestamp), eight bytes.
        let mut headers = vec![5];
        headers.extend_from_slice(b":date\x08");
        headers.extend_from_slice(&millis.to_be_bytes());
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}",
            basic(millis / 1000),
            self.scope,
            self.last,
            hex(&Sha256::digest(&headers)),
            hex(&Sha256::digest(message.payload())),
        );
        let expected = hmac(&self.key, text.as_bytes());
        let came = signature.value().as_byte_array().unwrap();
        self.last = hex(came);
        if came.as_ref() == expected { Ok(()) } else { Err(format!("wrong signature over {text}")) }
    }
}

/// `20261127T223418Z`.
fn basic(seconds: i64) -> String {
    let text = aws_smithy_types::DateTime::from_secs(seconds);
    let text = text.fmt(aws_smithy_types::date_time::Format::DateTime).unwrap();
    text.replace(['-', ':'], "")
}

/// RFC 2104.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The official SDK, with keys of its own that the upstream does not know.
fn client(url: &str, ca: &[u8]) -> Client {
    let trust = TrustStore::empty().with_pem_certificate(ca.to_vec());
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .tls_context(TlsContext::builder().with_trust_store(trust).build().unwrap())
        .build_https();
    let config = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("dummy", "dummy", None, None, "test"))
        .http_client(http)
        .endpoint_url(url);
    Client::from_conf(config.build())
}

fn event(text: &str) -> Input {
    Input::Chunk(BidirectionalInputPayloadPart::builder().bytes(Blob::new(text)).build())
}

async fn heard(receiver: &mut Receiver) -> Option<String> {
    let part = soon("an event", receiver.recv()).await.unwrap()?;
    let bytes = part.as_chunk().unwrap().bytes().unwrap();
    Some(String::from_utf8(bytes.as_ref().to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_both_ways_at_once_each_signed_anew_and_the_answer_is_kept() {
    let upstream = guarded(Arc::new(Echo)).await;
    let folder = Folder::new("bidirectional");
    let store = Store::open(folder.path(), Arc::new(|_| ())).unwrap();
    let settings = Settings {
        mode: Mode::Record,
        book: Book::new(Vec::new()),
        files: Vec::new(),
        upstream: Some(to(&upstream, keys())),
        store: Some(Arc::new(store)),
        redactor: Arc::new(Redactor::default()),
        from: Provenance::default(),
        clock: Arc::new(SystemTime::now),
    };
    let recorder = Arc::new(Recorder::new(settings).unwrap());
    let server = start(Options { tls: true, ..Options::default() }, recorder.clone()).await;
    let client = client(&server.https_url(), server.ca_pem().unwrap());

    let (input, events) = mpsc::channel(4);
    let answer = client
        .invoke_model_with_bidirectional_stream()
        .model_id("amazon.nova-sonic-v1:0")
        .body(Events(events).into());
    let mut receiver = soon("an answer", answer.send()).await.unwrap().body;
    // An answer to each event comes before the next one is sent.
    for text in ["one", "two", "three"] {
        input.send(event(text)).await.unwrap();
        assert_eq!(heard(&mut receiver).await.as_deref(), Some(&*format!("heard {text}")));
    }
    drop(input);
    assert_eq!(heard(&mut receiver).await.as_deref(), Some("the end, signed"));
    assert_eq!(heard(&mut receiver).await, None);
    soon("the end", recorder.settled()).await;
    assert_eq!(recorder.tally(), Tally { kept: 1, ..Tally::default() });
    let files = folder.files();
    let kept = &files.iter().find(|(path, _)| path.extension().unwrap_or_default() == "yaml").unwrap().1;
    assert_eq!(kept.matches("event: chunk").count(), 4, "{kept}");
    assert!(kept.contains("operation: InvokeModelWithBidirectionalStream"), "{kept}");
}

/// What is sent, as a stream.
struct Events(mpsc::Receiver<Input>);

impl futures_core::Stream for Events {
    type Item = Result<Input, InvokeModelWithBidirectionalStreamInputError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}
