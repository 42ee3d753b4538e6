//! A minimal HTTP/1.1 client: it shows the bytes and how the connection ended.

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// How the connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The message was whole.
    Whole,
    /// End of file inside the message.
    Fin,
    /// Connection reset.
    Rst,
}

/// What was received.
#[derive(Debug)]
pub struct Answer {
    pub head: String,
    /// The chunks, or one for a body with a length.
    pub chunks: Vec<Vec<u8>>,
    pub end: End,
    /// Bytes of an unfinished chunk.
    pub partial: usize,
}

impl Answer {
    pub fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or("")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
    }

    pub fn body(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

pub fn request(path: &str, headers: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

pub async fn post(address: SocketAddr, path: &str) -> Answer {
    send(address, &request(path, "", "{}")).await
}

pub async fn send(address: SocketAddr, text: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    exchange(&mut stream, text).await
}

pub async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, text: &str) -> Answer {
    stream.write_all(text.as_bytes()).await.unwrap();
    receive(stream).await
}

/// Reads one answer.
pub async fn receive<S: AsyncRead + Unpin>(stream: &mut S) -> Answer {
    let mut answer = Answer { head: String::new(), chunks: vec![], end: End::Whole, partial: 0 };
    let mut buffer = Vec::new();
    answer.end = match parts(stream, &mut buffer, &mut answer).await {
        Ok(()) => End::Whole,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => End::Fin,
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => End::Rst,
        Err(error) => panic!("{error}"),
    };
    if answer.end != End::Whole {
        answer.partial = buffer.len();
    }
    answer
}

async fn parts<S: AsyncRead + Unpin>(s: &mut S, buffer: &mut Vec<u8>, answer: &mut Answer) -> io::Result<()> {
    answer.head = String::from_utf8(until(s, buffer, b"\r\n\r\n").await?).unwrap();
    if let Some(length) = answer.header("content-length").map(|text| text.parse().unwrap()) {
        let body = take(s, buffer, length).await?;
        answer.chunks.push(body);
        return Ok(());
    }
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "{}", answer.head);
    loop {
        let line = String::from_utf8(until(s, buffer, b"\r\n").await?).unwrap();
        let size = usize::from_str_radix(line.trim_end(), 16).unwrap();
        let mut chunk = take(s, buffer, size + 2).await?;
        assert_eq!(chunk.split_off(size), b"\r\n");
        if size == 0 {
            return Ok(());
        }
        answer.chunks.push(chunk);
    }
}

async fn until<S: AsyncRead + Unpin>(s: &mut S, buffer: &mut Vec<u8>, end: &[u8]) -> io::Result<Vec<u8>> {
    loop {
        if let Some(at) = buffer.windows(end.len()).position(|window| window == end) {
            return Ok(buffer.drain(..at + end.len()).collect());
        }
        more(s, buffer).await?;
    }
}

async fn take<S: AsyncRead + Unpin>(s: &mut S, buffer: &mut Vec<u8>, count: usize) -> io::Result<Vec<u8>> {
    while buffer.len() < count {
        more(s, buffer).await?;
    }
    Ok(buffer.drain(..count).collect())
}

async fn more<S: AsyncRead + Unpin>(s: &mut S, buffer: &mut Vec<u8>) -> io::Result<()> {
    if s.read_buf(buffer).await? == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}
