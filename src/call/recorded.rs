//! The two streams of a connection that are recorded: TCP below TLS, and what HTTP reads and writes above it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::shared::Shared;
use super::stream_log::StreamLog;
use crate::diagnosis;
use crate::evidence::{Cause, End};

/// TCP, below TLS. A write that fails because the peer has gone does not hide what the peer said before: an alert or
/// an early answer still waits in the receive buffer. So that failure is noted, the bytes are dropped, and reading,
/// which ends soon, tells what happened. Any other failure to write is this machine's own.
pub(super) struct RecordedTcp<S> {
    inner: S,
    /// Bytes that a proxy sent together with its answer.
    early: Bytes,
    log: Shared<StreamLog>,
}

impl<S> RecordedTcp<S> {
    pub(super) fn new(inner: S, early: Bytes, log: Shared<StreamLog>) -> Self {
        Self { inner, early, log }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RecordedTcp<S> {
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
        self.log.lock().append_greeting(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RecordedTcp<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.log.lock().write_failure.is_some() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes));
        let mut log = self.log.lock();
        match &outcome {
            Ok(_) => log.last_write = Some(Instant::now()),
            Err(error) if diagnosis::is_peer_gone(error) => {
                log.write_failure = Some(diagnosis::in_words(error));
                return Poll::Ready(Ok(bytes.len()));
            }
            Err(error) => log.note_end(End::ours(diagnosis::cause(error))),
        }
        drop(log);
        Poll::Ready(outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// TLS, below HTTP. Nothing is read before something was written: an endpoint may answer without waiting for the
/// request, and hyper takes what comes before it for a fault.
pub(super) struct RecordedTls<S> {
    inner: S,
    log: Shared<StreamLog>,
    has_written: bool,
    reader: Option<Waker>,
}

impl<S> RecordedTls<S> {
    pub(super) fn new(inner: S, log: Shared<StreamLog>) -> Self {
        Self { inner, log, has_written: false, reader: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RecordedTls<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.has_written {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        let mut log = self.log.lock();
        match (&outcome, buffer.filled().get(before..).unwrap_or_default()) {
            (Ok(()), []) => log.note_end(End::theirs(Cause::CloseNotify)),
            (Ok(()), bytes) => log.append_answer(bytes),
            (Err(error), _) => log.note_end(End::theirs(diagnosis::cause(error))),
        }
        drop(log);
        Poll::Ready(outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RecordedTls<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.has_written = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        let outcome = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes));
        if let Err(error) = &outcome {
            self.log.lock().note_end(diagnosis::write_end(error));
        }
        Poll::Ready(outcome)
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
    use openssl::ssl::{Ssl, SslContext, SslMethod};
    use tokio::io::AsyncWriteExt as _;
    use tokio_openssl::SslStream;

    use super::*;
    use crate::evidence::Side;

    /// A stream that refuses all writes.
    struct Refusing(io::ErrorKind);

    impl AsyncWrite for Refusing {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(self.0.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    async fn write(kind: io::ErrorKind) -> (io::Result<usize>, Shared<StreamLog>) {
        let log = Shared::<StreamLog>::default();
        (RecordedTcp::new(Refusing(kind), Bytes::new(), log.clone()).write(b"hello").await, log)
    }

    #[tokio::test]
    async fn a_peer_that_has_gone_is_left_to_reading() {
        let (written, log) = write(io::ErrorKind::BrokenPipe).await;
        assert_eq!((written.unwrap(), log.lock().end.clone()), (5, None));
        assert_eq!(log.lock().write_failure.as_deref(), Some("broken pipe"));
    }

    #[tokio::test]
    async fn a_system_that_does_not_send_ends_the_connection_on_our_side() {
        let (written, log) = write(io::ErrorKind::PermissionDenied).await;
        let end = End::ours(Cause::System("permission denied".into()));
        assert_eq!((written.is_err(), log.lock().end.clone()), (true, Some(end)));
    }

    #[tokio::test]
    async fn a_write_that_openssl_refuses_ends_the_connection_on_our_side() {
        let context = SslContext::builder(SslMethod::tls()).unwrap().build();
        // Neither client nor server: OpenSSL cannot write to it.
        let (here, _there) = tokio::io::duplex(64);
        let stream = SslStream::new(Ssl::new(&context).unwrap(), here).unwrap();
        let log = Shared::<StreamLog>::default();
        assert!(RecordedTls::new(stream, log.clone()).write(b"hello").await.is_err());
        let end = log.lock().end.clone().unwrap();
        assert!(end.side == Side::Us && matches!(end.cause, Cause::Tls(_)), "{end:?}");
    }
}
