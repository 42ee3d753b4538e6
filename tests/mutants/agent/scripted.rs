//! The tools that somebody serves for us at FAULTLINE_TOOLS_URL: their list, and calls that may go wrong in any way.
//!
//! What goes wrong becomes an error result. Nothing is called twice: nobody knows what a call has done whose result was
//! lost.

use crate::bug::Bug;
use crate::client::first;
use crate::history::{Given, Output};
use crate::limits::{PICTURE, RESULT, TOOL};
use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::types::ToolConfiguration;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What stands for a result that says nothing.
const NOTHING: &str = "(no output)";

/// What is shown of an error's body, in characters.
const SHOWN: usize = 200;

/// The tools that are served.
#[derive(Debug)]
pub(crate) struct Scripted {
    address: String,
    offered: Vec<Value>,
}

impl Scripted {
    /// Reads their list; `None` where none are served.
    pub(crate) async fn find() -> Result<Option<Self>, String> {
        let Some(url) = first(&["FAULTLINE_TOOLS_URL"]) else { return Ok(None) };
        let address = url.trim_start_matches("http://").to_owned();
        let answer = ask(&address, Method::GET, "/tools", "", String::new()).await?;
        let offered = serde_json::from_slice(answer.body()).map_err(|why| format!("{url}/tools: {why}"))?;
        Ok(Some(Self { address, offered }))
    }

    /// What the model is offered.
    pub(crate) fn configuration(&self) -> Result<ToolConfiguration, BuildError> {
        let text = |tool: &Value, member: &str| tool[member].as_str().unwrap_or_default().to_owned();
        let tools = self.offered.iter().map(|tool| {
            crate::tools::tool(&text(tool, "name"), &text(tool, "description"), &tool["inputSchema"])
        });
        ToolConfiguration::builder().set_tools(Some(tools.collect::<Result<_, _>>()?)).build()
    }

    /// Whether there is a tool of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.offered.iter().any(|tool| tool["name"] == name)
    }

    /// Calls a tool, once.
    pub(crate) async fn call(&self, name: &str, id: &str, input: &Map<String, Value>, bug: Bug) -> Given {
        let mut answer = self.answer(name, id, input, bug).await;
        if answer.is_err() && bug.is(Bug::RetriesLostTools) {
            answer = self.answer(name, id, input, bug).await;
        }
        let answer = answer.map_err(|why| format!("The tool gave no answer: {why}."))?;
        if !answer.status().is_success() {
            let said: String = String::from_utf8_lossy(answer.body()).chars().take(SHOWN).collect();
            return Err(format!("The tool failed with HTTP {}: {said}", answer.status().as_u16()));
        }
        Ok(result(&answer, bug))
    }

    async fn answer(
        &self,
        name: &str,
        id: &str,
        input: &Map<String, Value>,
        bug: Bug,
    ) -> Result<Response<Bytes>, String> {
        let (path, body) = (format!("/tools/{name}"), Value::Object(input.clone()).to_string());
        let asked = ask(&self.address, Method::POST, &path, id, body);
        if bug.is(Bug::NoToolTimeout) {
            return asked.await;
        }
        timeout(TOOL, asked).await.map_err(|_| format!("nothing came for {} ms", TOOL.as_millis()))?
    }
}

/// A result for the model: a picture that is not too large, or something to read.
fn result(answer: &Response<Bytes>, bug: Bug) -> Output {
    let (body, kind) = (answer.body(), answer.headers().get("content-type"));
    if kind.is_some_and(|kind| kind == "image/png")
        && (body.len() <= PICTURE || bug.is(Bug::SendsBigPictures))
    {
        return Output::Picture(body.to_vec());
    }
    Output::Value(readable(body, bug))
}

/// A JSON object, or a text that is neither empty nor too long.
fn readable(body: &Bytes, bug: Bug) -> Value {
    let Ok(text) = std::str::from_utf8(body) else {
        return if bug.is(Bug::SendsResultsWhole) {
            String::from_utf8_lossy(body).into()
        } else {
            format!("{} bytes that are no text", body.len()).into()
        };
    };
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => value,
        Ok(value) if bug.is(Bug::ScalarResultsAsJson) => value,
        _ if text.trim().is_empty() && !bug.is(Bug::SendsEmptyResults) => NOTHING.into(),
        _ => shortened(text, bug).into(),
    }
}

fn shortened(text: &str, bug: Bug) -> String {
    if text.len() <= RESULT || bug.is(Bug::SendsResultsWhole) {
        return text.to_owned();
    }
    let end = if bug.is(Bug::CutsCharacters) { RESULT } else { text.floor_char_boundary(RESULT) };
    format!("{}… (shortened, {} bytes in all)", &text[..end], text.len())
}

async fn ask(
    address: &str,
    method: Method,
    path: &str,
    id: &str,
    body: String,
) -> Result<Response<Bytes>, String> {
    let stream = TcpStream::connect(address).await.map_err(|why| why.to_string())?;
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|why| why.to_string())?;
    let connection = tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", address);
    let request = request.header("x-tool-use-id", id).header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from(body))).map_err(|why| why.to_string())?;
    let (head, body) = sender.send_request(request).await.map_err(|why| why.to_string())?.into_parts();
    let body = body.collect().await.map_err(|why| why.to_string())?.to_bytes();
    connection.abort();
    Ok(Response::from_parts(head, body))
}
