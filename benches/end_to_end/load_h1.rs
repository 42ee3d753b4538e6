//! HTTP/1.1 clients: one socket each, keep-alive, one request at a time. As cheap as a client can be, since it
//! shares the machine with the server.

use crate::workload::{PATH, body};
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection.
pub(crate) struct Connection {
    tcp: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        Self::open_to(address, PATH).await
    }

    /// Connects, to ask at another path.
    pub(crate) async fn open_to(address: SocketAddr, path: &str) -> Result<Self> {
        Self::open_with(address, path, &body()).await
    }

    /// Connects, to ask something else at another path.
    pub(crate) async fn open_with(address: SocketAddr, path: &str, body: &str) -> Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Ok(Self { tcp, request: (head + body).into_bytes(), buffer: vec![0; 32 * 1024] })
    }

    /// One request; `arrived` gets the number of body bytes whenever some arrive.
    pub(crate) async fn stream(&mut self, mut arrived: impl FnMut(usize)) -> Result<()> {
        self.stream_bytes(|bytes| arrived(bytes.len())).await
    }

    /// One request; `arrived` gets the bytes of the body as they arrive.
    pub(crate) async fn stream_bytes(&mut self, mut arrived: impl FnMut(&[u8])) -> Result<()> {
        self.tcp.write_all(&self.request).await?;
        let mut answer = Answer::default();
        while !answer.is_over() {
            let count = self.tcp.read(&mut self.buffer).await?;
            if count == 0 {
                bail!("the server closed the connection inside an answer");
            }
            answer.feed(&self.buffer[..count], &mut arrived)?;
        }
        Ok(())
    }
}

/// As much of an HTTP/1.1 answer as tells where it ends: a head, then chunks.
#[derive(Default)]
struct Answer {
    /// What is not understood yet: a part of the head or of a chunk's size line.
    rest: Vec<u8>,
    state: State,
}

#[derive(Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    Size,
    /// So many bytes are left: data and its line end.
    Data(usize),
    /// The line end after the last chunk.
    Last,
    Over,
}

impl Answer {
    fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Takes bytes; hands on those of them that are body.
    fn feed(&mut self, mut bytes: &[u8], arrived: &mut impl FnMut(&[u8])) -> Result<()> {
        while !bytes.is_empty() {
            if let State::Data(left) = self.state {
                let taken = left.min(bytes.len());
                // The last two of a chunk are its line end.
                let body = left.saturating_sub(2).min(taken);
                if body > 0 {
                    arrived(&bytes[..body]);
                }
                bytes = &bytes[taken..];
                self.state = if taken == left { State::Size } else { State::Data(left - taken) };
                continue;
            }
            let Some(line) = self.line(&mut bytes) else { break };
            self.read(&line)?;
        }
        Ok(())
    }

    /// The head as a whole, or a line; without its end.
    fn line(&mut self, bytes: &mut &[u8]) -> Option<Vec<u8>> {
        let end: &[u8] = if self.state == State::Head { b"\r\n\r\n" } else { b"\r\n" };
        let before = self.rest.len();
        self.rest.extend_from_slice(bytes);
        let from = before.saturating_sub(end.len());
        let Some(at) = self.rest[from..].windows(end.len()).position(|window| window == end) else {
            *bytes = &[];
            return None;
        };
        let at = from + at;
        *bytes = &bytes[at + end.len() - before..];
        let mut line = std::mem::take(&mut self.rest);
        line.truncate(at);
        Some(line)
    }

    fn read(&mut self, line: &[u8]) -> Result<()> {
        let text = std::str::from_utf8(line).context("an answer's head is no text")?;
        self.state = match self.state {
            State::Head if !text.starts_with("HTTP/1.1 200") => bail!("the server answers {text}"),
            State::Head if !text.to_ascii_lowercase().contains("transfer-encoding: chunked") => {
                bail!("an answer without chunks: {text}")
            }
            State::Head => State::Size,
            State::Size => match usize::from_str_radix(text, 16).context("a chunk without a size")? {
                0 => State::Last,
                size => State::Data(size + 2),
            },
            State::Last if text.is_empty() => State::Over,
            _ => bail!("bytes after an answer"),
        };
        Ok(())
    }
}
