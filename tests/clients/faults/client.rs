//! The clients of the table, and what they are asked.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::rows::{Only, Row};

/// A client with a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Client {
    /// Python; it speaks HTTP/1.1 alone.
    Boto3,
    /// JavaScript with `NodeHttpHandler`.
    JsH1,
    /// JavaScript as it comes, by `http://`: HTTP/2 with prior knowledge.
    JsH2c,
    /// JavaScript as it comes, by `https://`.
    JsH2,
    /// Rust by `http://`.
    RustH1,
    /// Rust by `https://`.
    RustH2,
}

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Column {
    /// Python.
    Boto3,
    /// JavaScript with `NodeHttpHandler`.
    JsH1,
    /// JavaScript as it comes, plain and over TLS.
    JsH2,
    /// Rust by `http://`.
    RustH1,
    /// Rust by `https://`.
    RustH2,
}

/// The columns.
pub(crate) const COLUMNS: [Column; 5] =
    [Column::Boto3, Column::JsH1, Column::JsH2, Column::RustH1, Column::RustH2];

impl Column {
    /// Its heading.
    pub(crate) fn heading(self) -> &'static str {
        match self {
            Self::Boto3 => "boto3, HTTP/1.1",
            Self::JsH1 => "JavaScript, HTTP/1.1",
            Self::JsH2 => "JavaScript, HTTP/2",
            Self::RustH1 => "Rust, HTTP/1.1",
            Self::RustH2 => "Rust, HTTP/2",
        }
    }

    /// Whose answers it shows.
    pub(crate) fn clients(self) -> &'static [Client] {
        match self {
            Self::Boto3 => &[Client::Boto3],
            Self::JsH1 => &[Client::JsH1],
            Self::JsH2 => &[Client::JsH2c, Client::JsH2],
            Self::RustH1 => &[Client::RustH1],
            Self::RustH2 => &[Client::RustH2],
        }
    }
}

/// The program that a client runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// `python/driver.py`.
    Python,
    /// `node/driver.mjs`.
    Node,
    /// This process.
    Rust,
}

/// All of them.
pub(crate) const CLIENTS: [Client; 6] =
    [Client::Boto3, Client::JsH1, Client::JsH2c, Client::JsH2, Client::RustH1, Client::RustH2];

impl Client {
    /// What tells it from the other client of its column.
    pub(crate) fn scheme(self) -> &'static str {
        if matches!(self, Self::JsH2 | Self::RustH2) { "`https://`" } else { "`http://`" }
    }

    /// What it runs in.
    pub(crate) fn program(self) -> Program {
        match self {
            Self::Boto3 => Program::Python,
            Self::JsH1 | Self::JsH2c | Self::JsH2 => Program::Node,
            Self::RustH1 | Self::RustH2 => Program::Rust,
        }
    }

    /// Whether it is asked about a row.
    pub(crate) fn takes(self, row: &Row) -> bool {
        let steady = row.unsteady.keys().all(|column| !column.clients().contains(&self));
        steady && self.can(row)
    }

    fn can(self, row: &Row) -> bool {
        match row.only {
            None => true,
            Some(Only::Http2) => matches!(self, Self::JsH2c | Self::JsH2 | Self::RustH2),
            Some(Only::Tls) => !matches!(self, Self::JsH2c | Self::RustH1),
        }
    }

    /// Whether it connects by `https://` for a row.
    pub(crate) fn by_tls(self, row: &Row) -> bool {
        matches!(self, Self::JsH2 | Self::RustH2) || row.only == Some(Only::Tls)
    }

    /// What its driver is asked.
    pub(crate) fn task(self, row: &Row, url: &str, ca: Option<&Path>) -> Value {
        let settings = row.client;
        json!({
            "id": format!("{} {}", row.fault, row.place),
            "operation": row.operation,
            "endpoint": url,
            "request": request(settings.upload),
            "limit_ms": row.limit_ms,
            "client": {
                "transport": (self == Self::JsH1).then_some("http1"),
                "read_timeout_ms": settings.read_timeout_ms,
                "calls": settings.calls,
                "pause_ms": settings.pause_ms,
                "parallel": settings.parallel,
                "ca_bundle": ca,
            },
        })
    }
}

fn request(upload: Option<usize>) -> Value {
    let text = upload.map_or_else(|| "Hello".to_owned(), |bytes| "x".repeat(bytes));
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    json!({
        "modelId": super::rows::MODEL,
        "messages": [{ "role": "user", "content": [{ "text": text }] }],
        "toolConfig": { "tools": [{ "toolSpec": { "name": "get_weather", "inputSchema": { "json": schema } } }] },
    })
}
