//! The body of a request, and how it is sent: streamed in pieces, each counted.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, ReadBuf};

use super::progress::Progress;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::secret::Secret;

#[derive(Clone, Default)]
pub enum RequestBody {
    /// None, and so no content type.
    #[default]
    Empty,
    Bytes(Secret),
    /// A file, streamed with its length.
    File(PathBuf),
    /// Standard input: with a length if it is a file, else chunked.
    Stdin,
    /// A stream of unknown length; can be sent once.
    Stream(OneTimeReader),
}

pub type OneTimeReader = Arc<Mutex<Option<BoxedReader>>>;

pub type BoxedReader = Pin<Box<dyn AsyncRead + Send + Sync>>;

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Bytes(_) => "Bytes(***)",
            Self::File(_) => "File(..)",
            Self::Stdin => "Stdin",
            Self::Stream(_) => "Stream(..)",
        })
    }
}

impl RequestBody {
    /// From `DATA`, `@FILE` or `@-`, as for curl; but a file is sent unchanged.
    pub fn from_argument(argument: Secret) -> Self {
        match argument.expose() {
            b"@-" => Self::Stdin,
            [b'@', path @ ..] => Self::File(bytes_to_path(path)),
            _ => Self::Bytes(argument),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    pub(super) async fn open(&self) -> Result<OutgoingBody> {
        Ok(match self {
            Self::Empty => OutgoingBody::new(Content::Bytes(Bytes::new()), Some(0)),
            Self::Bytes(secret) => {
                let length = secret.expose().len() as u64;
                OutgoingBody::new(Content::Bytes(Bytes::from_owner(secret.clone())), Some(length))
            }
            Self::File(path) => {
                let file = tokio::fs::File::open(path).await;
                OutgoingBody::of_file(file, path).await?
            }
            Self::Stdin => {
                let file = files::stdin().map(tokio::fs::File::from_std);
                OutgoingBody::of_file(file, Path::new("standard input")).await?
            }
            Self::Stream(once) => {
                let reader = once.lock().unwrap_or_else(PoisonError::into_inner).take();
                let reader = reader.ok_or_else(|| {
                    Error::new(Kind::Internal, "the request's body is a stream and cannot be sent twice")
                })?;
                OutgoingBody::new(Content::Reader(reader), None)
            }
        })
    }
}

#[cfg(unix)]
fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// The bytes left in a regular file; `None` for a pipe or a terminal.
async fn count_bytes_left(file: &tokio::fs::File, path: &Path) -> Result<Option<u64>> {
    use tokio::io::AsyncSeekExt as _;
    let unreadable = |error| diagnosis::unreadable(path, &error);
    let metadata = match file.metadata().await {
        // Windows has none of pipes and devices.
        Err(_) if cfg!(windows) => return Ok(None),
        metadata => metadata.map_err(unreadable)?,
    };
    if metadata.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    if !metadata.is_file() {
        return Ok(None);
    }
    let position = file.try_clone().await.map_err(unreadable)?.stream_position().await.map_err(unreadable)?;
    Ok(Some(metadata.len().saturating_sub(position)))
}

/// A body that is being sent.
pub struct OutgoingBody {
    content: Content,
    pub(super) left: Option<u64>,
    pub(super) progress: Arc<Progress>,
    buffer: BytesMut,
}

enum Content {
    Bytes(Bytes),
    Reader(BoxedReader),
}

impl OutgoingBody {
    const PIECE: usize = 64 * 1024;

    /// Bytes left to send, if known.
    pub fn length(&self) -> Option<u64> {
        self.left
    }

    async fn of_file(file: io::Result<tokio::fs::File>, path: &Path) -> Result<Self> {
        let file = file.map_err(|error| diagnosis::unreadable(path, &error))?;
        let length = count_bytes_left(&file, path).await?;
        Ok(Self::new(Content::Reader(Box::pin(file)), length))
    }

    fn new(content: Content, left: Option<u64>) -> Self {
        Self { content, left, progress: Arc::default(), buffer: BytesMut::new() }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let reader = match &mut self.content {
            Content::Bytes(bytes) => {
                let all = std::mem::take(bytes);
                return Poll::Ready((!all.is_empty()).then_some(Ok(all)));
            }
            Content::Reader(reader) => reader,
        };
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        let wanted =
            self.left.map_or(Self::PIECE, |left| Self::PIECE.min(left.try_into().unwrap_or(Self::PIECE)));
        self.buffer.resize(wanted, 0);
        let mut piece = ReadBuf::new(&mut self.buffer);
        let outcome = ready!(reader.as_mut().poll_read(cx, &mut piece));
        let read = piece.filled().len();
        Poll::Ready(match outcome {
            Err(error) => Some(Err(error)),
            Ok(()) if read == 0 && self.left.is_some() => Some(Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the body's file became shorter while it was sent",
            ))),
            Ok(()) if read == 0 => None,
            Ok(()) => Some(Ok(self.buffer.split_to(read).freeze())),
        })
    }
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = ready!(self.poll_piece(cx));
        if let Some(Ok(bytes)) = &piece {
            let length = bytes.len() as u64;
            self.left = self.left.map(|left| left.saturating_sub(length));
            self.progress.sent.fetch_add(length, Ordering::Relaxed);
        }
        if piece.is_none() || self.left == Some(0) {
            self.progress.done.store(true, Ordering::Relaxed);
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
