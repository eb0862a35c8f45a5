//! The parts of the uploaded form. Small parts are held; a large body is streamed when it comes last.

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
use tokio_util::io::StreamReader;
use zeroize::Zeroizing;

use super::answer::Refusal;
use super::limits::{Caller, Limits};
use super::shares::Share;
use crate::p12::P12File;
use crate::platform::contract;
use crate::request::body::RequestBody;
use crate::secret::Secret;

/// What was uploaded.
pub(super) struct Form {
    pub(super) file: Vec<u8>,
    pub(super) password: Secret,
    pub(super) body: RequestBody,
    pub(super) body_type: Option<HeaderValue>,
    /// The memory reserved for the parts.
    pub(super) held: Vec<Share>,
}

/// A body up to this size, in bytes, is held and sent with its length. A larger one is streamed in chunks.
const HELD_BODY: usize = 1 << 20;

/// The longest password, in bytes.
const MAX_PASSWORD: usize = 64 * 1024;

/// How many bytes of boundaries and heads of parts may come between two pieces of content.
const MAX_BETWEEN: u64 = 128 * 1024;

/// Reads the parts. All except a large body must arrive within the time for bodies.
pub(super) async fn receive(
    boundary: String,
    body: Drained,
    limits: &Limits,
    caller: &Caller,
) -> Result<Form, Refusal> {
    let between = Arc::new(AtomicU64::new(0));
    let pieces = Pieces { body, paused: true, between: Arc::clone(&between) };
    let limit = SizeLimit::new().whole_stream(limits.upload);
    let parts = Multipart::with_constraints(pieces, boundary, Constraints::new().size_limit(limit));
    let reading = Reading { parts, between, limits, caller, held: Vec::new() };
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the upload did not arrive in time");
    tokio::time::timeout(limits.body_time, reading.read()).await.map_err(late)?
}

struct Reading<'a> {
    parts: Multipart<'static>,
    between: Arc<AtomicU64>,
    limits: &'a Limits,
    caller: &'a Caller,
    held: Vec<Share>,
}

impl Reading<'_> {
    async fn read(mut self) -> Result<Form, Refusal> {
        let (mut file, mut password, mut body, mut body_type) = (None, None, None, None);
        while let Some(mut part) = self.parts.next_field().await.map_err(explain)? {
            self.between.store(0, Ordering::Relaxed);
            let name = part.name().unwrap_or_default().to_owned();
            let twice = match name.as_str() {
                contract::FILE => {
                    let (bytes, _) = self.read_part(&mut part, file_limit()).await?;
                    file.replace(bytes).is_some()
                }
                contract::PASSWORD => {
                    let (bytes, _) = self.read_part(&mut part, MAX_PASSWORD).await?;
                    password.replace(bytes).is_some()
                }
                contract::BODY => {
                    body_type = part.headers().get(CONTENT_TYPE).cloned();
                    let (bytes, whole) = self.read_up_to(&mut part, HELD_BODY).await?;
                    if !whole && file.is_some() && password.is_some() && body.is_none() {
                        body = Some(stream_rest(bytes, part, self.between));
                        break;
                    }
                    if !whole {
                        return Err(Refusal::new(
                            StatusCode::PAYLOAD_TOO_LARGE,
                            "a body this large must come last, after file and password",
                        ));
                    }
                    body.replace(RequestBody::Bytes(into_secret(bytes))).is_some()
                }
                // Other parts are skipped.
                _ => {
                    while self.next_chunk(&mut part).await?.is_some() {}
                    false
                }
            };
            if twice {
                return Err(Refusal::malformed(&format!("the part {name} comes twice")));
            }
        }
        let missing =
            |name: &str| Refusal::new(contract::P12_UNUSABLE, &format!("the part {name} is missing"));
        Ok(Form {
            file: std::mem::take(&mut *file.ok_or_else(|| missing(contract::FILE))?),
            password: into_secret(password.ok_or_else(|| missing(contract::PASSWORD))?),
            body: body.unwrap_or_default(),
            body_type,
            held: self.held,
        })
    }

    async fn next_chunk(&self, part: &mut Field<'static>) -> Result<Option<Bytes>, Refusal> {
        let chunk = part.chunk().await.map_err(explain)?;
        self.between.store(0, Ordering::Relaxed);
        Ok(chunk)
    }

    async fn read_part(
        &mut self,
        part: &mut Field<'static>,
        limit: usize,
    ) -> Result<(Zeroizing<Vec<u8>>, bool), Refusal> {
        let (bytes, whole) = self.read_up_to(part, limit).await?;
        if !whole {
            let what = format!("the part {} is larger than {limit} bytes", part.name().unwrap_or_default());
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, &what));
        }
        Ok((bytes, whole))
    }

    /// The bytes of the part up to the limit, and whether that was all of it.
    async fn read_up_to(
        &mut self,
        part: &mut Field<'static>,
        limit: usize,
    ) -> Result<(Zeroizing<Vec<u8>>, bool), Refusal> {
        let mut bytes = Zeroizing::new(Vec::new());
        while let Some(chunk) = self.next_chunk(part).await? {
            if bytes.len() + chunk.len() > bytes.capacity() {
                // Uploads share the memory. The old bytes are wiped.
                let capacity = (2 * (bytes.len() + chunk.len())).max(4096);
                self.held.push(self.limits.reserve(self.caller, capacity).ok_or_else(Refusal::busy)?);
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

fn into_secret(mut bytes: Zeroizing<Vec<u8>>) -> Secret {
    std::mem::take(&mut *bytes).into()
}

fn stream_rest(mut held: Zeroizing<Vec<u8>>, part: Field<'static>, between: Arc<AtomicU64>) -> RequestBody {
    let rest = part.map_err(io::Error::other).inspect_ok(move |_| between.store(0, Ordering::Relaxed));
    let first = io::Cursor::new(std::mem::take(&mut *held));
    RequestBody::Stream(Arc::new(Mutex::new(Some(Box::pin(first.chain(StreamReader::new(rest)))))))
}

fn explain(error: multer::Error) -> Refusal {
    match error {
        multer::Error::StreamSizeExceeded { limit } => {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, &format!("the upload is larger than {limit} bytes"))
        }
        multer::Error::StreamReadFailed(_) => Refusal::malformed("the upload broke off"),
        multer::Error::IncompleteFieldData { .. } | multer::Error::IncompleteStream => {
            Refusal::malformed("the upload ends within a part")
        }
        multer::Error::IncompleteHeaders => Refusal::malformed("the upload ends within the head of a part"),
        _ => Refusal::malformed("the head of a part is not well formed"),
    }
}

/// The pieces of a body, one at a time. The parser would take all that is ready; a pause after each piece keeps
/// what it holds small.
struct Pieces {
    body: Drained,
    paused: bool,
    between: Arc<AtomicU64>,
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if !self.paused {
            self.paused = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = ready!(self.body.poll_piece(cx));
        self.paused = false;
        if let Some(Ok(bytes)) = &piece {
            let between = self.between.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if between > MAX_BETWEEN {
                return Poll::Ready(Some(Err(io::ErrorKind::FileTooLarge.into())));
            }
        }
        Poll::Ready(piece)
    }
}

/// The body of a request. When the reply is ready before the body has arrived, the rest is read and discarded for a
/// while: closing at once would reset the connection, and the client would lose the reply.
pub(super) struct Drained {
    body: Option<Incoming>,
    /// Whether the client sends without waiting for `100 Continue`.
    sending: bool,
}

impl Drained {
    /// How much is discarded, in bytes, and for how long.
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
