//! The server's own replies, in the platform's formats.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderName, HeaderValue};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

use super::journal::{LogEntry, RequestEnd};
use crate::error::{Error, Exit, Kind};
use crate::platform::contract::{self, TRANSPORT_ERROR, TRANSPORT_MESSAGE};

/// The kind of a request whose client went away.
const GONE: &str = "client-gone";

/// The longest value of a header, in bytes. The body has the whole.
const MAX_VALUE: usize = 1024;

/// What a value ends with that was too long.
const CUT: &str = " ...";

/// A reply to a client.
pub(super) type Reply = http::Response<UnsyncBoxBody<Bytes, io::Error>>;

/// A reply of the server itself, in place of the endpoint's answer.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) kind: Option<&'static str>,
    /// What happened, for the log.
    reason: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
}

#[derive(Clone)]
enum Body {
    /// A message in the platform's format of errors.
    Message(String),
    Text(String),
}

impl Failure {
    /// With this status and a body in the platform's format of errors.
    pub(super) fn new(status: StatusCode, message: &str) -> Self {
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Self { status, kind: None, reason: None, headers, body: Body::Message(message.to_owned()) }
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
        let body = Body::Text(format!("oauth_problem={problem}&oauth_problem_advice={advice}\n"));
        let form = "application/x-www-form-urlencoded";
        Self { body, ..Self::new(StatusCode::UNAUTHORIZED, "") }
            .with(header::CONTENT_TYPE, form)
            .with(header::WWW_AUTHENTICATE, "OAuth realm=\"p12-test\"")
    }

    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        let visible = |c: char| if (' '..='~').contains(&c) { c } else { '?' };
        let mut value: String = value.chars().map(visible).collect();
        if value.len() > MAX_VALUE {
            value.truncate(MAX_VALUE - CUT.len());
            value.push_str(CUT);
        }
        if let Ok(value) = HeaderValue::from_str(&value) {
            self.headers.retain(|(known, _)| *known != name);
            self.headers.push((name, value));
        }
        self
    }

    /// Turns it into a reply, and ends the log entry.
    pub(super) fn into_reply(self, mut entry: LogEntry) -> Reply {
        entry.status = self.status.as_u16();
        entry.kind = self.kind.or(entry.kind);
        entry.reason = self.reason;
        let body = match self.body {
            Body::Text(text) => text,
            Body::Message(message) => {
                let (code, id) = (self.status.as_u16(), &entry.origin.id);
                format!("{}\n", json!({"error": {"message": message, "internalCode": code, "requestId": id}}))
            }
        };
        entry.sent = body.len() as u64;
        entry.end = if self.kind == Some(GONE) { RequestEnd::Gone } else { RequestEnd::Complete };
        let body = Full::new(Bytes::from(body)).map_err(|never: Infallible| match never {});
        let mut answer = http::Response::new(body.boxed_unsync());
        *answer.status_mut() = self.status;
        answer.headers_mut().extend(self.headers);
        answer
    }
}

/// The status and headers for each kind of error.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match (error.kind, error.kind.exit()) {
            // Told apart, they would list the names of a private network.
            (Kind::AddressForbidden | Kind::NameUnknown, _) => StatusCode::FORBIDDEN,
            (Kind::OutOfFiles, _) => StatusCode::SERVICE_UNAVAILABLE,
            (Kind::FileUnreadable, _) | (_, Exit::Usage) => StatusCode::BAD_REQUEST,
            (_, Exit::P12) => contract::P12_UNUSABLE,
            (_, Exit::Machine) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => contract::ENDPOINT_FAILED,
        };
        let refusal = match status {
            StatusCode::FORBIDDEN => Self::new(status, contract::NOT_CALLED),
            StatusCode::SERVICE_UNAVAILABLE => Self::busy(),
            contract::ENDPOINT_FAILED => Self::new(status, &error.message)
                .with(TRANSPORT_MESSAGE, &error.message)
                .with(TRANSPORT_ERROR, error.kind.name()),
            _ => Self::new(status, &error.message),
        };
        Self { kind: Some(error.kind.name()), reason: Some(error.message), ..refusal }
    }
}

/// A short reply with this text.
pub(super) fn reply_with(status: StatusCode, kind: &'static str, text: String, entry: LogEntry) -> Reply {
    let mut refusal = Failure::new(status, "").with(header::CONTENT_TYPE, kind);
    refusal.body = Body::Text(text);
    refusal.into_reply(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_holds_a_kilobyte_of_a_message_and_the_body_the_whole() {
        let message = format!("cannot connect to \u{e9}\n{}", "x".repeat(5_000));
        let refusal = Failure::from(Error::new(Kind::ConnectionRefused, &message));
        let (_, value) = refusal.headers.iter().find(|(name, _)| *name == TRANSPORT_MESSAGE).unwrap();
        assert_eq!(value.len(), MAX_VALUE);
        let text = value.to_str().unwrap();
        assert!(text.starts_with("cannot connect to ??xxx") && text.ends_with("x ..."), "{text}");
        assert!(matches!(refusal.body, Body::Message(whole) if whole == message));
    }
}
