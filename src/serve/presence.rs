//! Whether the client of a connection is still there.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, Join, ReadBuf, ReadHalf, WriteHalf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What is known about the client of a connection.
#[derive(Default)]
pub(super) struct Presence {
    answering: AtomicBool,
    /// Cancelled when the client has closed its sending side. It may still wait for its answer.
    closed: CancellationToken,
    reader: AtomicWaker,
}

impl Presence {
    /// Whether a request is being answered.
    pub(super) fn is_answering(&self) -> bool {
        self.answering.load(Ordering::Acquire)
    }

    pub(super) fn begin_answer(&self) {
        self.answering.store(true, Ordering::Release);
    }

    pub(super) fn end_answer(&self) {
        self.answering.store(false, Ordering::Release);
        self.reader.wake();
    }

    /// Does work for the client. When it has closed its sending side it may be gone, and the work has to end soon:
    /// then there is `None`.
    pub(super) async fn wait_for<T>(&self, work: impl Future<Output = T>, grace: Duration) -> Option<T> {
        let gone = async {
            self.closed.cancelled().await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            done = work => Some(done),
            () = gone => None,
        }
    }

    /// Waits until no more can come from the client.
    pub(super) fn closed(&self) -> WaitForCancellationFutureOwned {
        self.closed.clone().cancelled_owned()
    }
}

/// The stream of a connection. While a request is being answered, hyper does not see its end, which it would take for
/// the end of the client: one that closes its sending side still gets its answer.
pub(super) fn watch<S: AsyncRead + AsyncWrite>(
    stream: S,
    presence: Arc<Presence>,
) -> Join<Watched<S>, WriteHalf<S>> {
    let (stream, writer) = tokio::io::split(stream);
    tokio::io::join(Watched { stream, presence }, writer)
}

/// The reading half, which hides the end of the stream during an answer.
pub(super) struct Watched<S> {
    stream: ReadHalf<S>,
    presence: Arc<Presence>,
}

impl<S: AsyncRead> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.presence.closed.is_cancelled() {
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            if buf.filled().len() > before || buf.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            self.presence.closed.cancel();
            // The request may wait for a rest of its body that will not come.
            cx.waker().wake_by_ref();
        }
        self.presence.reader.register(cx.waker());
        if self.presence.is_answering() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }
}
