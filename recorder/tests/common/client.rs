//! A client that says everything it got: status, headers, pieces with their times, trailers, and how it ended.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::error::Error;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// What came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub status: u16,
    /// In order, without those that are made anew each time.
    pub headers: Vec<(String, String)>,
    pub pieces: Vec<(Duration, Bytes)>,
    pub trailers: Vec<(String, String)>,
    pub end: End,
}

/// How it ended, for the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum End {
    #[default]
    Complete,
    /// Not as it should: the kind of error.
    Broke(String),
    /// Nothing more came; the client left.
    Silence,
}

impl Seen {
    pub fn body(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body()).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub http2: bool,
    /// So long a silence makes the client leave.
    pub patience: Duration,
}

impl Ask {
    pub fn new(path: &str, body: impl Into<Bytes>) -> Self {
        let patience = Duration::from_secs(10);
        let json = ("content-type".to_owned(), "application/json".to_owned());
        Self { path: path.into(), headers: vec![json], body: body.into(), http2: false, patience }
    }

    pub fn session(mut self, name: &str) -> Self {
        self.headers.push(("x-faultline-session".into(), name.into()));
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn http2(mut self, yes: bool) -> Self {
        self.http2 = yes;
        self
    }

    pub fn patience(mut self, millis: u64) -> Self {
        self.patience = Duration::from_millis(millis);
        self
    }

    fn request(&self, addr: SocketAddr) -> Request<Full<Bytes>> {
        let uri = if self.http2 { format!("http://{addr}{}", self.path) } else { self.path.clone() };
        let version = if self.http2 { Version::HTTP_2 } else { Version::HTTP_11 };
        let mut request = Request::post(uri).version(version);
        if !self.http2 {
            request = request.header("host", addr.to_string());
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(self.body.clone())).unwrap()
    }

    /// Asks over a connection of its own.
    pub async fn of(&self, addr: SocketAddr) -> Seen {
        let began = Instant::now();
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let io = TokioIo::new(stream);
        let request = self.request(addr);
        let answer = if self.http2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
            let _alone = tokio::spawn(connection);
            tokio::time::timeout(self.patience, sender.send_request(request)).await
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            let _alone = tokio::spawn(connection);
            tokio::time::timeout(self.patience, sender.send_request(request)).await
        };
        match answer {
            Err(_) => Seen { end: End::Silence, ..Seen::default() },
            Ok(Err(why)) => Seen { end: End::Broke(kind(&why)), ..Seen::default() },
            Ok(Ok(response)) => self.read(response, began).await,
        }
    }

    async fn read(&self, response: Response<Incoming>, began: Instant) -> Seen {
        let (parts, mut body) = response.into_parts();
        let mut seen =
            Seen { status: parts.status.as_u16(), headers: pairs(&parts.headers), ..Seen::default() };
        loop {
            let frame = match tokio::time::timeout(self.patience, body.frame()).await {
                Err(_) => {
                    seen.end = End::Silence;
                    return seen;
                }
                Ok(None) => return seen,
                Ok(Some(Err(why))) => {
                    seen.end = End::Broke(kind(&why));
                    return seen;
                }
                Ok(Some(Ok(frame))) => frame,
            };
            match frame.into_data() {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => seen.pieces.push((began.elapsed(), bytes)),
                Err(frame) => {
                    seen.trailers = frame.into_trailers().map(|map| pairs(&map)).unwrap_or_default();
                }
            }
        }
    }
}

/// Made anew for each answer.
const NEW: [&str; 3] = ["date", "connection", "transfer-encoding"];

fn pairs(map: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
    };
    let mut all: Vec<_> = map.iter().map(pair).filter(|(name, _)| !NEW.contains(&name.as_str())).collect();
    all.sort();
    all
}

fn kind(error: &hyper::Error) -> String {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(h2) = error.downcast_ref::<h2::Error>() {
            let kind = if h2.is_go_away() { "GOAWAY" } else { "RST_STREAM" };
            return format!("{kind} {:?}", h2.reason());
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            // Which of the two it is depends on who was faster.
            let is_reset = matches!(io.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
            return if is_reset { "reset".to_owned() } else { format!("{:?}", io.kind()) };
        }
        next = error.source();
    }
    if error.is_incomplete_message() { "cut".to_owned() } else { error.to_string() }
}
