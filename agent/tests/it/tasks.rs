//! Tasks whose worker dies: what the next one does, and what it leaves alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use faultline_agent::serve::{WorkSettings, work};
use faultline_agent::tools::ToolFuture;
use faultline_agent::{Agent, Mode, Tool, ToolContext, ToolOutput, Toolbox};
use faultline_queue::{Address, Cursor, JobId, Queue, Settings, State};
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::script::*;

/// A write: it charges a card, or hangs where it was told to.
#[derive(Clone, Default)]
struct Charge {
    runs: Arc<AtomicUsize>,
    hang: bool,
    running: Arc<Notify>,
}

impl Tool for Charge {
    fn name(&self) -> &str {
        "charge"
    }
    fn description(&self) -> &str {
        "Charges a card."
    }
    fn input_schema(&self) -> Value {
        json!({"type": "object"})
    }
    fn run<'a>(&'a self, _: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async {
            self.runs.fetch_add(1, Ordering::SeqCst);
            self.running.notify_one();
            if self.hang {
                std::future::pending::<()>().await;
            }
            Ok(ToolOutput::Text("charged".into()))
        })
    }
}

/// A queue whose leases end soon, with one task.
async fn queue_with(body: &Value) -> (Queue, JobId) {
    let settings = Settings { lease: Duration::from_millis(300), ..Settings::default() };
    let queue = Queue::open(&Address::Memory, settings).await.unwrap();
    let id: JobId = "task".parse().unwrap();
    queue.put(&id, body.to_string().into()).await.unwrap();
    (queue, id)
}

/// A worker; it dies when it is aborted.
struct Worker(
    JoinHandle<()>,
    #[expect(dead_code, reason = "a worker stops when it goes")] watch::Sender<bool>,
);

fn worker(server: &Server, charge: &Charge, queue: &Queue) -> Worker {
    let toolbox = Toolbox::new().with(charge.clone()).unwrap();
    let agent = Agent::new(server.client(), config(Mode::Streaming), toolbox);
    let (sender, stop) = watch::channel(false);
    let settings = WorkSettings { look: Duration::from_millis(20), ..WorkSettings::default() };
    Worker(tokio::spawn(work(agent, queue.clone(), settings, stop)), sender)
}

/// Waits for a state.
async fn until(queue: &Queue, id: &JobId, holds: impl Fn(State, u32) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let status = queue.status(id).await.unwrap().unwrap();
        if holds(status.state, status.deliveries) {
            return status.result.map_or(Value::Null, |json| serde_json::from_slice(&json).unwrap());
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{status:?}");
        tokio::task::yield_now().await;
    }
}

fn charge() -> Reply {
    stream([ms(), tool(0, "t1", "charge"), frag(0, "{}"), close(0), stop("tool_use"), meta(3, 2)])
}

fn says(words: &str) -> Reply {
    stream([ms(), text(0, words), close(0), stop("end_turn"), meta(3, 2)])
}

#[tokio::test]
async fn a_write_that_finished_is_not_made_again_by_the_next_worker() {
    let server = Server::new([charge(), stream([ms(), text(0, "half"), Piece::Hang]), says("Done.")]);
    let (queue, id) = queue_with(&json!({"prompt": "Pay."})).await;
    let tool = Charge::default();
    let first = worker(&server, &tool, &queue);
    while server.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    first.0.abort();
    let _second = worker(&server, &tool, &queue);
    let result = until(&queue, &id, |state, _| state == State::Finished).await;
    assert_eq!((result["text"].as_str(), tool.runs.load(Ordering::SeqCst)), (Some("Done."), 1));
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[1]["messages"], requests[2]["messages"], "it went on from where the first was");
}

#[tokio::test]
async fn a_write_that_was_interrupted_is_answered_as_unknown_and_not_made_again() {
    let server = Server::new([charge(), says("I do not know.")]);
    let (queue, id) = queue_with(&json!({"prompt": "Pay."})).await;
    let tool = Charge { hang: true, ..Charge::default() };
    let first = worker(&server, &tool, &queue);
    tool.running.notified().await;
    first.0.abort();
    let _second = worker(&server, &tool, &queue);
    let result = until(&queue, &id, |state, _| state == State::Finished).await;
    assert_eq!((result["text"].as_str(), tool.runs.load(Ordering::SeqCst)), (Some("I do not know."), 1));
    let told = server.requests()[1]["messages"][2]["content"][0]["toolResult"].clone();
    assert_eq!((told["toolUseId"].as_str(), told["status"].as_str()), (Some("t1"), Some("error")));
    assert!(told.to_string().contains("Whether it took effect is unknown"), "{told}");
    let progress = queue.progress(&id, Cursor { delivery: 1, records: 1 }).await.unwrap().unwrap();
    let told = progress.records.iter().map(|record| String::from_utf8_lossy(record)).collect::<String>();
    assert!(progress.restarted && told.matches("\"tool_call\"").count() == 1, "{told}");
}

#[tokio::test]
async fn the_same_call_of_another_task_is_another_call() {
    let server = Server::new([charge(), says("One."), charge(), says("Two.")]);
    let (queue, first) = queue_with(&json!({"prompt": "Pay."})).await;
    let tool = Charge::default();
    let _worker = worker(&server, &tool, &queue);
    until(&queue, &first, |state, _| state == State::Finished).await;
    let second: JobId = "other".parse().unwrap();
    queue.put(&second, json!({"prompt": "Pay."}).to_string().into()).await.unwrap();
    until(&queue, &second, |state, _| state == State::Finished).await;
    assert_eq!(tool.runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn of_two_tasks_of_a_session_at_work_at_once_it_knows_the_one_that_was_answered_first() {
    let half = stream([ms(), text(0, "half"), Piece::Hang]);
    let server = Server::new([charge(), half, says("Two."), says("One."), says("Three.")]);
    let ask = |prompt: &str| json!({"prompt": prompt, "session": "anna"});
    let (queue, one) = queue_with(&ask("First?")).await;
    let tool = Charge::default();
    let first = worker(&server, &tool, &queue);
    while server.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    first.0.abort();
    let answered = async |name: &str, prompt: &str| {
        let id: JobId = name.parse().unwrap();
        queue.put(&id, ask(prompt).to_string().into()).await.unwrap();
        until(&queue, &id, |state, _| state == State::Finished).await["text"].clone()
    };
    let _second = worker(&server, &tool, &queue);
    assert_eq!(answered("two", "Second?").await, "Two.");
    assert_eq!(until(&queue, &one, |state, _| state == State::Finished).await["text"], "One.");
    let progress = queue.progress(&one, Cursor::default()).await.unwrap().unwrap().records;
    let told = progress.iter().map(|record| String::from_utf8_lossy(record)).collect::<String>();
    assert!(told.contains("the session does not know this answer: another task"), "{told}");
    assert_eq!(answered("three", "Third?").await, "Three.");
    let said: Vec<Value> = server.requests()[4]["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"][0]["text"].clone())
        .collect();
    assert_eq!(said, ["Second?", "Two.", "Third?"]);
}

#[tokio::test]
async fn a_task_that_takes_longer_than_its_lease_stays_with_its_worker() {
    let server =
        Server::new([stream([ms(), Piece::Wait(1200), text(0, "Late."), close(0), stop("end_turn")])]);
    let (queue, id) = queue_with(&json!({"prompt": "Hi"})).await;
    let tool = Charge::default();
    let _workers = [worker(&server, &tool, &queue), worker(&server, &tool, &queue)];
    let result = until(&queue, &id, |state, deliveries| state == State::Finished || deliveries > 1).await;
    assert_eq!((result["text"].as_str(), server.requests().len()), (Some("Late."), 1));
}

#[tokio::test]
async fn a_task_that_is_cancelled_stops_its_model() {
    let server = Server::new([stream([ms(), text(0, "half"), Piece::Hang])]);
    let (queue, id) = queue_with(&json!({"prompt": "Hi"})).await;
    let _worker = worker(&server, &Charge::default(), &queue);
    until(&queue, &id, |state, _| state == State::Running).await;
    let began = Instant::now();
    let told = async || queue.progress(&id, Cursor::default()).await.unwrap().unwrap().records.len();
    while told().await < 2 {
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    queue.cancel(&id).await.unwrap();
    let result = until(&queue, &id, |state, _| state == State::Cancelled).await;
    assert_eq!((result, server.body_dropped.load(Ordering::SeqCst)), (Value::Null, true));
}

#[tokio::test]
async fn a_task_that_cannot_be_read_has_failed_and_the_next_one_is_taken() {
    let server = Server::new([says("Here.")]);
    let (queue, bad) = queue_with(&json!({"question": "Hi"})).await;
    let good: JobId = "good".parse().unwrap();
    queue.put(&good, json!({"prompt": "Hi"}).to_string().into()).await.unwrap();
    let _worker = worker(&server, &Charge::default(), &queue);
    let result = until(&queue, &good, |state, _| state == State::Finished).await;
    assert_eq!(result["text"], "Here.");
    let failed = until(&queue, &bad, |state, _| state == State::Finished).await;
    assert_eq!(
        (failed["type"].as_str(), failed["message"].as_str()),
        (Some("execution_failed"), Some("the task cannot be read"))
    );
}
