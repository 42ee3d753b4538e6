//! What a command prints, kept up to a bound: its start and its end. The rest is read, so that nobody waits for us, and
//! dropped.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes that are kept of the start, and of the end: where an answer ends matters most.
const HEAD: usize = 768 * 1024;
const TAIL: usize = 256 * 1024;

/// What was captured so far. Copies share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captured(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: usize,
}

impl Captured {
    /// Reads until the end, or until nothing more can be read.
    pub(crate) async fn read(self, mut from: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            self.push(&buffer[..count]);
        }
    }

    /// Keeps more.
    pub(crate) fn push(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }

    /// What was kept, as text.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

impl Kept {
    fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        self.dropped += over;
    }

    fn text(&self) -> String {
        let left_out = match self.dropped {
            0 => String::new(),
            count => format!("\n[{count} bytes left out]\n"),
        };
        let (a, b) = self.tail.as_slices();
        let bytes = [self.head.as_slice(), left_out.as_bytes(), a, b].concat();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(length: usize) -> String {
        let mut kept = Kept::default();
        let bytes: Vec<u8> = (0..length).map(|n| b"0123456789"[n % 10]).collect();
        bytes.chunks(1000).for_each(|chunk| kept.push(chunk));
        kept.text()
    }

    #[test]
    fn what_fits_is_kept_whole_and_of_more_both_ends() {
        assert_eq!(kept(12), "012345678901");
        assert_eq!(kept(HEAD + TAIL).len(), HEAD + TAIL);
        let much = kept(HEAD + TAIL + 5);
        assert!(much.starts_with("0123") && much.contains("\n[5 bytes left out]\n"));
        assert_eq!(much.len(), HEAD + TAIL + "\n[5 bytes left out]\n".len());
    }
}
