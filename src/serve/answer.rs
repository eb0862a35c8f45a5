//! What is answered: the endpoint's answer as it is, or the platform's own in its shapes.

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
use tokio::sync::OwnedSemaphorePermit;

use super::journal::Entry;
use crate::error::{Error, Exit, Kind};
use crate::exchange::{Exchange, Head, Started};
use crate::platform::author::{self, TRANSPORT_ERROR};

/// An answer on its way.
pub(super) type Answer = http::Response<UnsyncBoxBody<Bytes, io::Error>>;

/// An answer of the platform's own, in place of the endpoint's.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) kind: Option<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
}

impl Refusal {
    /// With this status, and the platform's shape of errors.
    pub(super) fn new(status: StatusCode, message: &str) -> Self {
        let body = json!({"error": {"message": message, "internalCode": status.as_u16()}});
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Self { status, kind: None, headers, body: format!("{body}\n") }
    }

    /// What was sent is not well formed.
    pub(super) fn malformed(what: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, what)
    }

    /// There is no room for now.
    pub(super) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too much is going on; try again")
            .with(header::RETRY_AFTER, "1")
    }

    /// An `oauth_problem` as OAuth's problem reporting extension writes it.
    pub(super) fn oauth_problem(problem: &str, advice: &str) -> Self {
        let advice: String = url::form_urlencoded::byte_serialize(advice.as_bytes()).collect();
        let body = format!("oauth_problem={problem}&oauth_problem_advice={advice}");
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

    /// Puts the answer together; the entry of the journal ends with it.
    pub(super) fn answer(self, mut entry: Entry) -> Answer {
        entry.status = self.status.as_u16();
        entry.kind = self.kind.or(entry.kind);
        entry.sent(self.body.len());
        entry.complete();
        let body = Full::new(Bytes::from(self.body)).map_err(|never: Infallible| match never {});
        let mut answer = http::Response::new(body.boxed_unsync());
        *answer.status_mut() = self.status;
        answer.headers_mut().extend(self.headers);
        answer
    }
}

/// How a fault of ours, of the P12 or of the endpoint is told.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match (error.kind, error.kind.exit()) {
            (Kind::AddressForbidden, _) => StatusCode::FORBIDDEN,
            (Kind::FileUnreadable, _) | (_, Exit::Usage) => StatusCode::BAD_REQUEST,
            (_, Exit::P12 | Exit::Machine) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::FAILED_DEPENDENCY,
        };
        let mut refusal = Self { kind: Some(error.kind.name()), ..Self::new(status, &error.message) };
        if status == StatusCode::FAILED_DEPENDENCY {
            refusal = refusal.with(author::MESSAGE, &error.message).with(TRANSPORT_ERROR, error.kind.name());
        }
        refusal
    }
}

/// A short answer that is there already.
pub(super) fn text(status: StatusCode, kind: &'static str, text: String, entry: Entry) -> Answer {
    let mut refusal = Refusal::new(status, "").with(header::CONTENT_TYPE, kind);
    refusal.body = text;
    refusal.answer(entry)
}

/// The endpoint's answer: status, headers and body as they are, but for what belongs to one connection only.
pub(super) struct PassedOn {
    head: Head,
    exchange: Box<dyn Exchange>,
    without_body: bool,
    /// Its place among the calls in progress, until its last byte has gone.
    place: OwnedSemaphorePermit,
}

impl PassedOn {
    /// Fails where there is nothing that HTTP could pass on.
    pub(super) fn new(
        (exchange, head): Started,
        method: &Method,
        place: OwnedSemaphorePermit,
    ) -> Result<Self, Refusal> {
        let nothing = |what: &str| Err(Refusal::from(Error::new(Kind::NotHttp, what)));
        let head = head?;
        if head.version == http::Version::HTTP_09 {
            return nothing("the endpoint did not answer with HTTP");
        }
        if head.status.is_informational() {
            return nothing("the endpoint wants to switch to another protocol");
        }
        Ok(Self { head, exchange, without_body: method == Method::HEAD, place })
    }

    /// Puts the answer together; the entry of the journal ends with its body.
    pub(super) fn answer(self, mut entry: Entry) -> Answer {
        let Self { head: Head { status, headers, length, .. }, exchange, without_body, place } = self;
        entry.status = status.as_u16();
        let mut head = http::Response::new(());
        *head.status_mut() = status;
        *head.headers_mut() = end_to_end(&headers);
        // One length, or none: the chunks of the endpoint's answer came first, and two that are the same are one.
        head.headers_mut().remove(header::CONTENT_LENGTH);
        head.headers_mut().extend(length.map(|length| (header::CONTENT_LENGTH, length.into())));
        entry.expected = length;
        if without_body || matches!(status.as_u16(), 204 | 304) {
            entry.expected = Some(0);
        }
        if without_body {
            // The length of a body that does not follow.
            head.headers_mut().remove(header::CONTENT_LENGTH);
        }
        let pieces = stream::unfold((exchange, entry, place), |(mut exchange, entry, place)| async move {
            let piece = match exchange.piece().await {
                None => {
                    entry.complete();
                    return None;
                }
                // The connection is cut, so that the client sees that this is not all.
                Some(Err(error)) => Err(io::Error::other(error)),
                Some(Ok(bytes)) => {
                    entry.sent(bytes.len());
                    Ok(Frame::data(bytes))
                }
            };
            Some((piece, (exchange, entry, place)))
        });
        head.map(|()| StreamBody::new(pieces).boxed_unsync())
    }
}

/// Without the fields that are for one connection (RFC 9110 section 7.6.1).
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
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
