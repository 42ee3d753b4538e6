//! Every byte arrives, and the ending is the right one: 200 runs of each with plans and 200 with answers that come bit by
//! bit, read as raw bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod common;

use common::{Fixed, bytes, h1, h2raw, soon, start, stream};
use faultline_mock_bedrock::MockBedrock;
use faultline_scenarios::plan::{Ending, Plan};
use faultline_scenarios::timeline::Outcome;
use faultline_wire::Frame;
use std::future::Future;
use std::net::SocketAddr;
use tokio::task::JoinSet;

const RUNS: usize = 400;
const AT_ONCE: usize = 40;
const PATH: &str = "/model/m/converse-stream";

/// The shapes that runs take in turn: one write, large, paced, frame by frame, nothing but a head.
fn shape(run: usize) -> (Vec<common::Step>, u64) {
    match run % 5 {
        0 => ((0..20).map(|n| (0, bytes(190, run + n), false)).collect(), 0),
        1 => ((0..6).map(|n| (0, bytes(50_000, run + n), false)).collect(), 0),
        2 => ((0..5).map(|n| (n * 2, bytes(190, run), false)).collect(), 9),
        3 => ((0..7).map(|n| (0, bytes(7 + n, run), true)).collect(), 0),
        _ => (vec![], 0),
    }
}

fn planned(run: usize, ending: Ending) -> Plan {
    let (steps, end) = shape(run);
    stream(&steps, end, ending)
}

/// Runs `case` many times, some at once; each run has a server of its own.
async fn repeat<F>(plan: impl Fn(usize) -> Plan, case: impl Fn(SocketAddr, Vec<u8>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut running = JoinSet::new();
    for run in 0..RUNS {
        if running.len() == AT_ONCE {
            running.join_next().await.unwrap().unwrap();
        }
        let plan = plan(run);
        let expected = plan.body();
        let server = start(if run < RUNS / 2 { Fixed::one(plan) } else { Fixed::live(plan) }).await;
        let case = case(server.addr(), expected);
        running.spawn(async move {
            soon("a run", case).await;
            played(&server).await;
        });
    }
    while let Some(result) = running.join_next().await {
        result.unwrap();
    }
}

/// The exchange is in the journal as soon as the client has seen the ending, and all of it was done.
async fn played(server: &MockBedrock) {
    let exchanges = server.exchanges();
    let timeline = &exchanges.first().expect("the exchange is in the journal").timeline;
    assert_eq!(timeline.outcome, Outcome::Played);
    assert_eq!(timeline.done.len(), timeline.plan.actions().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_is_a_fin_after_every_byte() {
    repeat(
        |run| planned(run, Ending::Cut),
        |address, expected| async move {
            let answer = h1::post(address, PATH).await;
            assert_eq!((answer.end, answer.chunks.concat()), (h1::End::Fin, expected));
            assert_eq!(answer.partial, 0, "it ends between chunks");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_over_http2_is_a_fin_without_end_stream() {
    repeat(
        |run| planned(run, Ending::Cut),
        |address, expected| async move {
            let (frames, end) = over_h2(address).await;
            assert_eq!((end, h2raw::data(&frames, 1)), (Some(h2raw::End::Fin), expected));
            assert!(!h2raw::ended(&frames, 1));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_is_a_rst_after_every_byte() {
    repeat(
        |run| planned(run, Ending::Reset),
        |address, expected| async move {
            let answer = h1::post(address, PATH).await;
            assert_eq!((answer.end, answer.chunks.concat()), (h1::End::Rst, expected));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_over_http2_is_a_rst_after_every_byte() {
    repeat(
        |run| planned(run, Ending::Reset),
        |address, expected| async move {
            let (frames, end) = over_h2(address).await;
            assert_eq!((end, h2raw::data(&frames, 1)), (Some(h2raw::End::Rst), expected));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_frame_arrives_whole_as_half_a_frame() {
    let half = |run: usize| {
        let event = Frame::event("contentBlockDelta", bytes(60, run)).encode().unwrap();
        let half = event[..event.len() / 2].to_vec();
        let ending = if run.is_multiple_of(2) { Ending::Cut } else { Ending::Complete };
        let late = u64::try_from(run % 3).unwrap();
        stream(&[(0, event.to_vec(), false), (late, half, false)], late, ending)
    };
    repeat(half, |address, expected| async move {
        let answer = h1::post(address, PATH).await;
        assert_ne!(answer.end, h1::End::Rst);
        assert_eq!(answer.chunks.concat(), expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rst_stream_carries_its_code_after_every_byte() {
    for code in [0, 2, 7, 8, 11] {
        repeat_some(code, |run| planned(run, Ending::RstStream { code })).await;
    }
}

/// 80 runs for each of five codes: 200 with plans, 200 with answers that come bit by bit.
async fn repeat_some(code: u32, plan: impl Fn(usize) -> Plan) {
    for run in 0..RUNS / 5 {
        let plan = plan(run);
        let expected = plan.body();
        let server = start(if run < RUNS / 10 { Fixed::one(plan) } else { Fixed::live(plan) }).await;
        let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
        client.send(&h2raw::post(1, PATH)).await;
        let reset = |frame: &h2raw::Frame| frame.kind == h2raw::RST_STREAM;
        let (frames, end) = soon("RST_STREAM", client.until(reset)).await;
        assert_eq!((end, h2raw::data(&frames, 1)), (None, expected), "run {run}");
        assert_eq!(frames.last().unwrap().payload, code.to_be_bytes());
        assert!(!h2raw::ended(&frames, 1));
        played(&server).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goaway_carries_code_and_last_stream_after_every_byte() {
    let ending =
        |run: usize| Ending::Goaway { code: u32::try_from(run % 12).unwrap(), covers: run.is_multiple_of(2) };
    let run = std::sync::atomic::AtomicUsize::new(0);
    repeat(
        |run| planned(run, ending(run)),
        |address, expected| {
            let run = run.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            async move {
                let (frames, end) = over_h2(address).await;
                assert_eq!((end, h2raw::data(&frames, 1)), (Some(h2raw::End::Fin), expected));
                let Ending::Goaway { code, covers } = ending(run) else { unreachable!() };
                let payload = [u32::from(covers).to_be_bytes(), code.to_be_bytes()].concat();
                let last = frames.last().unwrap();
                assert_eq!((last.kind, &last.payload), (h2raw::GOAWAY, &payload));
                assert!(!h2raw::ended(&frames, 1));
            }
        },
    )
    .await;
}

async fn over_h2(address: SocketAddr) -> (Vec<h2raw::Frame>, Option<h2raw::End>) {
    let mut client = h2raw::Client::connect(address, 1 << 20).await;
    client.send(&h2raw::post(1, PATH)).await;
    client.until(|_| false).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rst_stream_leaves_the_other_streams_alone() {
    let slow: Vec<_> = (0..20).map(|n| (n * 5, bytes(300, 1), false)).collect();
    let server = start(Fixed::many([
        ("slow", stream(&slow, 100, Ending::Complete)),
        ("m", stream(&[(20, bytes(500, 2), false)], 30, Ending::RstStream { code: 8 })),
    ]))
    .await;
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    client.send(&h2raw::post(1, "/model/slow/converse-stream")).await;
    client.send(&h2raw::post(3, PATH)).await;
    let over = |frame: &h2raw::Frame| frame.stream == 1 && frame.flags & 1 == 1 && frame.kind == h2raw::DATA;
    let (frames, end) = soon("the slow stream", client.until(over)).await;
    assert_eq!((end, h2raw::data(&frames, 1).len(), h2raw::data(&frames, 3).len()), (None, 6000, 500));
    assert!(frames.iter().any(|frame| frame.kind == h2raw::RST_STREAM && frame.stream == 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_another_ends_with_the_connection_is_recorded_as_such() {
    let server = start(Fixed::many([
        ("slow", stream(&[(0, vec![1], false)], 60_000, Ending::Complete)),
        ("m", stream(&[(0, vec![2], false)], 30, Ending::Reset)),
    ]))
    .await;
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    client.send(&h2raw::post(1, "/model/slow/converse-stream")).await;
    client.send(&h2raw::post(3, PATH)).await;
    let (_, end) = soon("the reset", client.until(|_| false)).await;
    assert_eq!(end, Some(h2raw::End::Rst));
    let exchanges = soon("both", server.wait_for(2)).await;
    let slow = exchanges.iter().find(|exchange| exchange.call.model_id == "slow").unwrap();
    assert!(matches!(&slow.timeline.outcome, Outcome::Failed(why) if why.contains("another answer")));
}

#[tokio::test]
async fn endings_before_the_response_send_nothing() {
    use faultline_scenarios::plan::{Act, Action};
    let bare = |ending| Plan::new(vec![Action::new(std::time::Duration::ZERO, Act::End(ending))]).unwrap();
    for (ending, end) in [(Ending::Cut, h1::End::Fin), (Ending::Reset, h1::End::Rst)] {
        let server = start(Fixed::one(bare(ending))).await;
        let answer = soon("the end", h1::post(server.addr(), PATH)).await;
        assert_eq!((answer.end, answer.partial, answer.head.as_str()), (end, 0, ""));
        played(&server).await;
    }
    let goaway = Ending::Goaway { code: 0, covers: false };
    let own = |kind, payload: Vec<u8>| vec![(kind, payload)];
    for (ending, frames, end) in [
        (Ending::Cut, vec![], h2raw::End::Fin),
        (Ending::Reset, vec![], h2raw::End::Rst),
        (goaway, own(h2raw::GOAWAY, vec![0; 8]), h2raw::End::Fin),
    ] {
        let server = start(Fixed::one(bare(ending))).await;
        let (seen, seen_end) = soon("the end", over_h2(server.addr())).await;
        let seen: Vec<_> = seen.into_iter().map(|frame| (frame.kind, frame.payload)).collect();
        assert_eq!((seen, seen_end), (frames, Some(end)), "{ending}");
        played(&server).await;
    }
    let server = start(Fixed::one(bare(Ending::RstStream { code: 7 }))).await;
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    client.send(&h2raw::post(1, PATH)).await;
    let (frames, _) = soon("RST_STREAM", client.until(|frame| frame.kind == h2raw::RST_STREAM)).await;
    assert_eq!((frames.len(), &frames[0].payload[..]), (1, &7u32.to_be_bytes()[..]));
}

#[tokio::test]
async fn http2_endings_cut_an_http1_connection() {
    for ending in [Ending::RstStream { code: 8 }, Ending::Goaway { code: 0, covers: true }] {
        let server = start(Fixed::one(stream(&[(0, vec![1, 2], false)], 0, ending))).await;
        let answer = soon("the cut", h1::post(server.addr(), PATH)).await;
        assert_eq!((answer.end, answer.chunks), (h1::End::Fin, vec![vec![1, 2]]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_window_delays_the_ending_and_loses_nothing() {
    let server =
        start(Fixed::one(stream(&[(0, bytes(5000, 1), false)], 0, Ending::RstStream { code: 2 }))).await;
    let mut client = h2raw::Client::connect(server.addr(), 1000).await;
    client.send(&h2raw::post(1, PATH)).await;
    let mut frames = Vec::new();
    while h2raw::data(&frames, 1).len() < 5000 {
        let (more, end) = soon("DATA", client.until(|frame| frame.kind == h2raw::DATA)).await;
        assert_eq!(end, None);
        frames.extend(more);
        assert!(!frames.iter().any(|frame| frame.kind == h2raw::RST_STREAM));
        client.send(&h2raw::frame(h2raw::WINDOW_UPDATE, 0, 1, &1000u32.to_be_bytes())).await;
    }
    let (frames, _) = soon("RST_STREAM", client.until(|frame| frame.kind == h2raw::RST_STREAM)).await;
    assert_eq!(frames.last().unwrap().payload, 2u32.to_be_bytes());
}

#[tokio::test]
async fn bytes_apart_leave_in_chunks_of_their_own() {
    let steps: Vec<_> = (0..5).map(|n| (0, bytes(7, n), n != 2 && n != 3)).collect();
    let server = start(Fixed::one(stream(&steps, 0, Ending::Complete))).await;
    let answer = soon("the answer", h1::post(server.addr(), PATH)).await;
    let sizes: Vec<usize> = answer.chunks.iter().map(Vec::len).collect();
    assert_eq!((answer.end, sizes), (h1::End::Whole, vec![7, 7, 14, 7]));
    let mut client = h2raw::Client::connect(server.addr(), 1 << 20).await;
    client.send(&h2raw::post(1, PATH)).await;
    let over = |frame: &h2raw::Frame| frame.kind == h2raw::DATA && frame.flags & h2raw::END_STREAM != 0;
    let (frames, _) = soon("the stream", client.until(over)).await;
    let sizes: Vec<usize> =
        frames.iter().filter(|frame| frame.kind == h2raw::DATA).map(|frame| frame.payload.len()).collect();
    assert_eq!(sizes, [7, 7, 14, 7]);
}

#[tokio::test]
async fn over_http1_an_ending_of_http2_is_a_cut_and_the_exchange_says_so() {
    let server = start(Fixed::one(stream(&[], 0, Ending::RstStream { code: 2 }))).await;
    let _ = h1::send(server.addr(), &h1::request(PATH, "", "{}")).await;
    let exchange = server.wait_for(1).await.remove(0);
    assert_eq!(exchange.timeline.plan.ending(), Ending::Cut);
    assert!(
        exchange.timeline.to_text().contains("HTTP/1.1 has no RST_STREAM: cut"),
        "{}",
        exchange.timeline.to_text()
    );
}
