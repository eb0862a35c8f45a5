//! The endpoint's answer, passed on.

use std::io;

use bytes::Bytes;
use futures_util::stream;
use http::header::{self, HeaderMap, HeaderName};
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper::ext::ReasonPhrase;

use super::answer::Reply;
use super::journal::{LogEntry, RequestEnd};
use super::shares::Share;
use crate::error::{Error, Kind};
use crate::exchange::{Exchange, Head};
use crate::platform::contract;

/// The endpoint's answer, unchanged except for headers that concern one connection only.
pub(super) struct PassedOn {
    head: Head,
    /// The first piece of the body; `None` if it has none.
    first: Option<Bytes>,
    exchange: Box<dyn Exchange>,
    is_head: bool,
    place: Share,
}

impl PassedOn {
    /// Waits for the first piece of the body, as an answer that breaks off before it is none.
    ///
    /// # Errors
    /// When the body breaks off at once, or HTTP cannot pass the answer on.
    pub(super) async fn receive(
        mut exchange: Box<dyn Exchange>,
        head: Head,
        method: &Method,
        place: Share,
    ) -> Result<Self, Error> {
        let nothing = |what: &str| Err(Error::new(Kind::NotHttp, what));
        if head.version == http::Version::HTTP_09 {
            return nothing("the endpoint did not answer with HTTP");
        }
        if head.status.is_informational() {
            return nothing("the endpoint wants to switch to another protocol");
        }
        let first = exchange.piece().await.transpose()?;
        Ok(Self { head, first, exchange, is_head: method == Method::HEAD, place })
    }

    /// Turns it into a reply. The log entry ends with the body.
    pub(super) fn into_reply(self, mut entry: LogEntry) -> Reply {
        let head = self.head();
        entry.status = self.head.status.as_u16();
        entry.expected = if self.has_body() { self.head.length } else { Some(0) };
        let rest = AnswerBody { first: self.first, exchange: self.exchange, entry, _place: self.place };
        let pieces = stream::unfold(rest, async |mut rest| Some((rest.next().await?, rest)));
        head.map(|()| StreamBody::new(pieces).boxed_unsync())
    }

    fn head(&self) -> http::Response<()> {
        let Head { status, phrase, headers, length, .. } = &self.head;
        let mut head = http::Response::new(());
        *head.status_mut() = *status;
        *head.headers_mut() = keep_end_to_end(headers);
        // At most one length: chunks take precedence, and equal lengths are merged. With HEAD, no body follows; a 204 has
        // none (RFC 9110 section 8.6).
        head.headers_mut().remove(header::CONTENT_LENGTH);
        let length = length.filter(|_| !self.is_head && *status != StatusCode::NO_CONTENT);
        head.headers_mut().extend(length.map(|length| (header::CONTENT_LENGTH, length.into())));
        // Where there is none, hyper would write "<none>".
        let none = || status.canonical_reason().is_none().then_some(ReasonPhrase::from_static(b""));
        if let Some(phrase) = phrase.clone().or_else(none) {
            head.extensions_mut().insert(phrase);
        }
        head
    }

    fn has_body(&self) -> bool {
        !self.is_head && !matches!(self.head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }
}

/// The body of an answer, on its way.
struct AnswerBody {
    first: Option<Bytes>,
    exchange: Box<dyn Exchange>,
    entry: LogEntry,
    /// Held until the last byte has been sent.
    _place: Share,
}

impl AnswerBody {
    async fn next(&mut self) -> Option<io::Result<Frame<Bytes>>> {
        let piece = match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => self.exchange.piece().await,
        };
        match piece {
            None => {
                self.entry.end = RequestEnd::Complete;
                None
            }
            // hyper cuts the connection, so that the client notices.
            Some(Err(error)) => {
                self.entry.end = RequestEnd::Cut;
                (self.entry.kind, self.entry.reason) = (Some(error.kind.name()), Some(error.message.clone()));
                Some(Err(io::Error::other(error)))
            }
            Some(Ok(bytes)) => {
                self.entry.sent += bytes.len() as u64;
                Some(Ok(Frame::data(bytes)))
            }
        }
    }
}

/// The headers without those that concern one connection (RFC 9110 section 7.6.1), and without those that only the
/// platform may set.
fn keep_end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<_> =
        named.flat_map(|value| value.split(',')).map(|name| name.trim().to_lowercase()).collect();
    let hop = |name: &HeaderName| {
        HOP_BY_HOP.contains(&name.as_str())
            || name.as_str().starts_with(contract::OWN_HEADERS)
            || named.iter().any(|known| known == name.as_str())
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
