//! The parts of an upload: held while they are small, streamed on when the body is large and comes last.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::io::AsyncReadExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::io::StreamReader;
use zeroize::Zeroizing;

use super::answer::Refusal;
use super::limits::Limits;
use crate::p12::P12File;
use crate::request::body::RequestBody;
use crate::secret::Secret;

/// What was uploaded.
pub(super) struct Upload {
    pub(super) file: Vec<u8>,
    pub(super) password: Secret,
    pub(super) body: RequestBody,
    pub(super) body_type: Option<HeaderValue>,
    /// Room that the parts take as long as they are held.
    pub(super) held: Vec<OwnedSemaphorePermit>,
}

/// A body up to this size, in bytes, is held and sent with its length; a larger one is streamed in chunks.
const HELD_BODY: usize = 1 << 20;

/// A password is never longer, in bytes.
const MAX_PASSWORD: usize = 64 * 1024;

/// Bytes that may come between two pieces of content: boundaries and the heads of parts.
const MAX_BETWEEN: u64 = 128 * 1024;

/// Reads the parts. All but a large body has to be here within the time for bodies.
pub(super) async fn receive(boundary: String, body: Drained, limits: &Limits) -> Result<Upload, Refusal> {
    let between = Arc::new(AtomicU64::new(0));
    let pieces = Pieces { body, rested: true, between: Arc::clone(&between) };
    let limit = SizeLimit::new().whole_stream(limits.upload);
    let parts = Multipart::with_constraints(pieces, boundary, Constraints::new().size_limit(limit));
    let reading = Reading { parts, between, limits, held: Vec::new() };
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the upload did not come in time");
    tokio::time::timeout(limits.body_time, reading.read()).await.map_err(late)?
}

struct Reading<'a> {
    parts: Multipart<'static>,
    between: Arc<AtomicU64>,
    limits: &'a Limits,
    held: Vec<OwnedSemaphorePermit>,
}

impl Reading<'_> {
    async fn read(mut self) -> Result<Upload, Refusal> {
        let (mut file, mut password, mut body, mut body_type) = (None, None, None, None);
        while let Some(mut part) = self.parts.next_field().await.map_err(malformed)? {
            self.between.store(0, Ordering::Relaxed);
            let name = part.name().unwrap_or_default().to_owned();
            let twice = match name.as_str() {
                "file" => {
                    let (bytes, _) = self.hold(&mut part, file_limit()).await?;
                    file.replace(bytes).is_some()
                }
                "password" => {
                    let (bytes, _) = self.hold(&mut part, MAX_PASSWORD).await?;
                    password.replace(bytes).is_some()
                }
                "body" => {
                    body_type = part.headers().get(CONTENT_TYPE).cloned();
                    let (bytes, whole) = self.hold_some(&mut part, HELD_BODY).await?;
                    if !whole && file.is_some() && password.is_some() && body.is_none() {
                        body = Some(streamed(bytes, part, self.between));
                        break;
                    }
                    if !whole {
                        return Err(Refusal::new(
                            StatusCode::PAYLOAD_TOO_LARGE,
                            "a body as large as this has to come last, after file and password",
                        ));
                    }
                    body.replace(RequestBody::Bytes(taken(bytes))).is_some()
                }
                // What else a form holds is nobody's business; it is read past within the limit of the upload.
                _ => {
                    while self.chunk(&mut part).await?.is_some() {}
                    false
                }
            };
            if twice {
                return Err(Refusal::malformed(&format!("the part {name} comes twice")));
            }
        }
        let missing = |name: &str| {
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, &format!("the part {name} is missing"))
        };
        Ok(Upload {
            file: std::mem::take(&mut *file.ok_or_else(|| missing("file"))?),
            password: taken(password.ok_or_else(|| missing("password"))?),
            body: body.unwrap_or_default(),
            body_type,
            held: self.held,
        })
    }

    async fn chunk(&self, part: &mut Field<'static>) -> Result<Option<Bytes>, Refusal> {
        let chunk = part.chunk().await.map_err(malformed)?;
        self.between.store(0, Ordering::Relaxed);
        Ok(chunk)
    }

    async fn hold(
        &mut self,
        part: &mut Field<'static>,
        limit: usize,
    ) -> Result<(Zeroizing<Vec<u8>>, bool), Refusal> {
        let (bytes, whole) = self.hold_some(part, limit).await?;
        if !whole {
            let what = format!("the part {} is larger than {limit} bytes", part.name().unwrap_or_default());
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, &what));
        }
        Ok((bytes, whole))
    }

    /// Up to a little more than the limit, and whether that was all.
    async fn hold_some(
        &mut self,
        part: &mut Field<'static>,
        limit: usize,
    ) -> Result<(Zeroizing<Vec<u8>>, bool), Refusal> {
        let mut bytes = Zeroizing::new(Vec::new());
        while let Some(chunk) = self.chunk(part).await? {
            if bytes.len() + chunk.len() > bytes.capacity() {
                // Room to grow into, taken from what all uploads share; the old bytes are wiped.
                let capacity = (2 * (bytes.len() + chunk.len())).max(4096);
                self.held.push(self.limits.hold(capacity).ok_or_else(Refusal::busy)?);
                let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
                larger.extend_from_slice(&bytes);
                bytes = larger;
            }
            bytes.extend_from_slice(&chunk);
            if bytes.len() > limit {
                return Ok((bytes, false));
            }
        }
        Ok((bytes, true))
    }
}

fn file_limit() -> usize {
    usize::try_from(P12File::MAX).unwrap_or(usize::MAX)
}

fn taken(mut bytes: Zeroizing<Vec<u8>>) -> Secret {
    std::mem::take(&mut *bytes).into()
}

fn streamed(mut held: Zeroizing<Vec<u8>>, part: Field<'static>, between: Arc<AtomicU64>) -> RequestBody {
    let rest = part.map_err(io::Error::other).inspect_ok(move |_| between.store(0, Ordering::Relaxed));
    let first = io::Cursor::new(std::mem::take(&mut *held));
    RequestBody::Stream(Arc::new(Mutex::new(Some(Box::pin(first.chain(StreamReader::new(rest)))))))
}

fn malformed(error: multer::Error) -> Refusal {
    match error {
        multer::Error::StreamSizeExceeded { limit } => {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, &format!("the upload is larger than {limit} bytes"))
        }
        multer::Error::StreamReadFailed(_) => Refusal::malformed("the upload broke off"),
        // In its own words, which are about the form and hold nothing of its content.
        multer::Error::IncompleteFieldData { .. } | multer::Error::IncompleteStream => {
            Refusal::malformed("the upload ends within a part")
        }
        multer::Error::IncompleteHeaders => Refusal::malformed("the upload ends within the head of a part"),
        _ => Refusal::malformed("the head of a part is not well formed"),
    }
}

/// The pieces of a body, one at a time: the parser takes all that is ready, so between two pieces it is told
/// that there is nothing, and what it holds stays small.
struct Pieces {
    body: Drained,
    rested: bool,
    between: Arc<AtomicU64>,
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if !self.rested {
            self.rested = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = ready!(self.body.poll_piece(cx));
        self.rested = false;
        if let Some(Ok(bytes)) = &piece {
            let between = self.between.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if between > MAX_BETWEEN {
                return Poll::Ready(Some(Err(io::ErrorKind::FileTooLarge.into())));
            }
        }
        Poll::Ready(piece)
    }
}

/// The body of a request. When the answer is ready before the body has come, what follows is read and thrown
/// away for a while: closing at once would reset the connection, and the client would lose the answer.
pub(super) struct Drained {
    body: Option<Incoming>,
    /// Whether the client sends without being told to.
    sending: bool,
}

impl Drained {
    /// How much is thrown away, in bytes, and for how long.
    const MOST: usize = 16 << 20;
    const LONGEST: Duration = Duration::from_secs(5);

    pub(super) fn new(body: Incoming, headers: &HeaderMap) -> Self {
        let sending = !headers.contains_key(http::header::EXPECT);
        Self { body: Some(body), sending }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        self.sending = true;
        loop {
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            let frame = ready!(Pin::new(body).poll_frame(cx));
            match frame {
                None => self.body = None,
                Some(Err(error)) => {
                    self.body = None;
                    return Poll::Ready(Some(Err(io::Error::other(error))));
                }
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
            }
        }
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let Some(mut body) = self.body.take().filter(|body| self.sending && !body.is_end_stream()) else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(tokio::time::timeout(Self::LONGEST, async move {
            let mut thrown = 0;
            while let Some(Ok(frame)) = body.frame().await {
                thrown += frame.data_ref().map_or(0, Bytes::len);
                if thrown > Self::MOST {
                    break;
                }
            }
        }));
    }
}
