//! An HTTP/2 client made of raw frames: it shows every frame and how the connection ended.

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const END_STREAM: u8 = 1;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// How the connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Fin,
    Rst,
    /// End of file inside a frame.
    Broken,
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut out = length[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

/// Preface, settings with a window of `window` bytes a stream, and the same for the connection.
pub fn opening(window: u32) -> Vec<u8> {
    let mut out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let mut setting = vec![0, 4];
    setting.extend(window.to_be_bytes());
    out.extend(frame(SETTINGS, 0, 0, &setting));
    out.extend(frame(WINDOW_UPDATE, 0, 0, &(1u32 << 29).to_be_bytes()));
    out
}

/// A POST with a `{}` body: header fields as literals (RFC 7541, 6.2.2).
pub fn post(stream: u32, path: &str) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in [(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", path)] {
        block.push(0);
        for text in [name, value] {
            assert!(text.len() < 127);
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    let mut out = frame(HEADERS, 4, stream, &block);
    out.extend(frame(DATA, END_STREAM, stream, b"{}"));
    out
}

/// A connection.
pub struct Client<S> {
    pub io: S,
    buffer: Vec<u8>,
}

impl Client<TcpStream> {
    pub async fn connect(address: SocketAddr, window: u32) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap(), window).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn over(mut io: S, window: u32) -> Self {
        io.write_all(&opening(window)).await.unwrap();
        Self { io, buffer: Vec::new() }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.io.write_all(bytes).await.unwrap();
    }

    /// The next frame, or how the connection ended.
    pub async fn next(&mut self) -> Result<Frame, End> {
        loop {
            if let Some(frame) = parse(&mut self.buffer) {
                return Ok(frame);
            }
            match self.io.read_buf(&mut self.buffer).await {
                Ok(0) if self.buffer.is_empty() => return Err(End::Fin),
                Ok(0) => return Err(End::Broken),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(End::Rst),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The frames of streams, and GOAWAY, until the wanted one came or the connection ended.
    pub async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> (Vec<Frame>, Option<End>) {
        let mut frames = Vec::new();
        loop {
            match self.next().await {
                Ok(frame) => {
                    let over = wanted(&frame);
                    if frame.stream != 0 || frame.kind == GOAWAY {
                        frames.push(frame);
                    }
                    if over {
                        return (frames, None);
                    }
                }
                Err(end) => return (frames, Some(end)),
            }
        }
    }
}

fn parse(buffer: &mut Vec<u8>) -> Option<Frame> {
    let [a, b, c, kind, flags, i, j, k, l] = *buffer.first_chunk::<9>()?;
    let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap();
    let whole = buffer.get(9..9 + length)?;
    let frame = Frame { kind, flags, stream: u32::from_be_bytes([i, j, k, l]), payload: whole.to_vec() };
    buffer.drain(..9 + length);
    Some(frame)
}

/// The DATA of a stream, joined.
pub fn data(frames: &[Frame], stream: u32) -> Vec<u8> {
    let of = |frame: &&Frame| frame.kind == DATA && frame.stream == stream;
    frames.iter().filter(of).flat_map(|frame| frame.payload.clone()).collect()
}

/// Whether the stream has ended as HTTP/2 wants it.
pub fn ended(frames: &[Frame], stream: u32) -> bool {
    frames.iter().any(|frame| {
        frame.stream == stream && frame.flags & END_STREAM != 0 && matches!(frame.kind, DATA | HEADERS)
    })
}
