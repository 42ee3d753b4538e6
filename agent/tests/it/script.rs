//! A scripted HTTP client: each request takes the next answer; requests are kept and checked as Bedrock would.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use faultline_agent::{
    Agent, AgentConfig, AgentError, AgentEvent, Answer, Conversation, Mode, Toolbox, tools::Calculator,
    tools::GetOrderStatus,
};
use http_body::{Body, Frame};
use serde_json::{Value, json};

pub(crate) use crate::notation::*;
use crate::validator::validate;

struct Script {
    pieces: VecDeque<Piece>,
    waiting: Option<Pin<Box<tokio::time::Sleep>>>,
    dropped: Arc<AtomicBool>,
}

impl Body for Script {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(Piece::Wait(millis)) = self.pieces.front() {
            let millis = std::time::Duration::from_millis(*millis);
            let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(millis)));
            std::task::ready!(waiting.as_mut().poll(context));
            self.waiting = None;
            self.pieces.pop_front();
            return self.poll_frame(context);
        }
        match self.pieces.front() {
            Some(Piece::Hang) => Poll::Pending,
            Some(Piece::Break) => {
                self.pieces.clear();
                Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
            }
            _ => match self.pieces.pop_front() {
                Some(Piece::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
                _ => Poll::Ready(None),
            },
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

/// The far end: answers still to give, requests received.
#[derive(Clone)]
pub(crate) struct Server {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    requests: Arc<Mutex<Vec<Value>>>,
    paths: Arc<Mutex<Vec<String>>>,
    /// Whether the body of the last answer was dropped.
    pub(crate) body_dropped: Arc<AtomicBool>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server")
    }
}

impl Server {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            requests: Arc::default(),
            paths: Arc::default(),
            body_dropped: Arc::default(),
        }
    }

    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }

    /// Model and operation of each request: `test.model-v1:0/converse-stream`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }

    pub(crate) fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("AKIDEXAMPLE", "not-a-secret", None, None, "tests"))
            .endpoint_url("http://scripted")
            .retry_config(aws_smithy_types::retry::RetryConfig::disabled())
            .http_client(self.clone())
            .build();
        Client::from_conf(config)
    }

    fn respond(&self, reply: Reply) -> HttpResponse {
        self.body_dropped.store(false, Ordering::SeqCst);
        let script = Script { pieces: reply.body.into(), waiting: None, dropped: self.body_dropped.clone() };
        let status = StatusCode::try_from(reply.status).unwrap();
        let mut response = HttpResponse::new(status, SdkBody::from_body_1_x(script));
        for (name, value) in reply.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl HttpConnector for Server {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().split_once("/model/").unwrap().1.replace("%3A", ":");
        self.paths.lock().unwrap().push(path);
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let verdict = validate(&body);
        self.requests.lock().unwrap().push(body);
        if let Err(message) = verdict {
            let refusal = json!({ "message": message });
            return HttpConnectorFuture::ready(Ok(self.respond(self::body(
                400,
                Some("ValidationException"),
                &refusal,
            ))));
        }
        HttpConnectorFuture::ready(match self.replies.lock().unwrap().pop_front() {
            Some(reply) => Ok(self.respond(reply)),
            None => Err(ConnectorError::user("the script has no more answers".into())),
        })
    }
}

impl HttpClient for Server {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// What came of a prompt.
pub(crate) struct Outcome {
    pub(crate) result: Result<Answer, AgentError>,
    pub(crate) events: Vec<AgentEvent>,
    pub(crate) server: Server,
}

impl Outcome {
    pub(crate) fn text(&self) -> &str {
        &self.result.as_ref().expect("an answer").text
    }

    pub(crate) fn error(&self) -> &AgentError {
        self.result.as_ref().expect_err("an error")
    }

    /// The tools that began to run.
    pub(crate) fn started(&self) -> Vec<&str> {
        let names = self.events.iter().filter_map(|event| match event {
            AgentEvent::ToolStarted { name, .. } => Some(name.as_str()),
            _ => None,
        });
        names.collect()
    }

    /// The content of the last message of the nth request, from 0.
    pub(crate) fn last_message(&self, request: usize) -> Value {
        let messages = &self.server.requests()[request]["messages"];
        messages.as_array().unwrap().last().unwrap()["content"].clone()
    }

    /// The assistant message in the nth request, from 0.
    pub(crate) fn assistant(&self, request: usize) -> Value {
        let requests = self.server.requests();
        let messages = requests[request]["messages"].as_array().unwrap();
        messages.iter().rev().find(|message| message["role"] == "assistant").unwrap()["content"].clone()
    }
}

pub(crate) fn toolbox() -> Toolbox {
    Toolbox::new().with(Calculator).unwrap().with(GetOrderStatus::default()).unwrap()
}

pub(crate) fn config(mode: Mode) -> AgentConfig {
    AgentConfig { mode, ..AgentConfig::new("test.model-v1:0") }
}

/// Runs one prompt on a conversation.
pub(crate) async fn ask_on(
    server: &Server,
    config: AgentConfig,
    toolbox: Toolbox,
    conversation: &mut Conversation,
) -> Outcome {
    let mut events = Vec::new();
    let agent = Agent::new(server.client(), config, toolbox);
    let mut sink = |event| events.push(event);
    let result = agent.run(conversation, "Where is my order?", &mut sink).await;
    Outcome { result, events, server: server.clone() }
}

/// Runs one prompt on a new conversation, streaming, with the real tools.
pub(crate) async fn ask(replies: impl IntoIterator<Item = Reply>) -> Outcome {
    let server = Server::new(replies);
    ask_on(&server, config(Mode::Streaming), toolbox(), &mut Conversation::new()).await
}

/// The same, unary.
pub(crate) async fn ask_unary(replies: impl IntoIterator<Item = Reply>) -> Outcome {
    let server = Server::new(replies);
    ask_on(&server, config(Mode::Unary), toolbox(), &mut Conversation::new()).await
}
