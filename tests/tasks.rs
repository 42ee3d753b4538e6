//! Tasks: put over HTTP, worked on by other processes, read from anywhere, whatever is killed in between.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "a test fails by panicking; shared helpers")]

#[path = "support/command.rs"]
mod command;
#[path = "support/nats.rs"]
mod nats;
#[path = "support/served.rs"]
mod served;

use command::{faultline, file, run, temporary, text};
use faultline_queue::{Cursor, JobId, Queue, Settings};
use nats::NatsServer;
use serde_json::{Value, json};
use served::Served;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const PROMPT: &str = "Tell me everything.";

/// A reply whose first attempt says half and goes on no more.
const HANGS_ONCE: &str = "\
faultline: 1
prompt: Tell me everything.
replies:
  - message: [{ text: It begins and goes on to its end., fragments: ['It begins ', and goes on, ' to its end.'] }]
faults:
  - { do: stall, at: contentBlockDelta 0 nth 2, times: 1 }
";

/// One that never gets further.
const HANGS: &str = "\
faultline: 1
prompt: Tell me everything.
replies:
  - message: [{ text: It begins and goes on to its end., fragments: ['It begins ', and goes on, ' to its end.'] }]
faults:
  - { do: stall, at: contentBlockDelta 0 nth 2 }
";

/// Two tools, then an answer that hangs once.
const TOOLS: &str = "\
faultline: 1
prompt: Tell me everything.
replies:
  - message:
      - text: Let me look both up.
      - toolUse: { toolUseId: tooluse_a, name: get_order_status, input: { order_id: A-10293 } }
      - toolUse: { toolUseId: tooluse_b, name: get_order_status, input: { order_id: B-4410 } }
  - when: { toolResults: [tooluse_a, tooluse_b] }
    message: [{ text: One is on its way. One is being packed., fragments: ['One is on its way.', ' One is being packed.'] }]
faults:
  - { do: stall, at: contentBlockDelta 0 nth 2, call: 2, times: 1 }
";

/// The same without its fault, at a person's pace.
fn slow(scenario: &str) -> String {
    let sound = scenario.split("faults:").next().unwrap();
    sound.replace("prompt:", "pace: { first: 50ms, token: 30ms }\nprompt:")
}

/// Where tasks of one test wait.
struct Place {
    queue: String,
    server: Option<NatsServer>,
}

fn in_a_file(name: &str) -> Option<Place> {
    let path = temporary(&format!("tasks-{name}.db"));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    Some(Place { queue: path.display().to_string(), server: None })
}

fn on_nats(name: &str) -> Option<Place> {
    let server = NatsServer::start(&temporary(&format!("tasks-{name}.nats")), &[])?;
    Some(Place { queue: format!("{}/{name}", server.url()), server: Some(server) })
}

/// Both homes of a queue, as far as they are there.
fn places(name: &str) -> Vec<Place> {
    [in_a_file(name), on_nats(name)].into_iter().flatten().collect()
}

fn bedrock(name: &str, scenario: &str) -> Served {
    Served::start(&mut faultline(&[
        "serve",
        &file(&format!("tasks-{name}.yaml"), scenario),
        "--lenient",
        "--json",
    ]))
}

impl Place {
    /// `agent serve` or `agent worker` on this queue, with leases that a test can wait for.
    fn agent(&self, bedrock: &Served, what: &[&str]) -> Served {
        let flags = ["--queue", &self.queue, "--lease", "1s", "--json"];
        // Poison shall be found out soon; what is killed for fun shall not be taken for it.
        let deliveries = if self.queue.contains("chaos") { "50" } else { "2" };
        let flags = [&flags[..], &["--deliveries", deliveries]].concat();
        let mut command = faultline(&[&["agent"], what, &flags[..]].concat());
        Served::start(command.env("AWS_ENDPOINT_URL", bedrock.said("url")))
    }

    fn worker(&self, bedrock: &Served) -> Served {
        self.agent(bedrock, &["worker"])
    }

    /// The HTTP side, which works on nothing itself.
    fn front(&self, bedrock: &Served) -> Served {
        self.agent(bedrock, &["serve", "--workers", "0"])
    }
}

/// A request; status and body.
fn ask(server: &Served, method: &str, path: &str, body: &str) -> (u16, Value) {
    ask_as(server, "", method, path, body)
}

/// The same with more headers.
fn ask_as(server: &Served, headers: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let length = body.len();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
}

/// The messages of each request that the endpoint got.
fn requests(bedrock: &Served) -> Vec<Vec<Value>> {
    let said = ask(bedrock, "GET", "/_faultline/exchanges", "").1;
    let exchanges = said["exchanges"].as_array().unwrap();
    exchanges.iter().map(|one| one["request"]["body"]["messages"].as_array().unwrap().clone()).collect()
}

/// Somebody who polls a task, and what stands of what they were told.
struct Poller<'a> {
    front: &'a Served,
    url: String,
    next: String,
    restarts: u32,
    events: Vec<Value>,
    last: Value,
}

impl<'a> Poller<'a> {
    fn put(front: &'a Served, body: &Value) -> Self {
        let (status, said) = ask(front, "POST", "/agent/task", &body.to_string());
        assert_eq!(status, 202, "{said}");
        let url = said["url"].as_str().unwrap().to_owned();
        Self { front, url, next: "0-0".to_owned(), restarts: 0, events: Vec::new(), last: Value::Null }
    }

    fn id(&self) -> JobId {
        self.url.rsplit('/').next().unwrap().parse().unwrap()
    }

    fn poll(&mut self) -> &Value {
        let path = format!("{}?after={}&wait=5", self.url, self.next);
        let (status, said) = ask(self.front, "GET", &path, "");
        assert_eq!(status, 200, "{said}");
        if said["restarted"] == true {
            self.restarts += 1;
            self.events.clear();
        }
        self.events.extend(said["events"].as_array().unwrap().iter().cloned());
        self.next = said["next"].as_str().unwrap().to_owned();
        self.last = said;
        &self.last
    }

    /// Polls until this holds.
    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(began.elapsed() < Duration::from_secs(40), "no {what}: {} {:?}", self.last, self.events);
            self.poll();
        }
    }

    fn until_text(&mut self, part: &str) {
        self.until(part, |poller| poller.text().contains(part));
    }

    fn finish(&mut self) {
        self.until("end", |poller| !poller.last["result"].is_null() && poller.last["more"] == false);
    }

    /// The model's text, as it was told.
    fn text(&self) -> String {
        self.events
            .iter()
            .filter_map(|event| event["text"].as_str().filter(|_| event["type"] == "text_delta"))
            .collect()
    }

    fn types(&self) -> Vec<&str> {
        self.events.iter().map(|event| event["type"].as_str().unwrap()).collect()
    }

    /// State and deliveries.
    fn state(&self) -> (&str, u64) {
        (self.last["state"].as_str().unwrap(), self.last["deliveries"].as_u64().unwrap())
    }
}

#[test]
fn a_task_is_put_and_polled_to_its_end_without_any_flag() {
    let bedrock = bedrock("plain", TOOLS.split("faults:").next().unwrap());
    let mut agent = faultline(&["agent", "serve", "--json"]);
    let agent = Served::start(agent.env("AWS_ENDPOINT_URL", bedrock.said("url")));
    assert_eq!(agent.said("queue"), "memory");
    let mut poller = Poller::put(&agent, &json!({ "prompt": PROMPT }));
    poller.finish();
    assert_eq!((poller.state(), poller.restarts), (("done", 1), 0));
    assert_eq!(poller.last["result"]["text"], "One is on its way. One is being packed.");
    assert!(poller.last["result"]["usage"]["outputTokens"].as_u64().unwrap() > 0, "{}", poller.last);
    let types = poller.types();
    for (kind, count) in [("tool_call", 2), ("tool_result", 2), ("final_response", 1)] {
        assert_eq!(types.iter().filter(|one| **one == kind).count(), count, "{kind} in {types:?}");
    }
    let (status, said) = ask(&agent, "GET", "/agent/task/nobody", "");
    assert_eq!((status, said["error"].as_str()), (404, Some("no such task: it is unknown, or forgotten")));
}

#[test]
fn a_task_whose_worker_is_killed_is_finished_by_another_and_shown_once() {
    for place in places("killed") {
        let bedrock = bedrock("killed", HANGS_ONCE);
        let (front, first) = (place.front(&bedrock), place.worker(&bedrock));
        let mut poller = Poller::put(&front, &json!({ "prompt": PROMPT }));
        poller.until_text("It begins ");
        assert_eq!(poller.state(), ("running", 1));
        first.kill();
        let _second = place.worker(&bedrock);
        poller.finish();
        assert_eq!((poller.state(), poller.restarts), (("done", 2), 1), "{}", place.queue);
        assert_eq!(poller.text(), "It begins and goes on to its end.");
        assert_eq!(poller.last["result"]["text"], "It begins and goes on to its end.");
        assert_eq!(poller.types().last(), Some(&"final_response"));
    }
}

#[test]
fn a_task_that_is_taken_up_again_does_not_ask_for_its_tools_again() {
    for place in places("taken-up") {
        let bedrock = bedrock("taken-up", TOOLS);
        let (front, first) = (place.front(&bedrock), place.worker(&bedrock));
        let mut poller = Poller::put(&front, &json!({ "prompt": PROMPT }));
        poller.until_text("One is on its way.");
        first.kill();
        let _second = place.worker(&bedrock);
        poller.finish();
        assert_eq!((poller.state(), poller.restarts), (("done", 2), 1), "{}", place.queue);
        // What was done before stands in the new events, once.
        assert_eq!(poller.text(), "Let me look both up.One is on its way. One is being packed.");
        let types = poller.types();
        assert_eq!(types.iter().filter(|one| **one == "tool_result").count(), 2, "{types:?}");
        let asked: Vec<usize> = requests(&bedrock).iter().map(|messages| messages.len()).collect();
        assert_eq!(asked, [1, 3, 3], "the prompt was asked once");
    }
}

#[test]
fn a_task_that_kills_its_workers_is_a_dead_letter_in_the_end() {
    for place in places("poison") {
        let bedrock = bedrock("poison", HANGS);
        let front = place.front(&bedrock);
        let mut poller = Poller::put(&front, &json!({ "prompt": PROMPT }));
        for delivery in 1..=2 {
            let worker = place.worker(&bedrock);
            poller.until("delivery", |poller| {
                poller.last["deliveries"] == delivery && poller.text().contains("It begins ")
            });
            worker.kill();
        }
        let _last = place.worker(&bedrock);
        poller.finish();
        assert_eq!(poller.state(), ("failed", 2), "{}", place.queue);
        assert_eq!(poller.last["result"]["message"], "it was given to 2 workers and none finished it");
        let letters = with_queue(&place, async |queue| queue.dead(10).await.unwrap());
        assert_eq!((letters.len(), letters[0].id.as_str()), (1, poller.id().as_str()));
        assert!(String::from_utf8_lossy(&letters[0].body).contains(PROMPT));
    }
}

/// The queue as a program of its own sees it.
fn with_queue<T>(place: &Place, act: impl AsyncFnOnce(Queue) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let lease = Duration::from_secs(1);
        let settings = Settings { lease, deliveries: 2, ..Settings::default() };
        act(Queue::open(&place.queue.parse().unwrap(), settings).await.unwrap()).await
    })
}

#[test]
fn a_task_is_cancelled_while_another_process_works_on_it_and_its_progress_stays_to_be_read() {
    for place in places("cancel") {
        let bedrock = bedrock("cancel", HANGS);
        let (front, _worker) = (place.front(&bedrock), place.worker(&bedrock));
        let mut poller = Poller::put(&front, &json!({ "prompt": PROMPT }));
        poller.until_text("It begins and goes on");
        let (status, said) = ask(&front, "DELETE", &poller.url, "");
        assert_eq!((status, said["cancelling"].as_bool()), (202, Some(true)), "{said}");
        poller.finish();
        assert_eq!(poller.state(), ("cancelled", 1), "{}", place.queue);
        let last = poller.events.last().unwrap();
        assert_eq!(
            (last["message"].as_str(), last["partial"].as_str()),
            (Some("it was cancelled"), Some("It begins and goes on"))
        );
        let progress =
            with_queue(&place, async |queue| queue.progress(&poller.id(), Cursor::default()).await);
        let records = progress.unwrap().unwrap().records;
        assert!(
            records.iter().any(|record| String::from_utf8_lossy(record).contains("It begins ")),
            "{records:?}"
        );
        assert_eq!(ask(&front, "DELETE", "/agent/task/nobody", "").0, 404);
    }
}

#[test]
fn a_worker_that_is_stopped_gives_its_task_back_at_once() {
    let place = in_a_file("stopped").unwrap();
    let bedrock = bedrock("stopped", HANGS_ONCE);
    let front = place.front(&bedrock);
    let slow = ["worker", "--lease", "10m"];
    let flags = ["--queue", &place.queue, "--json"];
    let start = || {
        Served::start(
            faultline(&[&["agent"], &slow[..], &flags].concat()).env("AWS_ENDPOINT_URL", bedrock.said("url")),
        )
    };
    let first = start();
    let mut poller = Poller::put(&front, &json!({ "prompt": PROMPT }));
    poller.until_text("It begins ");
    let stopped = first.stop();
    assert!(stopped.status.success(), "{}", text(&stopped.stderr));
    let _second = start();
    poller.finish();
    assert_eq!((poller.state(), poller.text().as_str()), (("done", 2), "It begins and goes on to its end."));
}

#[test]
fn a_task_that_is_put_twice_is_one_and_tasks_of_a_session_follow_each_other() {
    let place = in_a_file("session").unwrap();
    let replies = "faultline: 1\nprompt: Good morning.\nreplies:\n  - message: [{ text: Hello. }]\n  - message: [{ text: Again. }]\n";
    let bedrock = bedrock("session", replies);
    let (front, _worker) = (place.front(&bedrock), place.worker(&bedrock));
    let said = |prompt: &str, task: &str| {
        let body = json!({ "prompt": prompt, "session": "anna", "task": task });
        let mut poller = Poller::put(&front, &body);
        poller.finish();
        poller.last["result"]["text"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(said("Good morning.", "one"), "Hello.");
    assert_eq!(said("Good morning.", "one"), "Hello.");
    assert_eq!(said("And again?", "two"), "Again.");
    let asked: Vec<usize> = requests(&bedrock).iter().map(|messages| messages.len()).collect();
    assert_eq!(asked, [1, 3]);
}

#[test]
fn a_queue_that_cannot_be_reached_is_said_without_its_password() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("nats://me:s3cret@{free}");
    let check = |arguments: &[&str], code: i32, part: &str| {
        let output = run(&[&["agent"], arguments].concat());
        let said = text(&output.stderr) + &text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(part) && !said.contains("s3cret"), "{arguments:?}: {said}");
    };
    let there = format!("no NATS server can be used at nats://{free}");
    check(&["worker", "--queue", &url], 4, &there);
    check(&["serve", "--queue", &url], 4, &there);
    check(&["worker"], 2, "whose tasks?");
    check(&["worker", "--queue", "http://me:s3cret@x"], 2, "the queue's address is not usable");
    check(&["serve", "--workers", "0"], 2, "nobody would work on tasks");
}

#[test]
fn a_server_that_is_killed_and_comes_back_loses_no_task() {
    let Some(mut place) = on_nats("restarted") else { return };
    let bedrock = bedrock("restarted", HANGS_ONCE);
    let (front, worker) = (place.front(&bedrock), place.worker(&bedrock));
    let mut poller = Poller::put(&front, &json!({ "prompt": PROMPT }));
    poller.until_text("It begins ");
    worker.kill();
    place.server = place.server.take().map(NatsServer::kill_and_restart);
    let _second = place.worker(&bedrock);
    poller.finish();
    assert_eq!((poller.state(), poller.text().as_str()), (("done", 2), "It begins and goes on to its end."));
}

#[test]
fn a_worker_outlives_the_server_of_its_queue() {
    let Some(mut place) = on_nats("outlived") else { return };
    let bedrock = bedrock("outlived", &slow(TOOLS));
    let (front, worker) = (place.front(&bedrock), place.worker(&bedrock));
    let mut poller = Poller::put(&front, &json!({ "prompt": PROMPT }));
    poller.until_text("Let me ");
    place.server = place.server.take().map(NatsServer::kill_and_restart);
    let began = Instant::now();
    // While the server is away, a look at the task says so.
    while ask(&front, "GET", &poller.url, "").0 != 200 {
        assert!(began.elapsed() < Duration::from_secs(30), "it does not come back");
    }
    poller.finish();
    assert_eq!(poller.state().0, "done");
    assert_eq!(poller.text(), "Let me look both up.One is on its way. One is being packed.");
    assert!(worker.stop().status.success());
}

/// Workers are killed at any moment, again and again; every task is answered all the same, whole and once.
#[test]
fn tasks_survive_whatever_happens_to_their_workers() {
    const TASKS: usize = 12;
    for place in places("chaos") {
        let bedrock = bedrock("chaos", &slow(TOOLS));
        let front = place.front(&bedrock);
        let start = || place.agent(&bedrock, &["worker", "--workers", "3"]);
        let mut pollers: Vec<Poller<'_>> =
            (0..TASKS).map(|_| Poller::put(&front, &json!({ "prompt": PROMPT }))).collect();
        let mut workers = vec![start(), start()];
        let mut kills = 0;
        for poller in &mut pollers {
            // What a task tells is the moment: the clock of the killing is the work itself.
            while poller.last["result"].is_null() {
                poller.poll();
                if kills < 8 {
                    workers.remove(0).kill();
                    workers.push(start());
                    kills += 1;
                }
            }
            poller.finish();
        }
        assert!(kills >= 4, "{kills} kills are no chaos");
        for poller in &pollers {
            let (state, deliveries) = poller.state();
            assert_eq!(state, "done", "{deliveries} deliveries: {}", poller.last);
            let text = "Let me look both up.One is on its way. One is being packed.";
            assert_eq!(poller.text(), text, "{}", place.queue);
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let bedrock = bedrock("refused", HANGS);
    let mut agent = faultline(&["agent", "serve", "--json"]);
    let agent = Served::start(agent.env("AWS_ENDPOINT_URL", bedrock.said("url")));
    let check = |headers: &str, request: (&str, &str), body: &str, expected: u16| {
        let (status, said) = ask_as(&agent, headers, request.0, request.1, body);
        assert_eq!(status, expected, "{request:?} {body}: {said}");
    };
    let (put, look) = (("POST", "/agent/task"), |path| ("GET", path));
    check("", put, r#"{"prompt": "  "}"#, 400);
    check("", put, r#"{"prompt": "#, 400);
    check("", put, r#"{"promt": "Hi"}"#, 422);
    check("", put, r#"{"prompt": "Hi", "task": "a.b"}"#, 400);
    check("", put, &json!({ "prompt": "x".repeat(800_000) }).to_string(), 413);
    check("origin: http://evil.example\r\n", put, r#"{"prompt": "Hi"}"#, 403);
    check("", put, r#"{"prompt": "Hi", "task": "mine"}"#, 202);
    check("", look("/agent/task/mine?after=7"), "", 400);
    check("", look("/agent/task/mine?wait=soon"), "", 400);
    check("", look("/agent/task/mine?after=1-7&wait=-3"), "", 200);
    check("", look("/agent/task/not.mine"), "", 404);
}
