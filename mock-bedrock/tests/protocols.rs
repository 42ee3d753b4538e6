//! Every protocol on one port, and what clients do on them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod common;

use common::{Fixed, bytes, h1, h2raw, plan, soon, start, stream, tls};
use faultline_mock_bedrock::{MockBedrock, Options};
use faultline_scenarios::plan::{Ending, Head};
use faultline_scenarios::timeline::Outcome;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATH: &str = "/model/m/converse-stream";
const BIDIRECTIONAL: &str = "/model/m/invoke-with-bidirectional-stream";

fn short() -> faultline_scenarios::Plan {
    stream(&[(0, bytes(100, 1), false), (0, bytes(50, 2), false)], 0, Ending::Complete)
}

#[tokio::test]
async fn one_port_speaks_http1_http2_and_tls_with_both() {
    let options = Options { tls: true, ..Options::default() };
    let server = MockBedrock::start(options, Fixed::one(short())).await.unwrap();
    let (address, body) = (server.addr(), short().body());
    let ca = server.ca_pem().unwrap();

    assert_eq!(h1::post(address, PATH).await.body(), body);

    let mut plain = h2raw::Client::connect(address, 1 << 20).await;
    let over = |frame: &h2raw::Frame| frame.stream == 1 && frame.flags & h2raw::END_STREAM != 0;
    plain.send(&h2raw::post(1, PATH)).await;
    let (frames, _) = soon("h2c", plain.until(over)).await;
    assert_eq!(h2raw::data(&frames, 1), body);

    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut io = tls::connect(address, ca, name, &["http/1.1"]).await;
        let answer = h1::exchange(&mut io, &h1::request(PATH, "", "{}")).await;
        assert_eq!(answer.body(), body, "{name}");
    }

    // With ALPN, and without it: the preface tells.
    for alpn in [&["h2", "http/1.1"][..], &[]] {
        let io = tls::connect(address, ca, "localhost", alpn).await;
        assert_eq!(io.get_ref().1.alpn_protocol(), alpn.first().map(|name| name.as_bytes()));
        let mut client = h2raw::Client::over(io, 1 << 20).await;
        client.send(&h2raw::post(1, PATH)).await;
        let (frames, _) = soon("h2 over TLS", client.until(over)).await;
        assert_eq!(h2raw::data(&frames, 1), body);
    }
    let protocols: Vec<_> = server.exchanges().iter().map(|exchange| exchange.protocol).collect();
    assert_eq!(
        protocols,
        ["HTTP/1.1", "HTTP/2.0", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/2.0", "HTTP/2.0"]
    );
}

#[tokio::test]
async fn endings_over_tls_are_exact_too() {
    let plans = [
        ("cut", stream(&[(0, bytes(40_000, 1), false)], 0, Ending::Cut)),
        ("reset", stream(&[(0, bytes(40_000, 1), false)], 0, Ending::Reset)),
    ];
    let options = Options { tls: true, ..Options::default() };
    let server = MockBedrock::start(options, Fixed::many(plans)).await.unwrap();
    for (model, end) in [("cut", h1::End::Fin), ("reset", h1::End::Rst)] {
        let mut io = tls::connect(server.addr(), server.ca_pem().unwrap(), "localhost", &[]).await;
        let text = h1::request(&format!("/model/{model}/converse-stream"), "", "{}");
        let answer = soon(model, h1::exchange(&mut io, &text)).await;
        assert_eq!((answer.end, answer.chunks.concat()), (end, bytes(40_000, 1)));
    }
}

#[tokio::test]
async fn a_unary_answer_has_a_content_length_and_an_event_stream_is_chunked() {
    let unary =
        |ending| plan(Head::new(200, "application/json"), 0, &[(0, b"{\"a\":1}".to_vec(), false)], 0, ending);
    let plans = [("u", unary(Ending::Complete)), ("c", unary(Ending::Cut)), ("m", short())];
    let server = start(Fixed::many(plans)).await;
    let answer = h1::post(server.addr(), "/model/u/converse").await;
    assert_eq!((answer.header("content-length"), answer.header("transfer-encoding")), (Some("7"), None));
    assert_eq!(answer.body(), b"{\"a\":1}");
    let answer = h1::post(server.addr(), "/model/c/converse").await;
    assert_eq!((answer.header("content-length"), answer.end), (None, h1::End::Fin));
    let answer = h1::post(server.addr(), PATH).await;
    assert_eq!(
        (answer.header("content-length"), answer.header("transfer-encoding")),
        (None, Some("chunked"))
    );
    assert!(answer.header("date").is_some());
    let id = answer.header("x-amzn-requestid").unwrap();
    assert_eq!(server.exchanges()[2].request_id, id);
}

#[tokio::test]
async fn a_whole_stream_without_waiting_is_one_chunk() {
    let server = start(Fixed::one(short())).await;
    assert_eq!(h1::post(server.addr(), PATH).await.chunks.len(), 1);
}

#[tokio::test]
async fn the_head_goes_out_before_a_late_body() {
    let server = start(Fixed::one(stream(&[(60_000, vec![1], false)], 60_000, Ending::Complete))).await;
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    io.write_all(h1::request(PATH, "", "{}").as_bytes()).await.unwrap();
    let mut first = [0; 15];
    soon("the head", io.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    client.send(&h2raw::post(1, PATH)).await;
    soon("HEADERS", client.until(|frame| frame.kind == h2raw::HEADERS)).await;
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_within_a_second() {
    let stalled = || stream(&[(0, vec![1], false)], 0, Ending::Stall);
    let waiting = || stream(&[(0, vec![1], false), (60_000, vec![2], false)], 60_000, Ending::Complete);
    let silent = || plan(Head::new(200, "application/json"), 60_000, &[], 60_000, Ending::Complete);
    for plan in [stalled(), waiting(), silent()] {
        let done = plan.actions().iter().filter(|action| action.at.is_zero()).count();
        let responder = Fixed::one(plan);
        let server = start(std::sync::Arc::clone(&responder)).await;
        let sent_at_once = done > 0;

        let mut io = TcpStream::connect(server.addr()).await.unwrap();
        io.write_all(h1::request(PATH, "", "{}").as_bytes()).await.unwrap();
        responder.asked.notified().await;
        if sent_at_once {
            io.read_u8().await.unwrap();
        }
        drop(io);
        left(&server, 1, done).await;

        let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
        client.send(&h2raw::post(1, PATH)).await;
        responder.asked.notified().await;
        if sent_at_once {
            client.until(|frame| frame.kind == h2raw::DATA).await;
        }
        client.send(&h2raw::frame(h2raw::RST_STREAM, 0, 1, &8u32.to_be_bytes())).await;
        left(&server, 2, done).await;

        // The connection is still good: another stream, and now GOAWAY and close.
        client.send(&h2raw::post(3, PATH)).await;
        responder.asked.notified().await;
        if sent_at_once {
            client.until(|frame| frame.kind == h2raw::DATA && frame.stream == 3).await;
        }
        client.send(&h2raw::frame(h2raw::GOAWAY, 0, 0, &[0; 8])).await;
        drop(client);
        left(&server, 3, done).await;
    }
}

async fn left(server: &MockBedrock, count: usize, done: usize) {
    let noticed = tokio::time::timeout(Duration::from_secs(1), server.wait_for(count)).await;
    let exchanges = noticed.expect("noticed within a second");
    let timeline = &exchanges[count - 1].timeline;
    assert_eq!(timeline.outcome, Outcome::ClientLeft);
    assert!(timeline.done.len() <= done, "{}", timeline.to_text());
}

#[tokio::test]
async fn a_stream_finishes_after_the_clients_goaway() {
    let steps: Vec<_> = (0..10).map(|n| (n * 10, bytes(100, 1), false)).collect();
    let server = start(Fixed::one(stream(&steps, 100, Ending::Complete))).await;
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    client.send(&h2raw::post(1, PATH)).await;
    client.send(&h2raw::frame(h2raw::GOAWAY, 0, 0, &[0; 8])).await;
    let over = |frame: &h2raw::Frame| frame.stream == 1 && frame.flags & h2raw::END_STREAM != 0;
    let (frames, end) = soon("the stream", client.until(over)).await;
    assert_eq!((end, h2raw::data(&frames, 1).len()), (None, 1000));
    assert_eq!(server.exchanges()[0].timeline.outcome, Outcome::Played);
}

#[tokio::test]
async fn a_bidirectional_request_is_answered_before_its_body_ends() {
    let server = start(Fixed::one(short())).await;
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    let head =
        format!("POST {BIDIRECTIONAL} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
    let answer = soon("an answer", h1::exchange(&mut io, &head)).await;
    assert_eq!((answer.body(), answer.end), (short().body(), h1::End::Whole));
    // The rest of the request is read, and the connection serves on.
    io.write_all(b"3\r\nabc\r\n0\r\n\r\n").await.unwrap();
    let next = soon("the next", h1::exchange(&mut io, &h1::request(PATH, "", "{}"))).await;
    assert_eq!(next.end, h1::End::Whole);
}

#[tokio::test]
async fn a_cut_is_a_fin_even_while_the_client_sends() {
    let server = start(Fixed::one(stream(&[(0, vec![7; 10], false)], 30, Ending::Cut))).await;
    let mut io = TcpStream::connect(server.addr()).await.unwrap();
    let head = format!("POST {BIDIRECTIONAL} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    io.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = io.split();
    let sending = async {
        for _ in 0..200 {
            write.write_all(b"400\r\n").await.unwrap();
            write.write_all(&[b'x'; 1024]).await.unwrap();
            write.write_all(b"\r\n").await.unwrap();
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    };
    let (answer, ()) = soon("the cut", async { tokio::join!(h1::receive(&mut read), sending) }).await;
    assert_eq!((answer.end, answer.chunks.concat()), (h1::End::Fin, vec![7; 10]));
}

#[tokio::test]
async fn a_paced_plan_keeps_absolute_time() {
    let steps: Vec<_> = (0..50).map(|n| (n * 4, bytes(20, 1), false)).collect();
    let server = start(Fixed::one(stream(&steps, 200, Ending::Complete))).await;
    let answer = soon("the answer", h1::post(server.addr(), PATH)).await;
    assert_eq!(answer.body().len(), 1000);
    let timeline = &server.exchanges()[0].timeline;
    let mut late: Vec<_> = timeline
        .plan
        .actions()
        .iter()
        .zip(timeline.done.times())
        .map(|(action, at)| at - action.at)
        .collect();
    late.sort();
    // Nothing is early (the subtraction would panic). Summed delays would grow with every step.
    assert!(late[late.len() / 2] < Duration::from_millis(20), "{late:?}");
}
