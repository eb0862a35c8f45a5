//! The bytes under TLS and under HTTP: a TCP stream that reads on after a failed write, and a tap on the head.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

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
    head_complete: bool,
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

    /// For HTTP/2, whose heads are not text.
    pub(super) fn keep_no_head(&mut self) {
        self.head_complete = true;
    }

    /// Whether what came began as a TLS record does (RFC 8446 section 5.1), or nothing came.
    pub(super) fn is_tls(&self) -> bool {
        self.greeting.first().is_none_or(|kind| (20..=23).contains(kind))
    }

    fn received(&mut self, bytes: &[u8], start: Instant) {
        self.first_byte.get_or_insert_with(|| start.elapsed());
        if self.head_complete {
            return;
        }
        self.head.extend_from_slice(bytes);
        if let Some(end) = end_of_heads(&self.head) {
            self.head.truncate(end);
            self.head_complete = true;
        }
        self.head_complete |= self.head.len() > Self::MAX_HEAD;
    }
}

/// Where the final head ends, past any interim (1xx) ones; `None` while it has not come whole.
fn end_of_heads(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    loop {
        let head = bytes.get(start..)?;
        let end = start + end_of_head(head)?;
        let interim = head.get(9..10) == Some(b"1") && head.get(9..12) != Some(b"101");
        if !interim {
            return Some(end);
        }
        start = end;
    }
}

/// Past the empty line; a bare LF ends a line too (RFC 9112 section 2.2).
fn end_of_head(head: &[u8]) -> Option<usize> {
    head.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).find_map(|at| {
        match head.get(at + 1..)? {
            [b'\n', ..] => Some(at + 2),
            [b'\r', b'\n', ..] => Some(at + 3),
            _ => None,
        }
    })
}

/// A TCP stream whose failed writes do not hide what the peer had said before it went: an alert or an early
/// answer still waits in the receive buffer when the write fails. So the failure is noted, the bytes are
/// dropped, and the read side, which ends at once now, tells what happened.
pub(super) struct Wire<S> {
    inner: S,
    record: SharedRecord,
}

impl<S> Wire<S> {
    pub(super) fn new(inner: S, record: SharedRecord) -> Self {
        Self { inner, record }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
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
            Ok(written) => Ok(written),
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
    use super::end_of_heads;

    #[test]
    fn interim_heads_belong_to_the_head() {
        let heads = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\n\r\n";
        let mut wire = heads.to_vec();
        wire.extend_from_slice(b"body\r\n\r\n");
        assert_eq!(end_of_heads(&wire), Some(heads.len()));
        assert_eq!(end_of_heads(&wire[..40]), None);
    }

    #[test]
    fn bare_line_feeds_end_a_head() {
        assert_eq!(end_of_heads(b"HTTP/1.0 200 OK\n\nbody"), Some(17));
    }
}
