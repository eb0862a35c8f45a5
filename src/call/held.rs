//! Holds a body back until the endpoint wants it: `Expect: 100-continue` (RFC 9110 section 10.1.1).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::request::body::OutgoingBody;

/// A body that is sent as soon as the endpoint wants it.
pub(super) struct HeldBody {
    body: OutgoingBody,
    /// Until it is known whether the body is wanted.
    waiting: Option<BoxFuture<'static, bool>>,
}

impl From<OutgoingBody> for HeldBody {
    /// A body that nothing holds back.
    fn from(body: OutgoingBody) -> Self {
        Self { body, waiting: None }
    }
}

impl HeldBody {
    /// A body that waits for the endpoint's `word`. `over` ends with the call.
    pub(super) fn new(
        body: OutgoingBody,
        word: oneshot::Receiver<Word>,
        over: oneshot::Receiver<()>,
    ) -> Self {
        Self { body, waiting: Some(Box::pin(is_wanted(word, over))) }
    }

    /// Bytes left to send, if known.
    pub(super) fn length(&self) -> Option<u64> {
        self.body.length()
    }
}

/// What an endpoint says before it has got the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The interim answer 100.
    Continue,
    /// Its final answer.
    Final,
}

/// As long as curl waits. An endpoint that says nothing gets the body.
const PATIENCE: Duration = Duration::from_secs(1);

/// After a final answer the body is not sent. Its end would be a fault of ours, so it waits for the end of the call.
async fn is_wanted(word: oneshot::Receiver<Word>, over: oneshot::Receiver<()>) -> bool {
    let refused = matches!(timeout(PATIENCE, word).await, Ok(Ok(Word::Final)));
    if refused {
        let _ = over.await;
    }
    !refused
}

impl Body for HeldBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(waiting) = &mut self.waiting {
            let wanted = ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
            if !wanted {
                return Poll::Ready(Some(Err(io::ErrorKind::Interrupted.into())));
            }
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
