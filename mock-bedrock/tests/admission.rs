//! What goes wrong with connections, seen as raw bytes: each admission over HTTP/1.1, HTTP/2 and TLS where it applies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use common::{Fixed, bytes, h1, h2raw, soon, stream, tls};
use faultline_mock_bedrock::{MockBedrock, Options, StartError};
use faultline_scenarios::piece;
use faultline_scenarios::plan::{Ending, Plan};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATH: &str = "/model/m/converse-stream";

/// Where setting 3 and 4 are named (RFC 9113, section 6.5.2).
const MAX_STREAMS: u16 = 3;
const INITIAL_WINDOW: u16 = 4;

/// The frame type PING.
const PING: u8 = 6;

fn short() -> Plan {
    stream(&[(0, bytes(100, 1), false)], 0, Ending::Complete)
}

/// A server with TLS and these admissions.
async fn with(admission: &str, brain: Arc<Fixed>) -> MockBedrock {
    let admission = piece::admissions("admission", admission).unwrap();
    let options = Options { admission, tls: true, ..Options::default() };
    MockBedrock::start(options, brain).await.unwrap()
}

async fn serving(admission: &str) -> MockBedrock {
    with(admission, Fixed::one(short())).await
}

/// What was done, as `connection: what (client)`.
fn events(server: &MockBedrock) -> Vec<String> {
    let told =
        |client: &Option<String>| client.as_ref().map(|client| format!(" ({client})")).unwrap_or_default();
    let events = server.connections();
    events
        .iter()
        .map(|event| format!("{}: {}{}", event.connection, event.kind, told(&event.client)))
        .collect()
}

/// The frames that a server begins with, up to its answer to a second PING: the first may overtake what is due.
async fn greeting(server: &MockBedrock) -> (h2raw::Client<TcpStream>, Vec<h2raw::Frame>) {
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    let mut frames = Vec::new();
    for _ in 0..2 {
        client.send(&h2raw::frame(PING, 0, 0, &[7; 8])).await;
        while frames.last().is_none_or(|frame: &h2raw::Frame| frame.kind != PING) {
            frames.push(soon("the settings", client.next()).await.unwrap());
        }
        frames.pop();
    }
    (client, frames)
}

/// Whether the window of the whole connection is made larger than HTTP/2's 65,535 bytes.
fn raises_window(frames: &[h2raw::Frame]) -> bool {
    frames.iter().any(|frame| frame.kind == h2raw::WINDOW_UPDATE && frame.stream == 0)
}

fn setting(frames: &[h2raw::Frame], id: u16) -> Option<u32> {
    let settings = frames.iter().find(|frame| frame.kind == h2raw::SETTINGS).unwrap();
    let pair = settings.payload.chunks(6).find(|pair| pair[..2] == id.to_be_bytes())?;
    Some(u32::from_be_bytes(pair[2..].try_into().unwrap()))
}

/// What a read gives: bytes, FIN as 0, an error.
async fn read<S: AsyncRead + Unpin>(io: &mut S) -> std::io::Result<usize> {
    soon("a read", io.read(&mut [0; 64])).await
}

async fn secure(server: &MockBedrock, alpn: &str) -> tokio_rustls::client::TlsStream<TcpStream> {
    tls::connect(server.addr(), server.ca_pem().unwrap(), "localhost", &[alpn]).await
}

#[tokio::test]
async fn refuse_is_a_reset_at_once() {
    let server = serving("{do: refuse, connection: 2, times: 2}").await;
    assert_eq!(h1::post(server.addr(), PATH).await.end, h1::End::Whole);
    for _ in 0..2 {
        let mut io = TcpStream::connect(server.addr()).await.unwrap();
        assert_eq!(read(&mut io).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    assert_eq!(h1::post(server.addr(), PATH).await.end, h1::End::Whole);
    assert_eq!(events(&server), ["2: refuse", "3: refuse"]);
    assert_eq!((server.connection_count(), server.exchanges().len()), (4, 2));
}

#[tokio::test]
async fn slow_accept_answers_nothing_for_its_time_and_then_all_is_well() {
    let server = serving("{do: {slow_accept: 200ms}}").await;
    let slow = Duration::from_millis(200);
    let began = Instant::now();
    assert_eq!(h1::post(server.addr(), PATH).await.end, h1::End::Whole);
    assert!(began.elapsed() >= slow, "HTTP/1.1");
    let began = Instant::now();
    let (mut client, _) = greeting(&server).await;
    assert!(began.elapsed() >= slow, "HTTP/2 settings");
    client.send(&h2raw::post(1, PATH)).await;
    let ended = |frame: &h2raw::Frame| frame.stream == 1 && frame.flags & h2raw::END_STREAM != 0;
    assert_eq!(
        soon("the answer", client.until(|frame| frame.kind == h2raw::DATA && ended(frame))).await.1,
        None
    );
    let began = Instant::now();
    let mut io = secure(&server, "http/1.1").await;
    assert!(began.elapsed() >= slow, "the TLS handshake");
    assert_eq!(h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await.end, h1::End::Whole);
    assert_eq!(events(&server), ["1: slow_accept 200ms", "2: slow_accept 200ms", "3: slow_accept 200ms"]);
}

#[tokio::test]
async fn close_idle_is_a_fin_behind_a_whole_answer() {
    let server = serving("{do: close_idle}").await;
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    let answer = h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await;
    assert_eq!((answer.end, answer.body()), (h1::End::Whole, bytes(100, 1)));
    assert_eq!(answer.header("connection"), None, "the client is not warned");
    assert_eq!(read(&mut io).await.unwrap(), 0, "FIN");
    let mut io = secure(&server, "http/1.1").await;
    assert_eq!(h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await.end, h1::End::Whole);
    assert_eq!(read(&mut io).await.unwrap(), 0, "close_notify, then FIN");
    assert_eq!(events(&server), ["1: close_idle", "2: close_idle"]);
}

/// The frames of one POST, and how the connection ended behind them.
async fn over_h2(server: &MockBedrock) -> (Vec<h2raw::Frame>, Option<h2raw::End>) {
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    client.send(&h2raw::post(1, PATH)).await;
    soon("the end", client.until(|_| false)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn close_idle_over_http2_is_a_fin_behind_a_whole_stream() {
    let server = serving("{do: close_idle}").await;
    for run in 0..100 {
        let (frames, end) = over_h2(&server).await;
        assert_eq!((end, h2raw::data(&frames, 1)), (Some(h2raw::End::Fin), bytes(100, 1)), "run {run}");
        assert!(h2raw::ended(&frames, 1), "run {run}");
        assert!(frames.iter().all(|frame| frame.kind != h2raw::GOAWAY));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goaway_idle_is_goaway_no_error_and_a_fin_behind_a_whole_stream() {
    let server = serving("{do: goaway_idle}").await;
    for run in 0..100 {
        let (frames, end) = over_h2(&server).await;
        assert_eq!((end, h2raw::data(&frames, 1)), (Some(h2raw::End::Fin), bytes(100, 1)), "run {run}");
        assert!(h2raw::ended(&frames, 1), "run {run}");
        let last = frames.last().unwrap();
        assert_eq!((last.kind, &last.payload[..]), (h2raw::GOAWAY, &[0, 0, 0, 1, 0, 0, 0, 0][..]));
    }
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    let answer = h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await;
    assert_eq!((answer.end, answer.header("connection")), (h1::End::Whole, None));
    assert_eq!(read(&mut io).await.unwrap(), 0, "HTTP/1.1 has no GOAWAY");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_close_waits_for_the_clients_window() {
    let large = stream(&[(0, bytes(5000, 1), false)], 0, Ending::Complete);
    let server = with("{do: close_idle}", Fixed::one(large)).await;
    let mut client = h2raw::Client::connect(server.addr(), 1000).await;
    client.send(&h2raw::post(1, PATH)).await;
    let mut frames = Vec::new();
    while h2raw::data(&frames, 1).len() < 5000 {
        let (more, end) = soon("DATA", client.until(|frame| frame.kind == h2raw::DATA)).await;
        assert_eq!(end, None, "after {} bytes", h2raw::data(&frames, 1).len());
        frames.extend(more);
        client.send(&h2raw::frame(h2raw::WINDOW_UPDATE, 0, 1, &1000u32.to_be_bytes())).await;
    }
    let (more, end) = soon("the end", client.until(|_| false)).await;
    frames.extend(more);
    assert_eq!((end, h2raw::ended(&frames, 1)), (Some(h2raw::End::Fin), true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_close_waits_for_every_stream_and_not_for_cancelled_ones() {
    let server = with(
        "{do: goaway_idle}",
        Fixed::many([
            ("m", short()),
            ("slow", stream(&[(150, bytes(300, 2), false)], 150, Ending::Complete)),
            ("stalled", stream(&[], 0, Ending::Stall)),
        ]),
    )
    .await;
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    for (stream, path) in
        [(1, "/model/stalled/converse-stream"), (3, "/model/slow/converse-stream"), (5, PATH)]
    {
        client.send(&h2raw::post(stream, path)).await;
    }
    let fast = |frame: &h2raw::Frame| frame.stream == 5 && frame.kind == h2raw::DATA && frame.flags & 1 == 1;
    let (mut frames, end) = soon("the fast stream", client.until(fast)).await;
    assert_eq!(end, None);
    client.send(&h2raw::frame(h2raw::RST_STREAM, 0, 1, &8u32.to_be_bytes())).await;
    let (more, end) = soon("the end", client.until(|_| false)).await;
    frames.extend(more);
    assert_eq!((end, h2raw::data(&frames, 3)), (Some(h2raw::End::Fin), bytes(300, 2)));
    assert_eq!(frames.last().unwrap().payload, [0, 0, 0, 5, 0, 0, 0, 0], "GOAWAY covers the newest stream");
}

#[tokio::test]
async fn max_streams_is_advertised_and_held_to() {
    let stall = stream(&[], 0, Ending::Stall);
    let server = with("{do: {max_streams: 1}, connection: 1}", Fixed::one(stall)).await;
    let (mut client, frames) = greeting(&server).await;
    assert_eq!(setting(&frames, MAX_STREAMS), Some(1));
    client.send(&h2raw::post(1, PATH)).await;
    client.send(&h2raw::post(3, PATH)).await;
    let refused = |frame: &h2raw::Frame| frame.kind == h2raw::RST_STREAM;
    let (frames, _) = soon("RST_STREAM", client.until(refused)).await;
    let last = frames.last().unwrap();
    assert_eq!((last.stream, &last.payload[..]), (3, &7u32.to_be_bytes()[..]), "REFUSED_STREAM");
    let (_, frames) = greeting(&server).await;
    assert_eq!(setting(&frames, MAX_STREAMS), Some(4096), "the next connection is as usual");
    assert_eq!(events(&server), ["1: max_streams 1"]);
}

#[tokio::test]
async fn a_window_is_advertised_and_held_to() {
    let server = serving("{do: {window: 10}, connection: 1}").await;
    let (mut client, frames) = greeting(&server).await;
    assert_eq!(setting(&frames, INITIAL_WINDOW), Some(10));
    assert!(!raises_window(&frames), "the connection's is not raised");
    client.send(&h2raw::frame(h2raw::SETTINGS, 1, 0, &[])).await;
    let headers = |stream| h2raw::post(stream, PATH)[..h2raw::post(stream, PATH).len() - 11].to_vec();
    client.send(&headers(1)).await;
    client.send(&h2raw::frame(h2raw::DATA, 0, 1, &[b' '; 10])).await;
    let more = |frame: &h2raw::Frame| frame.kind == h2raw::WINDOW_UPDATE && frame.stream == 1;
    let (frames, _) = soon("WINDOW_UPDATE", client.until(more)).await;
    let raised = u32::from_be_bytes(frames.last().unwrap().payload[..].try_into().unwrap());
    assert!((1..=10).contains(&raised), "{raised}");
    client.send(&h2raw::frame(h2raw::DATA, h2raw::END_STREAM, 1, b"{}")).await;
    let over = |frame: &h2raw::Frame| frame.kind == h2raw::DATA && frame.flags & h2raw::END_STREAM != 0;
    assert_eq!(soon("the answer", client.until(over)).await.1, None);
    client.send(&headers(3)).await;
    client.send(&h2raw::frame(h2raw::DATA, 0, 3, &[b' '; 11])).await;
    let broken = |frame: &h2raw::Frame| matches!(frame.kind, h2raw::RST_STREAM | h2raw::GOAWAY);
    let (frames, _) = soon("an error", client.until(broken)).await;
    let code = &frames.last().unwrap().payload;
    assert_eq!(code[code.len() - 4..], 3u32.to_be_bytes(), "FLOW_CONTROL_ERROR for the 11th byte");
    let (_, frames) = greeting(&server).await;
    assert_ne!(setting(&frames, INITIAL_WINDOW), Some(10), "the next connection is as usual");
    assert!(raises_window(&frames));
    assert_eq!(events(&server), ["1: window 10"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_request_gets_through_a_small_window() {
    let server = serving("{do: {window: 1000}}").await;
    let body = format!("{{\"messages\": \"{}\"}}", "x".repeat(200_000));
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    let (client, connection) = h2::client::handshake(tcp).await.unwrap();
    let driver = tokio::spawn(connection);
    let request = http::Request::post(format!("http://x{PATH}")).body(()).unwrap();
    let (answer, mut upload) = client.ready().await.unwrap().send_request(request, false).unwrap();
    let mut largest = 0;
    let mut rest = bytes::Bytes::from(body.clone());
    while !rest.is_empty() {
        upload.reserve_capacity(rest.len());
        let room = soon("room", std::future::poll_fn(|cx| upload.poll_capacity(cx))).await.unwrap().unwrap();
        // The first bytes may go out before the settings are read.
        largest = if rest.len() == body.len() { 0 } else { largest.max(room) };
        upload.send_data(rest.split_to(room), rest.is_empty()).unwrap();
    }
    upload.send_data(bytes::Bytes::new(), true).ok();
    assert_eq!(soon("the answer", answer).await.unwrap().status(), 200);
    assert!(largest <= 1000, "{largest}");
    driver.abort();
    // The kernel's window shrinks slowly, and then every piece waits for a timer: a small request must do.
    let body = format!("{{\"messages\": \"{}\"}}", "x".repeat(50_000));
    let answer = soon("HTTP/1.1", h1::send(server.addr(), &h1::request(PATH, "", &body))).await;
    assert_eq!(answer.end, h1::End::Whole);
}

#[tokio::test]
async fn a_black_hole_is_silent_and_notes_when_the_client_leaves() {
    let server = serving("{do: black_hole}").await;
    let request = h1::request(PATH, "", "{}");
    let hello = [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0];
    for first in [request.as_bytes(), &h2raw::opening(1000), &hello] {
        let mut io = TcpStream::connect(server.addr()).await.unwrap();
        io.write_all(first).await.unwrap();
        let silence = tokio::time::timeout(Duration::from_millis(150), io.read(&mut [0; 64])).await;
        assert!(silence.is_err(), "{silence:?}");
        io.shutdown().await.unwrap();
        assert_eq!(read(&mut io).await.unwrap(), 0, "it closes when the client has");
    }
    let left =
        |number| [format!("{number}: black_hole"), format!("{number}: black_hole (closed the connection)")];
    assert_eq!(events(&server), [left(1), left(2), left(3)].concat());
    assert!(server.exchanges().is_empty());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_black_hole_or_a_slow_accept() {
    let server = serving("[{do: black_hole, connection: 1}, {do: {slow_accept: 1m}, connection: 2}]").await;
    let silent = TcpStream::connect(server.addr()).await.unwrap();
    let slow = TcpStream::connect(server.addr()).await.unwrap();
    while events(&server).len() < 2 {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Options::default().grace, "{:?}", began.elapsed());
    drop((silent, slow));
}

#[tokio::test]
async fn an_unknown_ca_is_refused_by_clients_that_look() {
    let server = serving("{do: unknown_ca, connection: 1, times: 2}").await;
    let error = shake(&server, trusting(server.ca_pem().unwrap())).await.err().unwrap();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    let mut io = shake(&server, trusting_anybody()).await.unwrap();
    assert_eq!(h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await.end, h1::End::Whole);
    let mut io = shake(&server, trusting(server.ca_pem().unwrap())).await.unwrap();
    assert_eq!(h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await.end, h1::End::Whole);
    let events = events(&server);
    assert!(events[0].starts_with("1: unknown_ca (received fatal alert: "), "{events:?}");
    assert_eq!(events[1..], ["2: unknown_ca (went on all the same)"]);
}

#[tokio::test]
async fn an_unknown_ca_needs_tls_and_leaves_plain_connections_alone() {
    let admission = piece::admissions("admission", "{do: unknown_ca}").unwrap();
    let options = Options { admission, ..Options::default() };
    let error = MockBedrock::start(options, Fixed::one(short())).await.err().unwrap();
    assert!(matches!(error, StartError::NeedsTls), "{error}");
    let server = serving("{do: unknown_ca}").await;
    assert_eq!(h1::post(server.addr(), PATH).await.end, h1::End::Whole);
    assert_eq!(events(&server), [""; 0]);
}

type Shaken = std::io::Result<tokio_rustls::client::TlsStream<TcpStream>>;

async fn shake(server: &MockBedrock, config: rustls::ClientConfig) -> Shaken {
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    soon("the handshake", tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp)).await
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn config() -> rustls::ConfigBuilder<rustls::ClientConfig, rustls::WantsVerifier> {
    rustls::ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap()
}

fn trusting(ca_pem: &[u8]) -> rustls::ClientConfig {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(ca_pem).unwrap()).unwrap();
    config().with_root_certificates(roots).with_no_client_auth()
}

fn trusting_anybody() -> rustls::ClientConfig {
    config().dangerous().with_custom_certificate_verifier(Arc::new(Careless)).with_no_client_auth()
}

/// A client that does not look at certificates.
#[derive(Debug)]
struct Careless;

mod careless {
    use super::{Careless, provider};
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};

    type Signature = Result<HandshakeSignatureValid, Error>;

    impl ServerCertVerifier for Careless {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Signature {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Signature {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            provider().signature_verification_algorithms.supported_schemes()
        }
    }
}

#[tokio::test]
async fn several_admissions_strike_one_connection() {
    let server = serving("[{do: {slow_accept: 50ms}}, {do: {slow_accept: 100ms}}, {do: refuse}]").await;
    let began = Instant::now();
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    assert_eq!(read(&mut io).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(began.elapsed() >= Duration::from_millis(150));
    assert_eq!(events(&server), ["1: slow_accept 150ms", "1: refuse"]);
}

#[tokio::test]
async fn without_admissions_connections_are_kept_and_nothing_is_noted() {
    let server = serving("[]").await;
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await.end, h1::End::Whole);
    }
    assert_eq!((events(&server).len(), server.connection_count()), (0, 1));
}
