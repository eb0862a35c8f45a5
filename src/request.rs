//! What is asked of the endpoint: method, URL, headers, body. Checked once, then trusted.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use http::{Method, Uri};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, ReadBuf};
use url::{Host, Url};

use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;

/// One request to one endpoint.
#[derive(Debug)]
pub struct Request {
    /// The forward URL: https, with a host, without user, password and fragment.
    pub url: ForwardUrl,
    /// GET without a body, POST with one, or what was asked for.
    pub method: Method,
    /// What is sent beside `Host`; secrets among them are marked as sensitive.
    pub headers: HeaderMap,
    /// What is sent after the head.
    pub body: Body,
    /// How much of the body is on its way.
    pub progress: Arc<Progress>,
}

/// Bytes of a request's body, counted as they go.
#[derive(Debug, Default)]
pub struct Progress {
    /// Handed to the connection so far.
    pub sent: AtomicU64,
    /// To be sent in all; zero while unknown.
    pub total: AtomicU64,
}

/// The parts of a [`Request`] as the command line gives them.
pub struct Parts {
    /// The forward URL as typed.
    pub url: String,
    /// Overrides the method.
    pub method: Option<String>,
    /// Overrides the content type.
    pub content_type: Option<String>,
    /// The `Authorization` for the endpoint.
    pub authorization: Option<Secret>,
    /// Further headers, each as `Name: value`.
    pub headers: Vec<Secret>,
    /// The body, where there is one.
    pub body: Body,
}

impl Request {
    /// Opens the body for sending. Fails when its file cannot be read.
    pub async fn upload(&self) -> Result<Upload> {
        let mut upload = self.body.open().await?;
        self.progress.sent.store(0, Ordering::Relaxed);
        self.progress.total.store(upload.left.unwrap_or(0), Ordering::Relaxed);
        upload.progress = Arc::clone(&self.progress);
        Ok(upload)
    }
}

impl Parts {
    /// Checks each part. A fault is a usage error.
    pub fn check(self) -> Result<Request> {
        let url = ForwardUrl::parse(&self.url)?;
        let headers = self.header_map()?;
        let default = if self.body.is_empty() { "GET" } else { "POST" };
        let method = self.method.as_deref().unwrap_or(default);
        let method = Method::from_bytes(method.as_bytes())
            .ok()
            .filter(|method| method != Method::CONNECT)
            .ok_or_else(|| usage(format!("{method:?} is not a method that can be sent")))?;
        Ok(Request { url, method, headers, body: self.body, progress: Arc::default() })
    }

    fn header_map(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if !self.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let mut own = HeaderMap::new();
        for line in &self.headers {
            let (name, value) = header(line.expose())?;
            own.append(name, value);
        }
        replace(&mut headers, own);
        if let Some(value) = &self.content_type {
            headers.insert(CONTENT_TYPE, header_value("--content-type", value.as_bytes())?);
        }
        if let Some(secret) = &self.authorization {
            headers.insert(AUTHORIZATION, sensitive("the authorization", secret.expose())?);
        }
        Ok(headers)
    }
}

const USER_AGENT_VALUE: &str = concat!("p12-test/", env!("CARGO_PKG_VERSION"));

fn usage(message: String) -> Error {
    Error::new(Kind::Usage, message)
}

/// What the user names replaces our default of that name; a name given twice is sent twice.
fn replace(headers: &mut HeaderMap, own: HeaderMap) {
    for name in own.keys() {
        headers.remove(name);
    }
    let mut last = None;
    for (name, value) in own {
        last = name.or(last);
        if let Some(name) = &last {
            headers.append(name, value);
        }
    }
}

/// `Name: value`. The value may be a secret, so a fault names only the part before the colon.
fn header(line: &[u8]) -> Result<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = colon
        .and_then(|colon| line.split_at_checked(colon))
        .ok_or_else(|| usage("a --header has no colon; the form is 'Name: value'".into()))?;
    let (name, value) = (String::from_utf8_lossy(name), value.get(1..).unwrap_or_default());
    let parsed = HeaderName::from_bytes(name.trim().as_bytes())
        .map_err(|_| usage(format!("{name:?} is not a header name")))?;
    if [http::header::CONTENT_LENGTH, http::header::TRANSFER_ENCODING].contains(&parsed) {
        return Err(usage(format!("{name} cannot be set: it follows from the body")));
    }
    let mut value = header_value(&name, value.trim_ascii())?;
    value.set_sensitive(parsed != HOST);
    Ok((parsed, value))
}

/// CR, LF and NUL never get into a header (RFC 9110 section 5.5).
fn header_value(what: &str, value: &[u8]) -> Result<HeaderValue> {
    HeaderValue::from_bytes(value)
        .map_err(|_| usage(format!("the value of {what} holds a line break or a control character")))
}

fn sensitive(what: &str, value: &[u8]) -> Result<HeaderValue> {
    let mut value = header_value(what, value)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A forward URL that can be called with a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardUrl {
    url: Url,
    host: Host,
    uri: Uri,
    absolute: Uri,
}

impl ForwardUrl {
    /// Reads a URL as typed; without a scheme it is https. International names become ASCII (UTS 46).
    pub fn parse(text: &str) -> Result<Self> {
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&full).map_err(|error| usage(format!("{text:?} is not a URL: {error}")))?;
        if url.scheme() != "https" {
            let message =
                format!("{} has no client certificates: the URL must be https", url.scheme().escape_debug());
            return Err(usage(message));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(usage("the URL holds a user or password; use --authorization-file instead".into()));
        }
        url.set_fragment(None);
        let unusable = || usage(format!("{text:?} is not a URL that can be requested"));
        let host = url.host().ok_or_else(unusable)?.to_owned();
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let uri = path.parse().map_err(|_| unusable())?;
        let absolute = url.as_str().parse().map_err(|_| unusable())?;
        Ok(Self { url, host, uri, absolute })
    }

    /// The URL as it is called.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Its host: a name in ASCII, or an address.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its port, 443 unless it says another.
    pub fn port(&self) -> u16 {
        self.url.port().unwrap_or(443)
    }

    /// `host:port`, an IPv6 address in brackets.
    pub fn target(&self) -> String {
        format!("{}:{}", self.host, self.port())
    }

    /// The request target in origin form (RFC 9112 section 3.2.1).
    pub fn origin_form(&self) -> &Uri {
        &self.uri
    }

    /// The request target in absolute form, as HTTP/2 takes it apart (RFC 9113 section 8.3.1).
    pub fn absolute_form(&self) -> &Uri {
        &self.absolute
    }

    /// The value of `Host`: without the port where it is the usual one.
    pub fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
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

    async fn open(&self) -> Result<Upload> {
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

/// Standard input as a file of its own, so that a redirected one shows its length.
#[cfg(unix)]
fn stdin_file() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn stdin_file() -> io::Result<std::fs::File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// What is left of a regular file; `None` for a pipe or a terminal.
async fn regular_length(file: &tokio::fs::File, path: &Path) -> Result<Option<u64>> {
    use tokio::io::AsyncSeekExt as _;
    let unreadable = |error| diagnosis::unreadable(path, &error);
    let metadata = file.metadata().await.map_err(unreadable)?;
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
    left: Option<u64>,
    progress: Arc<Progress>,
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
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_is_https() {
        let url = ForwardUrl::parse("localhost:8443/a?b#c").unwrap();
        assert_eq!(
            (url.target().as_str(), url.origin_form().to_string().as_str()),
            ("localhost:8443", "/a?b")
        );
    }

    #[test]
    fn an_international_name_becomes_ascii() {
        assert_eq!(ForwardUrl::parse("https://Bücher.example").unwrap().authority(), "xn--bcher-kva.example");
    }

    #[test]
    fn an_ipv6_address_keeps_its_brackets() {
        assert_eq!(ForwardUrl::parse("https://[::1]:8443/").unwrap().target(), "[::1]:8443");
    }

    #[test]
    fn what_cannot_carry_a_certificate_is_refused() {
        for url in ["http://x/", "ftp://x/", "https://u:p@x/", "https://", "https://x:99999/"] {
            assert_eq!(ForwardUrl::parse(url).unwrap_err().kind, Kind::Usage, "{url}");
        }
    }

    #[test]
    fn a_line_break_never_gets_into_a_header() {
        assert_eq!(header(b"a: b\r\nc: d").unwrap_err().kind, Kind::Usage);
        assert!(!header(b"Cookie: canary\0").unwrap_err().message.contains("canary"));
    }
}
