//! The replies: the endpoint's answer unchanged, or the server's own in the platform's formats.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use futures_util::stream;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use serde_json::json;

use super::journal::{End, LogEntry};
use super::presence::Gone;
use super::shares::Share;
use crate::error::{Error, Exit, Kind};
use crate::exchange::{Exchange, Head};
use crate::platform::contract::{self, TRANSPORT_ERROR, TRANSPORT_MESSAGE};

/// The kind of a request whose client went away.
const GONE: &str = "client-gone";

/// A reply to a client.
pub(super) type Reply = http::Response<UnsyncBoxBody<Bytes, io::Error>>;

/// A reply of the server itself, in place of the endpoint's answer.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) kind: Option<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
}

impl Refusal {
    /// With this status and a body in the platform's format of errors.
    pub(super) fn new(status: StatusCode, message: &str) -> Self {
        let body = json!({"error": {"message": message, "internalCode": status.as_u16()}});
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Self { status, kind: None, headers, body: format!("{body}\n") }
    }

    /// 400: the request is not well formed.
    pub(super) fn malformed(what: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, what)
    }

    /// 413: more than is taken.
    pub(super) fn too_large(what: &str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, what)
    }

    /// 408: the client sends too slowly, or no more.
    pub(super) fn late() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the upload did not arrive in time")
    }

    /// 503: there is no room now.
    pub(super) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the server is busy; try again")
            .with(header::RETRY_AFTER, "1")
    }

    /// 408: the client has closed its sending side and does not seem to wait any more.
    pub(super) fn gone() -> Self {
        let refusal = Self::new(StatusCode::REQUEST_TIMEOUT, "the client closed the connection");
        Self { kind: Some(GONE), ..refusal }
    }

    /// 429: too many requests.
    pub(super) fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests; try again")
            .with(header::RETRY_AFTER, "1")
    }

    /// 401: the credential is not known.
    pub(super) fn unknown(why: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, why).with(header::WWW_AUTHENTICATE, "Bearer realm=\"p12-test\"")
    }

    /// An `oauth_problem` as OAuth's problem reporting extension writes it.
    pub(super) fn oauth_problem(problem: &str, advice: &str) -> Self {
        let advice: String = url::form_urlencoded::byte_serialize(advice.as_bytes()).collect();
        let body = format!("oauth_problem={problem}&oauth_problem_advice={advice}\n");
        let form = "application/x-www-form-urlencoded";
        Self { body, ..Self::new(StatusCode::UNAUTHORIZED, "") }
            .with(header::CONTENT_TYPE, form)
            .with(header::WWW_AUTHENTICATE, "OAuth realm=\"p12-test\"")
    }

    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        let visible = |c: char| if (' '..='~').contains(&c) { c } else { '?' };
        if let Ok(value) = HeaderValue::from_str(&value.chars().map(visible).collect::<String>()) {
            self.headers.retain(|(known, _)| *known != name);
            self.headers.push((name, value));
        }
        self
    }

    /// Turns it into a reply, and ends the log entry.
    pub(super) fn into_reply(self, mut entry: LogEntry) -> Reply {
        entry.status = self.status.as_u16();
        entry.kind = self.kind.or(entry.kind);
        entry.sent = self.body.len() as u64;
        entry.finish(if self.kind == Some(GONE) { End::Gone } else { End::Complete });
        let body = Full::new(Bytes::from(self.body)).map_err(|never: Infallible| match never {});
        let mut answer = http::Response::new(body.boxed_unsync());
        *answer.status_mut() = self.status;
        answer.headers_mut().extend(self.headers);
        answer
    }
}

impl From<Gone> for Refusal {
    fn from(_: Gone) -> Self {
        Self::gone()
    }
}

/// The status and headers for each kind of error.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match (error.kind, error.kind.exit()) {
            (Kind::AddressForbidden, _) => StatusCode::FORBIDDEN,
            (Kind::FileUnreadable, _) | (_, Exit::Usage) => StatusCode::BAD_REQUEST,
            (_, Exit::P12) => contract::P12_UNUSABLE,
            (_, Exit::Machine) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => contract::ENDPOINT_FAILED,
        };
        let mut refusal = Self { kind: Some(error.kind.name()), ..Self::new(status, &error.message) };
        if status == contract::ENDPOINT_FAILED {
            refusal =
                refusal.with(TRANSPORT_MESSAGE, &error.message).with(TRANSPORT_ERROR, error.kind.name());
        }
        refusal
    }
}

/// A short reply with this text.
pub(super) fn reply_with(status: StatusCode, kind: &'static str, text: String, entry: LogEntry) -> Reply {
    let mut refusal = Refusal::new(status, "").with(header::CONTENT_TYPE, kind);
    refusal.body = text;
    refusal.into_reply(entry)
}

/// The endpoint's answer, unchanged except for headers that concern one connection only.
pub(super) struct PassedOn {
    head: Head,
    exchange: Box<dyn Exchange>,
    without_body: bool,
    /// Held until the last byte has been sent.
    place: Share,
}

impl PassedOn {
    /// Fails when HTTP cannot pass the answer on.
    pub(super) fn new(
        exchange: Box<dyn Exchange>,
        head: Head,
        method: &Method,
        place: Share,
    ) -> Result<Self, Refusal> {
        let nothing = |what: &str| Err(Refusal::from(Error::new(Kind::NotHttp, what)));
        if head.version == http::Version::HTTP_09 {
            return nothing("the endpoint did not answer with HTTP");
        }
        if head.status.is_informational() {
            return nothing("the endpoint wants to switch to another protocol");
        }
        Ok(Self { head, exchange, without_body: method == Method::HEAD, place })
    }

    /// Turns it into a reply. The log entry ends with the body.
    pub(super) fn into_reply(self, mut entry: LogEntry) -> Reply {
        let Self { head: Head { status, headers, length, .. }, exchange, without_body, place } = self;
        entry.status = status.as_u16();
        let mut head = http::Response::new(());
        *head.status_mut() = status;
        *head.headers_mut() = keep_end_to_end(&headers);
        // At most one length: chunks take precedence, and equal lengths are merged.
        head.headers_mut().remove(header::CONTENT_LENGTH);
        head.headers_mut().extend(length.map(|length| (header::CONTENT_LENGTH, length.into())));
        entry.expected = length;
        if without_body || matches!(status.as_u16(), 204 | 304) {
            entry.expected = Some(0);
        }
        if without_body {
            // No body follows.
            head.headers_mut().remove(header::CONTENT_LENGTH);
        }
        let pieces =
            stream::unfold((exchange, entry, place), |(mut exchange, mut entry, place)| async move {
                let piece = match exchange.piece().await {
                    None => {
                        entry.finish(End::Complete);
                        return None;
                    }
                    // hyper cuts the connection, so that the client notices.
                    Some(Err(error)) => {
                        entry.finish(End::Cut);
                        Err(io::Error::other(error))
                    }
                    Some(Ok(bytes)) => {
                        entry.sent += bytes.len() as u64;
                        Ok(Frame::data(bytes))
                    }
                };
                Some((piece, (exchange, entry, place)))
            });
        head.map(|()| StreamBody::new(pieces).boxed_unsync())
    }
}

/// The headers without those that concern one connection (RFC 9110 section 7.6.1).
fn keep_end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<_> =
        named.flat_map(|value| value.split(',')).map(|name| name.trim().to_lowercase()).collect();
    let hop = |name: &HeaderName| {
        HOP_BY_HOP.contains(&name.as_str()) || named.iter().any(|known| known == name.as_str())
    };
    headers.iter().filter(|(name, _)| !hop(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
