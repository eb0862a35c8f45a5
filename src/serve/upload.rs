//! The parts of the uploaded form. Small parts are held; a large body is streamed when it comes last.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use futures_util::TryStreamExt as _;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::StreamReader;
use zeroize::Zeroizing;

use super::answer::Failure;
use super::incoming::{Incoming, Pieces, UploadProgress};
use super::limits::{Caller, Limits};
use super::shares::Share;
use crate::p12::P12File;
use crate::platform::contract;
use crate::request::body::RequestBody;
use crate::secret::Secret;

/// What was uploaded.
#[derive(Default)]
pub(super) struct SubmittedForm {
    pub(super) file: Option<Held>,
    pub(super) password: Option<Held>,
    pub(super) body: RequestBody,
    pub(super) body_type: Option<HeaderValue>,
    /// The memory that the body takes, until the call is over.
    body_share: Option<Share>,
}

/// Bytes in memory that are counted.
#[derive(Default)]
pub(super) struct Held {
    bytes: Zeroizing<Vec<u8>>,
    share: Option<Share>,
}

impl Held {
    /// The bytes, and what is given back when they are let go.
    pub(super) fn take(mut self) -> (Vec<u8>, Option<Share>) {
        (std::mem::take(&mut *self.bytes), self.share)
    }
}

/// A body up to this size, in bytes, is held and sent with its length. A larger one is streamed in chunks.
const HELD_BODY: usize = 1 << 20;

/// The longest file, in bytes.
const MAX_FILE: usize = P12File::MAX as usize;

/// The longest password, in bytes.
const MAX_PASSWORD: usize = 64 * 1024;

/// Reads the parts. All except a large body must arrive within the time for bodies.
pub(super) async fn receive(
    boundary: String,
    body: Incoming,
    limits: &Limits,
    caller: &Caller,
) -> Result<(SubmittedForm, Arc<UploadProgress>), Failure> {
    let progress = Arc::<UploadProgress>::default();
    let pieces = Pieces::new(body, Arc::clone(&progress), limits.body_time);
    let limit = SizeLimit::new().whole_stream(limits.upload);
    let parts = Multipart::with_constraints(pieces, boundary, Constraints::new().size_limit(limit));
    let reader = FormReader { parts, progress: Arc::clone(&progress), limits, caller };
    let form = tokio::time::timeout(limits.body_time, reader.read()).await;
    Ok((form.unwrap_or_else(|_| Err(Failure::late()))?, progress))
}

struct FormReader<'a> {
    parts: Multipart<'static>,
    progress: Arc<UploadProgress>,
    limits: &'a Limits,
    caller: &'a Caller,
}

impl FormReader<'_> {
    async fn read(mut self) -> Result<SubmittedForm, Failure> {
        let mut form = SubmittedForm::default();
        while let Some(mut part) = self.parts.next_field().await.map_err(explain)? {
            self.progress.reset_between();
            let twice = match part.name().unwrap_or_default() {
                contract::FILE => form.file.replace(self.read_whole(&mut part, MAX_FILE).await?).is_some(),
                contract::PASSWORD => form.password.replace(self.read_password(&mut part).await?).is_some(),
                contract::BODY if !form.body.is_empty() => true,
                contract::BODY => {
                    form.body_type = part.headers().get(CONTENT_TYPE).cloned();
                    let (held, whole) = self.read_up_to(&mut part, HELD_BODY).await?;
                    let (bytes, share) = held.take();
                    form.body_share = share;
                    if !whole {
                        form.body = self.stream_rest(&form, bytes, part)?;
                        break;
                    }
                    form.body = RequestBody::Bytes(bytes.into());
                    false
                }
                // Other parts are skipped.
                _ => {
                    while self.next_chunk(&mut part).await?.is_some() {}
                    false
                }
            };
            if twice {
                return Err(Failure::malformed("a part of the form comes twice"));
            }
        }
        Ok(form)
    }

    /// Text, and so in the character set that the part names (RFC 7578 section 4.5).
    async fn read_password(&self, part: &mut Field<'static>) -> Result<Held, Failure> {
        let charset =
            part.content_type().and_then(|kind| kind.get_param("charset")).map(|name| name.to_string());
        let held = self.read_whole(part, MAX_PASSWORD).await?;
        let Some(charset) = charset else { return Ok(held) };
        let encoding = Encoding::for_label(charset.as_bytes())
            .ok_or_else(|| Failure::malformed("the charset of the password is not known"))?;
        if encoding == UTF_8 {
            return Ok(held);
        }
        let text = encoding.decode_without_bom_handling_and_without_replacement(&held.bytes);
        let text = text.ok_or_else(|| Failure::malformed("the password does not fit its charset"))?;
        let bytes = Zeroizing::new(text.into_owned().into_bytes());
        Ok(Held { bytes, share: held.share })
    }

    async fn next_chunk(&self, part: &mut Field<'static>) -> Result<Option<Bytes>, Failure> {
        let chunk = part.chunk().await.map_err(explain)?;
        self.progress.reset_between();
        Ok(chunk)
    }

    async fn read_whole(&self, part: &mut Field<'static>, limit: usize) -> Result<Held, Failure> {
        let (held, whole) = self.read_up_to(part, limit).await?;
        let name = part.name().unwrap_or_default();
        let too_large = || Failure::too_large(&format!("the part {name} is larger than {limit} bytes"));
        whole.then_some(held).ok_or_else(too_large)
    }

    /// The bytes of the part up to the limit, and whether that was all of it.
    async fn read_up_to(&self, part: &mut Field<'static>, limit: usize) -> Result<(Held, bool), Failure> {
        let mut held = Held::default();
        while let Some(chunk) = self.next_chunk(part).await? {
            let needed = held.bytes.len() + chunk.len();
            if needed > held.bytes.capacity() {
                // Callers share the memory. The old bytes are wiped.
                let capacity = (2 * needed).max(4096).min(limit.max(needed));
                let share = self.limits.reserve(self.caller, capacity).ok_or_else(Failure::busy)?;
                let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
                larger.extend_from_slice(&held.bytes);
                held = Held { bytes: larger, share: Some(share) };
            }
            held.bytes.extend_from_slice(&chunk);
            if needed > limit {
                return Ok((held, false));
            }
        }
        Ok((held, true))
    }

    /// A large body, still on its way.
    fn stream_rest(
        &self,
        form: &SubmittedForm,
        first: Vec<u8>,
        part: Field<'static>,
    ) -> Result<RequestBody, Failure> {
        if form.file.is_none() || form.password.is_none() {
            return Err(Failure::too_large("a body this large must come last, after file and password"));
        }
        let (seen, failed) = (Arc::clone(&self.progress), Arc::clone(&self.progress));
        let rest = part.inspect_ok(move |_| seen.reset_between()).map_err(move |error| {
            let _ = failed.failure.set(explain(error));
            io::Error::other("the upload failed")
        });
        let reader = io::Cursor::new(first).chain(StreamReader::new(rest));
        Ok(RequestBody::Stream(Arc::new(Mutex::new(Some(Box::pin(reader))))))
    }
}

impl SubmittedForm {
    /// The P12 and its password.
    ///
    /// # Errors
    /// When a part is missing.
    pub(super) fn take_p12(&mut self) -> Result<(Held, Secret), Failure> {
        let missing =
            |name: &str| Failure::new(contract::P12_UNUSABLE, &format!("the part {name} is missing"));
        let file = self.file.take().ok_or_else(|| missing(contract::FILE))?;
        let password = self.password.take().ok_or_else(|| missing(contract::PASSWORD))?;
        Ok((file, password.take().0.into()))
    }
}

fn explain(error: multer::Error) -> Failure {
    match error {
        multer::Error::StreamSizeExceeded { limit } => {
            Failure::too_large(&format!("the upload is larger than {limit} bytes"))
        }
        multer::Error::StreamReadFailed(error) => match error.downcast_ref().map(io::Error::kind) {
            Some(io::ErrorKind::TimedOut) => Failure::late(),
            Some(io::ErrorKind::FileTooLarge) => Failure::malformed("too much stands between two parts"),
            _ => Failure::malformed("the upload broke off"),
        },
        multer::Error::IncompleteFieldData { .. } | multer::Error::IncompleteStream => {
            Failure::malformed("the upload ends within a part")
        }
        multer::Error::IncompleteHeaders => Failure::malformed("the upload ends within the head of a part"),
        _ => Failure::malformed("the head of a part is not well formed"),
    }
}
