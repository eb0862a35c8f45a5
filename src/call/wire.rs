//! The bytes under TLS and under HTTP: a TCP stream that reads on after a failed write, and a tap on the head.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::diagnosis;
use crate::evidence::End;

/// What passed over the wire, as far as it matters to the verdict and to `-i`.
#[derive(Default)]
pub(super) struct Record {
    /// The heads of the answer, interim ones included, as they came.
    pub(super) head: Vec<u8>,
    /// Since the start of the call, at the answer's first byte.
    pub(super) first_byte: Option<Duration>,
    /// The first bytes from the network, below TLS.
    pub(super) greeting: Vec<u8>,
    /// How the endpoint's side ended.
    pub(super) end: Option<End>,
    /// The first write that failed.
    pub(super) write_failure: Option<String>,
    /// The last write that the system took, since the start of the call.
    pub(super) last_written: Duration,
    head_complete: bool,
    /// Where the head that is coming begins: past the interim ones.
    head_start: usize,
    /// So much of it has been looked through.
    scanned: usize,
}

/// A record shared between the layers of a connection.
pub(super) type SharedRecord = Arc<Mutex<Record>>;

/// Reads or extends a record.
pub(super) fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Record {
    /// Longer heads are HTTP's fault to report, not ours to keep.
    const MAX_HEAD: usize = 1 << 20;

    /// Enough for the first line of any protocol.
    const GREETING: usize = 128;

    /// For HTTP/2, whose heads are not text, and whose first bytes are no answer.
    pub(super) fn keep_no_head(&mut self) {
        self.head_complete = true;
    }

    /// Whether what came began as a TLS record does (RFC 8446 section 5.1), or nothing came.
    pub(super) fn is_tls(&self) -> bool {
        self.greeting.first().is_none_or(|kind| (20..=23).contains(kind))
    }

    fn received(&mut self, bytes: &[u8], start: Instant) {
        if self.head_complete {
            return;
        }
        self.first_byte.get_or_insert_with(|| start.elapsed());
        self.head.extend_from_slice(bytes);
        if let Some(end) = self.end_of_heads() {
            self.head.truncate(end);
            self.head_complete = true;
        }
        self.head_complete |= self.head.len() > Self::MAX_HEAD;
    }

    /// Where the final head ends, past any interim (1xx) ones; `None` while it has not come whole. What has been
    /// looked through is not looked through again: a head may come byte by byte.
    fn end_of_heads(&mut self) -> Option<usize> {
        // Empty lines before a head are passed over (RFC 9112 section 2.2 has them before a request).
        while matches!(self.head.get(self.head_start), Some(b'\r' | b'\n')) {
            self.head_start += 1;
            self.scanned = self.scanned.max(self.head_start);
        }
        while let Some(end) = end_of_head(&self.head, self.scanned) {
            let code = self.head.get(self.head_start + 9..self.head_start + 12).unwrap_or_default();
            if !code.starts_with(b"1") || code == b"101" {
                return Some(end);
            }
            (self.head_start, self.scanned) = (end, end);
        }
        self.scanned = self.scanned.max(self.head.len().saturating_sub(EMPTY_LINE.len() - 1));
        None
    }
}

/// What ends a head, at its longest: the end of its last line and an empty one.
const EMPTY_LINE: &[u8] = b"\n\r\n";

/// Past the first empty line from there on; a bare LF ends a line too (RFC 9112 section 2.2).
fn end_of_head(head: &[u8], from: usize) -> Option<usize> {
    (from..head.len()).filter(|at| head.get(*at) == Some(&b'\n')).find_map(|at| match head.get(at + 1..)? {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// A TCP stream whose failed writes do not hide what the peer had said before it went: an alert or an early
/// answer still waits in the receive buffer when the write fails. So the failure is noted, the bytes are
/// dropped, and the read side, which ends at once now, tells what happened.
pub(super) struct Wire<S> {
    inner: S,
    /// What a proxy handed over with the stream.
    early: Bytes,
    start: Instant,
    record: SharedRecord,
}

impl<S> Wire<S> {
    pub(super) fn new(inner: S, early: Bytes, start: Instant, record: SharedRecord) -> Self {
        Self { inner, early, start, record }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.early.is_empty() {
            ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        } else {
            let length = self.early.len().min(buffer.remaining());
            buffer.put_slice(&self.early.split_to(length));
        }
        let greeting = &mut lock(&self.record).greeting;
        let wanted = Record::GREETING.saturating_sub(greeting.len());
        greeting.extend(buffer.filled().iter().skip(before).take(wanted));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if lock(&self.record).write_failure.is_some() {
            return Poll::Ready(Ok(bytes.len()));
        }
        Poll::Ready(match ready!(Pin::new(&mut self.inner).poll_write(cx, bytes)) {
            Ok(written) => {
                lock(&self.record).last_written = self.start.elapsed();
                Ok(written)
            }
            Err(error) => {
                lock(&self.record).write_failure = Some(diagnosis::in_words(&error));
                Ok(bytes.len())
            }
        })
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The stream under HTTP: keeps the head as it came, the moment of its first byte, and how it all ended. Nothing
/// is read before something was written: an endpoint may answer without waiting for the request, and hyper
/// takes what comes before it for a fault.
pub(super) struct Tap<S> {
    inner: S,
    start: Instant,
    record: SharedRecord,
    asked: bool,
    reader: Option<Waker>,
}

impl<S> Tap<S> {
    pub(super) fn new(inner: S, start: Instant, record: SharedRecord) -> Self {
        Self { inner, start, record, asked: false, reader: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.asked {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        let mut record = lock(&self.record);
        match &outcome {
            Ok(()) => match buffer.filled().get(before..).unwrap_or_default() {
                [] => record.end = record.end.take().or(Some(End::CloseNotify)),
                bytes => record.received(bytes, self.start),
            },
            Err(error) => record.end = record.end.take().or_else(|| Some(diagnosis::end(error))),
        }
        drop(record);
        Poll::Ready(outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The heads of an answer that comes in pieces of this size.
    fn heads(wire: &[u8], piece: usize) -> Vec<u8> {
        let mut record = Record::default();
        wire.chunks(piece).for_each(|bytes| record.received(bytes, Instant::now()));
        assert!(record.head_complete, "it comes to no end");
        record.head
    }

    #[test]
    fn interim_heads_belong_to_the_head() {
        let head = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\n\r\n";
        let wire = [&head[..], b"body\r\n\r\n"].concat();
        for piece in 1..wire.len() {
            assert_eq!(heads(&wire, piece), head, "in pieces of {piece}");
        }
    }

    #[test]
    fn empty_lines_before_a_head_do_not_end_it() {
        let head = b"\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\n\r\n";
        for piece in [1, 3, 100] {
            assert_eq!(heads(&[&head[..], b"hello"].concat(), piece), head);
        }
    }

    #[test]
    fn bare_line_feeds_end_a_head() {
        for piece in [1, 2, 100] {
            assert_eq!(heads(b"HTTP/1.0 200 OK\n\nbody", piece), b"HTTP/1.0 200 OK\n\n");
        }
    }
}
