//! A call in progress: the head of its answer, the body piece by piece, and what was observed.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{AGE, CONTENT_LENGTH, DATE, LOCATION, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, StatusCode, Version};
use hyper::ext::ReasonPhrase;

use crate::error::Result;
use crate::evidence::Evidence;
use crate::foreign::{Foreign, KnownSecrets, header};

#[derive(Debug, Clone)]
pub struct Head {
    /// The status of the final head.
    pub status: StatusCode,
    /// The reason phrase, where it is not the usual one of the status.
    pub reason: Option<Foreign>,
    /// The reason phrase as it came, where hyper keeps it: not that of today's RFCs.
    pub phrase: Option<ReasonPhrase>,
    /// The HTTP version the endpoint spoke; 0.9 when the answer had no head at all.
    pub version: Version,
    /// The fields of the final head, as they came.
    pub headers: HeaderMap,
    /// The heads as they came over the wire, interim ones included; for HTTP/2 as HTTP/1.1 would write them.
    pub wire: Vec<u8>,
    /// The length of the body that the head announces, in bytes.
    pub length: Option<u64>,
    /// The clock of who answered, by `Date` (RFC 9110 section 6.6.1); `None` if a cache may have held the answer.
    pub clock: Option<Clock>,
    secrets: Arc<KnownSecrets>,
}

impl Head {
    /// A head from its parsed form and its bytes. `secrets` must not be shown.
    pub fn new(parts: http::response::Parts, wire: Vec<u8>, secrets: &Arc<KnownSecrets>) -> Self {
        let http::response::Parts { status, version, headers, extensions, .. } = parts;
        let phrase = extensions.get::<ReasonPhrase>().cloned();
        let reason = phrase.as_ref().map(|phrase| phrase.as_bytes().trim_ascii());
        let reason = reason.filter(|reason| is_telling(reason)).map(|reason| Foreign::new(reason, secrets));
        let length = headers.get(CONTENT_LENGTH).filter(|_| !is_chunked(&headers));
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let (clock, secrets) = (Clock::read(&headers), Arc::clone(secrets));
        Self { status, reason, phrase, version, headers, wire, length, clock, secrets }
    }

    /// `403 Forbidden`, or what the endpoint says in its place: `403 "not for you"`.
    pub fn describe_status(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{} {reason:?}", self.status.as_u16()),
            None => describe_status(self.status),
        }
    }

    /// Where a redirect leads, without the values of its query.
    pub fn redirect(&self) -> Option<Foreign> {
        let place = self.field(&LOCATION).filter(|_| self.status.is_redirection())?;
        Some(place.map(header::without_values))
    }

    pub fn field(&self, name: &HeaderName) -> Option<Foreign> {
        Some(self.foreign(self.headers.get(name)?.as_bytes()))
    }

    /// All fields, without secret values.
    pub fn shown_fields(&self) -> Vec<(&str, Foreign)> {
        let fields = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        fields.map(|(name, value)| (name, self.shown(name, value))).collect()
    }

    /// The value of a field, without what is secret in it.
    pub fn shown(&self, name: &str, value: &[u8]) -> Foreign {
        self.foreign(value).map(|value| header::shown(name, value))
    }

    /// Another part of the same answer, such as its body.
    pub fn foreign(&self, bytes: &[u8]) -> Foreign {
        Foreign::new(bytes, &self.secrets)
    }
}

/// Another machine's clock, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Its Unix time when it answered.
    pub time: i64,
    /// How far it was ahead of this machine's; negative if it was behind.
    pub ahead: i64,
}

impl Clock {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let date = headers.get(DATE).filter(|_| !headers.contains_key(AGE))?.to_str().ok()?;
        let time = unix(httpdate::parse_http_date(date).ok()?)?;
        Some(Self { time, ahead: time - unix(SystemTime::now())? })
    }
}

fn unix(time: SystemTime) -> Option<i64> {
    time.duration_since(UNIX_EPOCH).ok()?.as_secs().try_into().ok()
}

/// Whether a reason phrase tells something: hyper keeps those that are not the usual ones of today, which leaves those of
/// nginx, Apache and old RFCs.
fn is_telling(reason: &[u8]) -> bool {
    const OLD: &[&str] = &[
        "OK",
        "Moved Temporarily",
        "Not Allowed",
        "Request Time-out",
        "Request Entity Too Large",
        "Request-URI Too Large",
        "Request-URI Too Long",
        "Requested Range Not Satisfiable",
        "Service Temporarily Unavailable",
        "Gateway Time-out",
        "Internal Error",
    ];
    let reason = String::from_utf8_lossy(reason);
    let reason = reason.trim();
    let usual = |status: u16| StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let known = (100..600).filter_map(usual).chain(OLD.iter().copied());
    !reason.is_empty() && known.into_iter().all(|known| !known.eq_ignore_ascii_case(reason))
}

/// The rest of a call, after its head has come or it has failed.
pub trait Exchange: Send {
    /// The next piece of the body; `None` at its end.
    fn piece(&mut self) -> BoxFuture<'_, Option<Result<Bytes>>>;

    /// What was observed so far. It is complete when the call has ended.
    fn evidence(&self) -> Evidence;
}

/// A call that was started, with its head or the error.
pub type Started = (Box<dyn Exchange>, Result<Head>);

/// Whether the body ends with a last chunk: chunked must be the last coding (RFC 9112 section 6.3).
pub fn is_chunked(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(TRANSFER_ENCODING).iter();
    let last = codings.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).last();
    last.is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"))
}

/// A status with its usual reason phrase, if it has one.
pub fn describe_status(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(usual) => format!("{} {usual}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// Writes a head as HTTP/1.1 does, if its own bytes are not available.
pub fn write_head(first_line: &str, headers: &HeaderMap) -> Vec<u8> {
    let mut head = format!("{first_line}\r\n").into_bytes();
    for (name, value) in headers {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend_from_slice(b"\r\n");
    head
}
