//! Dropping the run's future stops the stream and leaves the conversation alone.

use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use faultline_agent::{Agent, AgentEvent, Conversation, Mode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::script::*;
use faultline_agent::client::{ClientSettings, client};

#[tokio::test]
async fn dropping_the_future_drops_the_body_of_the_stream() {
    let server = Server::new([stream([ms(), text(0, "half"), Piece::Hang])]);
    let mut conversation = Conversation::new();
    let agent = Agent::new(server.client(), config(Mode::Streaming), toolbox());
    let mut seen = Vec::new();
    {
        let mut sink = |event| seen.push(event);
        let mut run = Box::pin(agent.run(&mut conversation, "hello", &mut sink));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(run.as_mut().poll(&mut context), Poll::Pending));
        assert!(!server.body_dropped.load(Ordering::SeqCst));
    }
    assert!(server.body_dropped.load(Ordering::SeqCst));
    assert!(seen.iter().any(|event| matches!(event, AgentEvent::TextDelta { .. })), "{seen:?}");
    assert!(conversation.messages().is_empty());
}

#[tokio::test]
async fn over_a_socket_the_far_end_sees_the_connection_close() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/base/path", listener.local_addr().unwrap());
    let far_end = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.windows(4).any(|window| window == b"\r\n\r\n") {
            assert!(socket.read_buf(&mut request).await.unwrap() > 0);
        }
        let Piece::Data(first) = ms() else { panic!("data") };
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
        socket.write_all(format!("{head}{:x}\r\n", first.len()).as_bytes()).await.unwrap();
        socket.write_all(&first).await.unwrap();
        socket.write_all(b"\r\n").await.unwrap();
        // Ends when the client goes; anything else would hang here and fail the test by its timeout.
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
        String::from_utf8_lossy(&request).into_owned()
    });
    let settings = ClientSettings { endpoint_url: Some(url), ..ClientSettings::default() };
    let agent = Agent::new(client(&settings).unwrap(), config(Mode::Streaming), toolbox());
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let run = tokio::spawn(async move {
        let mut sink = faultline_agent::to_channel(sender);
        agent.run(&mut Conversation::new(), "hello", &mut sink).await.map(|answer| answer.text)
    });
    while !matches!(events.recv().await, Some(AgentEvent::FirstEvent { .. })) {}
    run.abort();
    let limit = std::time::Duration::from_secs(5);
    let request = tokio::time::timeout(limit, far_end).await.expect("the connection stayed open").unwrap();
    assert!(
        request.starts_with("POST /base/path/model/test.model-v1%3A0/converse-stream HTTP/1.1"),
        "{request}"
    );
}
