//! `FaultIo`: the socket under hyper. It knows when bytes have left and can be taken away at an exact place.
//!
//! It wraps the plain or the TLS stream, so it sees HTTP bytes. It knows nothing of plans: the connection's
//! control block tells it when to give the socket up.

use crate::control::Control;
use crate::frames::Scanner;
use crate::idle::Idle;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A byte stream over TCP.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The TCP socket below.
    fn tcp(&self) -> &TcpStream;
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Whether the kernel still holds bytes that it has not sent: a reset would throw them away. Known on Linux;
/// elsewhere the answer is no.
#[cfg(target_os = "linux")]
pub(crate) fn has_unsent(tcp: &TcpStream) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    // With this mark a socket counts as writable only when nothing unsent is left (tcp(7)).
    if socket2::SockRef::from(tcp).set_tcp_notsent_lowat(1).is_err() {
        return false;
    }
    let mut fds = [PollFd::new(tcp, PollFlags::OUT)];
    matches!(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(0))
}

/// Whether the kernel still holds bytes that it has not sent. Not known here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn has_unsent(_: &TcpStream) -> bool {
    false
}

/// Where the socket goes when an ending takes it away from hyper.
pub(crate) type Kept<T> = Arc<Mutex<Option<T>>>;

/// The socket that hyper sees.
pub(crate) struct FaultIo<T> {
    inner: Option<T>,
    control: Arc<Control>,
    kept: Kept<T>,
    scanner: Scanner,
    /// There on connections that close between answers.
    idle: Option<Box<Idle>>,
}

impl<T: Transport> FaultIo<T> {
    /// Wraps `inner`; `kept` receives it when an ending is due.
    pub(crate) fn new(inner: T, control: Arc<Control>, kept: Kept<T>) -> Self {
        Self { inner: Some(inner), control, kept, scanner: Scanner::new(), idle: None }
    }

    /// The same, and the socket is given up as soon as an answer is complete and none is under way.
    pub(crate) fn until_idle(self) -> Self {
        Self { idle: Some(Box::new(Idle::new())), ..self }
    }

    /// Whether the socket is to be given up now, at a completed flush.
    fn is_leaving(&self) -> bool {
        let idle = |idle: &Idle| idle.is_idle(self.scanner.is_http2(), &self.control);
        self.control.is_ending() || self.idle.as_deref().is_some_and(idle)
    }

    /// Takes note of what was written, where somebody wants to know.
    fn wrote(&mut self, bufs: &[IoSlice<'_>], written: &Poll<io::Result<usize>>) {
        if let (Some(idle), Poll::Ready(Ok(count)), true) = (&mut self.idle, written, self.scanner.is_http2())
        {
            idle.sent(bufs, *count);
        }
    }

    /// Takes the socket away: at a completed flush, so at the end of a frame or chunk.
    fn leave(&mut self) -> io::Error {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = self.inner.take();
        gone()
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "a planned ending took the connection")
}

impl<T: Transport> AsyncRead for FaultIo<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        me.control.register(cx.waker());
        let Some(inner) = &mut me.inner else { return Poll::Ready(Err(gone())) };
        let before = buf.filled().len();
        ready!(Pin::new(inner).poll_read(cx, buf))?;
        let (scanner, idle) = (&mut me.scanner, &mut me.idle);
        scanner.feed(&buf.filled()[before..], |frame| {
            if let Some(idle) = idle {
                idle.received(frame);
            }
        });
        me.control.opened(me.scanner.newest());
        Poll::Ready(Ok(()))
    }
}

impl<T: Transport> AsyncWrite for FaultIo<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        let Some(inner) = &mut me.inner else { return Poll::Ready(Err(gone())) };
        let written = Pin::new(inner).poll_write(cx, buf);
        me.wrote(&[IoSlice::new(buf)], &written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        let Some(inner) = &mut me.inner else { return Poll::Ready(Err(gone())) };
        let written = Pin::new(inner).poll_write_vectored(cx, bufs);
        me.wrote(bufs, &written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    // hyper and h2 call this only when their own buffers are empty: everything written so far has left.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        let Some(inner) = &mut me.inner else { return Poll::Ready(Err(gone())) };
        ready!(Pin::new(inner).poll_flush(cx))?;
        me.control.flushed();
        if me.is_leaving() { Poll::Ready(Err(me.leave())) } else { Poll::Ready(Ok(())) }
    }

    // Without a socket this does nothing: no FIN and no TLS close_notify may go ahead of a reset.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().inner {
            Some(inner) => Pin::new(inner).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}
