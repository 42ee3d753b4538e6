//! Answers that come bit by bit, as from an upstream: passed on at once, with their boundaries, and journaled in time.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::{Fixed, bytes, h1, h2raw, plan, soon, start, stream};
use faultline_scenarios::plan::{Ending, Head};
use faultline_scenarios::timeline::Outcome;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

const PATH: &str = "/model/m/converse-stream";

#[tokio::test]
async fn what_comes_together_goes_out_together_and_at_once() {
    let steps = [(0, bytes(9, 1), false), (0, bytes(5, 2), false), (400, bytes(3, 3), false)];
    let server = start(Fixed::live(stream(&steps, 400, Ending::Complete))).await;
    let began = Instant::now();
    let answer = soon("the answer", h1::post(server.addr(), PATH)).await;
    assert_eq!(answer.chunks.iter().map(Vec::len).collect::<Vec<_>>(), [14, 3]);
    assert!(began.elapsed() >= Duration::from_millis(400));
    let exchange = &server.exchanges()[0];
    let labels: Vec<String> =
        exchange.timeline.plan.actions().iter().filter_map(|a| Some(a.label()?.to_string())).collect();
    assert_eq!(labels, ["step0", "step1", "step2"]);
    assert_eq!(exchange.timeline.outcome, Outcome::Played);
}

#[tokio::test]
async fn a_body_of_known_length_is_in_the_journal_before_its_last_byte_is_out() {
    for round in 0..50 {
        let mut head = Head::new(200, "application/json");
        head.set("content-length", "30");
        let steps = [(0, bytes(20, round), false), (1, bytes(10, round), false)];
        let server = start(Fixed::live(plan(head, 0, &steps, 2, Ending::Complete))).await;
        let answer = soon("the answer", h1::post(server.addr(), "/model/m/converse")).await;
        assert_eq!((answer.body().len(), answer.header("content-length")), (30, Some("30")));
        assert_eq!(server.exchanges().len(), 1, "round {round}");
    }
}

#[tokio::test]
async fn trailers_follow_a_whole_body() {
    let trailed = || {
        let mut head = Head::new(200, "application/json");
        head.trailers = vec![("x-sum".to_owned(), "7".to_owned())];
        plan(head, 0, &[(0, bytes(8, 1), false)], 0, Ending::Complete)
    };
    let server = start(Fixed::one(trailed())).await;
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    client.send(&h2raw::post(1, PATH)).await;
    let over = |frame: &h2raw::Frame| frame.kind == h2raw::HEADERS && frame.flags & h2raw::END_STREAM != 0;
    let (frames, end) = soon("the trailers", client.until(over)).await;
    assert_eq!((end, h2raw::data(&frames, 1).len()), (None, 8));
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let steps: Vec<_> = (0..200).map(|n| (n * 10, bytes(50, 1), false)).collect();
    let server = start(Fixed::live(stream(&steps, 2000, Ending::Complete))).await;
    let mut client = TcpStream::connect(server.addr()).await.unwrap();
    client.write_all(h1::request(PATH, "", "{}").as_bytes()).await.unwrap();
    let mut first = [0; 20];
    soon("the head", tokio::io::AsyncReadExt::read_exact(&mut client, &mut first)).await.unwrap();
    drop(client);
    let exchanges = soon("the end", server.wait_for(1)).await;
    assert_eq!(exchanges[0].timeline.outcome, Outcome::ClientLeft);
    assert!(exchanges[0].timeline.ended < Duration::from_secs(1), "{:?}", exchanges[0].timeline.ended);
}
