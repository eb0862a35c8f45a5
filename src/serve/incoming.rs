//! The body of a request as it comes in.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::HeaderMap;
use http_body_util::{BodyDataStream, BodyExt as _};
use hyper::body::Body as _;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::answer::Failure;
use super::presence::Presence;

/// How far an upload has come, also after it was handed to the endpoint.
#[derive(Default)]
pub(super) struct UploadProgress {
    /// Bytes since the last content: boundaries and heads of parts.
    between: AtomicU64,
    /// Whether the next piece is waited for.
    waiting: AtomicBool,
    /// Why the upload failed, if it did.
    pub(super) failure: OnceLock<Failure>,
}

impl UploadProgress {
    /// How many bytes of boundaries and heads of parts may come between two pieces of content.
    const MAX_BETWEEN: u64 = 128 * 1024;

    pub(super) fn reset_between(&self) {
        self.between.store(0, Ordering::Relaxed);
    }

    /// Whether the client has to send more before anything can go on.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// The pieces of a body, one at a time. The parser would take all that is ready; a pause after each piece keeps
/// what it holds small.
pub(super) struct Pieces {
    body: Incoming,
    paused: bool,
    progress: Arc<UploadProgress>,
    /// How long the client may take for a piece.
    patience: Duration,
    late: Pin<Box<Sleep>>,
}

impl Pieces {
    pub(super) fn new(body: Incoming, progress: Arc<UploadProgress>, patience: Duration) -> Self {
        Self { body, paused: true, progress, patience, late: Box::pin(tokio::time::sleep(patience)) }
    }
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if !self.paused {
            self.paused = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Poll::Ready(piece) = self.body.poll_piece(cx) else {
            if !self.progress.waiting.swap(true, Ordering::Relaxed) {
                let until = Instant::now() + self.patience;
                self.late.as_mut().reset(until);
            }
            ready!(self.late.as_mut().poll(cx));
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        };
        self.progress.waiting.store(false, Ordering::Relaxed);
        self.paused = false;
        if let Some(Ok(bytes)) = &piece {
            let between = self.progress.between.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if between > UploadProgress::MAX_BETWEEN {
                return Poll::Ready(Some(Err(io::ErrorKind::FileTooLarge.into())));
            }
        }
        Poll::Ready(piece)
    }
}

/// The body of a request. When the reply is ready before the body has arrived, the rest is read and discarded for a
/// while: closing at once would reset the connection, and the client would lose the reply.
pub(super) struct Incoming {
    body: Option<hyper::body::Incoming>,
    /// Ends when no more can come from the client.
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Whether the client sends without waiting for `100 Continue`.
    sending: bool,
}

impl Incoming {
    /// How much is discarded, in bytes, and for how long.
    const MOST: usize = 16 << 20;
    const LONGEST: Duration = Duration::from_secs(5);

    pub(super) fn new(body: hyper::body::Incoming, headers: &HeaderMap, presence: &Presence) -> Self {
        let sending = !headers.contains_key(http::header::EXPECT);
        Self { body: Some(body), closed: Box::pin(presence.closed()), sending }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        self.sending = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let piece = match BodyDataStream::new(body).poll_next_unpin(cx) {
            Poll::Pending => {
                ready!(self.closed.as_mut().poll(cx));
                Some(Err(io::ErrorKind::UnexpectedEof.into()))
            }
            Poll::Ready(piece) => piece.map(|piece| piece.map_err(io::Error::other)),
        };
        if !matches!(piece, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(piece)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let Some(mut body) = self.body.take().filter(|body| self.sending && !body.is_end_stream()) else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(tokio::time::timeout(Self::LONGEST, async move {
            let mut discarded = 0;
            while let Some(Ok(frame)) = body.frame().await {
                discarded += frame.data_ref().map_or(0, Bytes::len);
                if discarded > Self::MOST {
                    break;
                }
            }
        }));
    }
}
