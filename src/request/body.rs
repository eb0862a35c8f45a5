//! The body of a request, and how it is sent: streamed in pieces, counted as it goes.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, ReadBuf};

use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::secret::{Secret, stdin_file};

/// Bytes of a request's body, counted as they go.
#[derive(Debug, Default)]
pub struct Progress {
    /// Handed to the connection so far.
    pub sent: AtomicU64,
    /// To be sent in all; zero while unknown.
    pub total: AtomicU64,
    /// Whether the last of them has been handed over.
    done: AtomicBool,
}

impl Progress {
    /// Whether all of the body has been handed to the connection.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self, total: Option<u64>) {
        self.sent.store(0, Ordering::Relaxed);
        self.total.store(total.unwrap_or(0), Ordering::Relaxed);
        self.done.store(total == Some(0), Ordering::Relaxed);
    }
}

/// What is sent after the head.
#[derive(Clone, Default)]
pub enum Body {
    /// Nothing, and no content type.
    #[default]
    Empty,
    /// These bytes.
    Bytes(Secret),
    /// A file, streamed with its length.
    File(PathBuf),
    /// Standard input; with a length where it is a file, else chunked.
    Stdin,
    /// Bytes that come as they are sent, in chunks; once only.
    Stream(Once),
}

/// A reader that can be taken once.
pub type Once = Arc<Mutex<Option<Reader>>>;

/// Bytes on their way.
pub type Reader = Pin<Box<dyn AsyncRead + Send + Sync>>;

impl fmt::Debug for Body {
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

impl Body {
    /// `DATA`, `@FILE` or `@-`, as curl has it; but what is in the file is sent as it is.
    pub fn from_argument(argument: Secret) -> Self {
        match argument.expose() {
            b"@-" => Self::Stdin,
            [b'@', path @ ..] => Self::File(bytes_to_path(path)),
            _ => Self::Bytes(argument),
        }
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    pub(super) async fn open(&self) -> Result<Upload> {
        Ok(match self {
            Self::Empty => Upload::of(Source::Bytes(Bytes::new()), Some(0)),
            Self::Bytes(secret) => {
                let bytes = Bytes::from_owner(secret.clone());
                let length = bytes.len() as u64;
                Upload::of(Source::Bytes(bytes), Some(length))
            }
            Self::File(path) => {
                let unreadable = |error| diagnosis::unreadable(path, &error);
                let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
                let length = regular_length(&file, path).await?;
                Upload::of(Source::Reader(Box::pin(file)), length)
            }
            Self::Stdin => {
                let path = Path::new("standard input");
                let stdin = stdin_file().map_err(|error| diagnosis::unreadable(path, &error))?;
                let file = tokio::fs::File::from_std(stdin);
                let length = regular_length(&file, path).await?;
                Upload::of(Source::Reader(Box::pin(file)), length)
            }
            Self::Stream(once) => {
                let reader = once.lock().unwrap_or_else(PoisonError::into_inner).take();
                let reader = reader.ok_or_else(|| {
                    Error::new(Kind::Internal, "the request's body was to be sent a second time")
                })?;
                Upload::of(Source::Reader(reader), None)
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

/// What is left of a regular file; `None` for a pipe or a terminal.
async fn regular_length(file: &tokio::fs::File, path: &Path) -> Result<Option<u64>> {
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

/// A body on its way: streamed in pieces, counted as it goes.
pub struct Upload {
    source: Source,
    pub(super) left: Option<u64>,
    pub(super) progress: Arc<Progress>,
    buffer: BytesMut,
}

enum Source {
    Bytes(Bytes),
    Reader(Reader),
}

impl Upload {
    const PIECE: usize = 64 * 1024;

    /// How much is left to send, where that is known, in bytes.
    pub fn length(&self) -> Option<u64> {
        self.left
    }

    fn of(source: Source, left: Option<u64>) -> Self {
        Self { source, left, progress: Arc::default(), buffer: BytesMut::new() }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let reader = match &mut self.source {
            Source::Bytes(bytes) => {
                let all = std::mem::take(bytes);
                return Poll::Ready((!all.is_empty()).then_some(Ok(all)));
            }
            Source::Reader(reader) => reader,
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
            Ok(()) if read == 0 && self.left.is_some() => {
                Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the body's file became shorter")))
            }
            Ok(()) if read == 0 => None,
            Ok(()) => Some(Ok(self.buffer.split_to(read).freeze())),
        })
    }
}

impl HttpBody for Upload {
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
