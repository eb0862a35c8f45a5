//! The answer: its head, its streamed body, what was observed, and the verdict.

use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, Version};
use openssl::sha::Sha256;

use crate::certificate;
use crate::diagnosis::{self, client, page};
use crate::error::{Error, Kind, Result, Retry};
use crate::evidence::{Author, Control, Evidence, Submission};

/// An answer whose head has come and whose body is still to be read.
pub struct Response {
    /// The status of the final head.
    pub status: StatusCode,
    /// The HTTP version the endpoint spoke; 0.9 when the answer had no head at all.
    pub version: Version,
    /// The fields of the final head.
    pub headers: HeaderMap,
    /// The heads as they came over the wire, interim ones included; for HTTP/2 as HTTP/1.1 would write them.
    pub head: Vec<u8>,
    /// The length that the head announces, in bytes.
    pub length: Option<u64>,
    /// What success means.
    pub terms: Terms,
    body: Box<dyn Answer>,
    digest: Option<Sha256>,
    /// The beginning of the body, as far as it was read.
    excerpt: Vec<u8>,
}

/// Which answers count as success.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The statuses wanted; empty means any below 400.
    pub expect: Vec<Expected>,
    /// Whether an endpoint that never asks for a certificate is fine.
    pub allow_unrequested: bool,
}

/// A status, or a class of statuses such as `2xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// This one.
    Status(u16),
    /// Its first digit.
    Class(u16),
}

impl std::str::FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || format!("{text:?} is neither a status (200) nor a class of them (2xx)");
        match text.as_bytes() {
            [digit @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => Ok(Self::Class(u16::from(digit - b'0'))),
            [b'1'..=b'9', _, _] => text.parse().map(Self::Status).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// The platform's error when it gets no answer from the endpoint.
pub const TRANSPORT_ERROR: HeaderName = HeaderName::from_static("lp-error-from-transport");

/// A body that comes piece by piece, and the connection it comes from.
pub trait Answer: Send {
    /// The next piece; `None` at the end. A failure is told with what was observed.
    fn piece(&mut self) -> Pin<Box<dyn Future<Output = Option<Result<Bytes>>> + Send + '_>>;

    /// What was observed until now.
    fn evidence(&self) -> Evidence;
}

impl Response {
    /// Puts an answer together.
    pub fn new(head: http::response::Parts, wire_head: Vec<u8>, terms: Terms, body: Box<dyn Answer>) -> Self {
        let length = head.headers.get(http::header::CONTENT_LENGTH).filter(|_| !is_chunked(&head.headers));
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        Self {
            status: head.status,
            version: head.version,
            headers: head.headers,
            head: wire_head,
            length,
            terms,
            body,
            digest: None,
            excerpt: Vec::new(),
        }
    }

    /// Computes the digest of the body as it is read from here on.
    pub fn compute_digest(&mut self) {
        self.digest = Some(Sha256::new());
    }

    /// The SHA-256 of what was read of the body, in hex, where it was to be computed.
    pub fn sha256(&self) -> Option<String> {
        Some(certificate::hex(&self.digest.clone()?.finish()))
    }

    /// The next piece of the body; `None` at its end.
    pub async fn piece(&mut self) -> Option<Result<Bytes>> {
        let piece = self.body.piece().await;
        if let Some(Ok(bytes)) = &piece {
            if let Some(digest) = &mut self.digest {
                digest.update(bytes);
            }
            let room = page::EXCERPT.saturating_sub(self.excerpt.len()).min(bytes.len());
            self.excerpt.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        piece
    }

    /// What was observed until now; complete once the body has ended.
    pub fn evidence(&self) -> Evidence {
        self.body.evidence()
    }

    /// What the whole call comes to. Ask when the body has ended: a certificate may be asked for late.
    pub fn verdict(&self) -> Result<()> {
        let evidence = self.evidence();
        let target = &evidence.target;
        if self.version == Version::HTTP_09 {
            return Err(page::headless(&self.excerpt, target));
        }
        if self.status == StatusCode::SWITCHING_PROTOCOLS {
            let message = format!("{target} switched to another protocol, which was not asked for");
            return Err(Error::new(Kind::AnswerMalformed, message));
        }
        match evidence.submission.as_ref().map(|submission| &submission.author) {
            None => self.certificate_tested(&evidence)?,
            Some(author) => author.as_ref().map_or(Ok(()), |author| self.passed_on(target, author))?,
        }
        if self.expected() {
            let login = page::login(self.status, &self.headers, &evidence);
            return login.filter(|_| self.terms.expect.is_empty()).map_or(Ok(()), Err);
        }
        if let Some(refusal) = page::refusal(self.status, &self.excerpt, &evidence) {
            return Err(refusal);
        }
        let unexpected = if self.terms.expect.is_empty() { "" } else { ", which is not among the expected" };
        let (who, hint) = match &evidence.submission {
            None => (target.clone(), page::status_hint(self.status, &evidence)),
            Some(Submission { author: Some(Author::Unclear(why)), .. }) => {
                (format!("{target} or the platform"), format!("{}: {why}", platform_hint(self.status)))
            }
            Some(_) => (format!("{target}, through the platform,"), Kind::Status.hint().to_owned()),
        };
        let message = format!("{who} answered {}{unexpected}", diagnosis::status(self.status));
        Err(Error::new(Kind::Status, message).with_hint(hint).with_retry(self.retry(), self.retry_after()))
    }

    /// What the status says of trying again (RFC 9110 sections 15.5.9 and 15.6; RFC 6585 section 4).
    fn retry(&self) -> Retry {
        match self.status.as_u16() {
            425 | 429 => Retry::Yes,
            408 | 502..=504 => Retry::IfIdempotent,
            _ => Retry::Never,
        }
    }

    fn retry_after(&self) -> Option<String> {
        let value = self.headers.get(http::header::RETRY_AFTER)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// Fails when the platform is surely the author of what came.
    fn passed_on(&self, target: &str, author: &Author) -> Result<()> {
        match author {
            Author::Remote(_) | Author::Unclear(_) => Ok(()),
            Author::PlatformOfRemote(message) => {
                let message = format!("the platform got no answer from {target}: {message}");
                let error = Error::new(Kind::PlatformRemote, message);
                Err(match self.transport_kind() {
                    Some(kind) => {
                        let hint = format!(
                            "seen from the platform: {}; --compare shows how it looks from here",
                            kind.hint()
                        );
                        error.with_hint(hint).with_retry(kind.retry(), None)
                    }
                    None => error,
                })
            }
            Author::Platform(signal) => {
                let kind = match self.status.as_u16() {
                    401 => Kind::PlatformCredential,
                    403 => Kind::PlatformForbidden,
                    429 => Kind::PlatformRate,
                    _ => Kind::PlatformFailed,
                };
                let status = diagnosis::status(self.status);
                let error = Error::new(kind, format!("the platform itself answered {status}: {signal}"));
                Err(error.with_retry(kind.retry(), self.retry_after()))
            }
        }
    }

    /// The platform's error about the endpoint, where it names one of our kinds, as `serve` does.
    fn transport_kind(&self) -> Option<Kind> {
        let name = self.headers.get(TRANSPORT_ERROR)?;
        Kind::ALL.iter().copied().find(|kind| kind.name().as_bytes() == name.as_bytes())
    }

    /// An answer proves something about the P12 only if its certificate was asked for and sent, so this
    /// comes before the status.
    fn certificate_tested(&self, evidence: &Evidence) -> Result<()> {
        let (target, status) = (&evidence.target, diagnosis::status(self.status));
        if !evidence.requested() && !self.terms.allow_unrequested {
            let message = format!(
                "{target} answered {status} but never asked for a certificate: the P12 was not tested"
            );
            return Err(match &evidence.proxy {
                Some(proxy) => Error::new(Kind::NotRequested, message).with_hint(format!(
                    "{}; or the proxy {proxy} ends TLS itself, so that the endpoint never sees this connection",
                    Kind::NotRequested.hint()
                )),
                None => Error::new(Kind::NotRequested, message),
            });
        }
        if evidence.requested() && !evidence.sent() {
            let message = format!(
                "{target} answered {status} after asking for a certificate, and ours was not sent, as {}: the P12 was not tested",
                client::unfit(evidence)
            );
            return Err(Error::new(Kind::NotSent, message));
        }
        let unknown = |why: &str| {
            let message = format!("whether {target} insists on the certificate was not found out: {why}");
            let hint = "the call without the certificate failed for another reason; try again";
            Err(Error::new(Kind::NotInsisted, message).with_hint(hint))
        };
        match &evidence.control {
            Some(Control::Answered(without)) if *without == self.status.as_u16() => Err(Error::new(
                Kind::NotInsisted,
                format!("{target} answers {status} without the certificate too: it does not insist on it"),
            )),
            Some(Control::Answered(without)) if is_success(*without, &self.terms.expect) => {
                let answered =
                    StatusCode::from_u16(*without).map_or_else(|_| without.to_string(), diagnosis::status);
                let message =
                    format!("{target} answers {answered} without the certificate: it does not insist on it");
                let hint = "the endpoint lets in whoever comes without a certificate, so this answer proves nothing about it";
                Err(Error::new(Kind::NotInsisted, message).with_hint(hint))
            }
            // What says nothing of the certificate: too late, too much, a fault (RFC 9110 section 15).
            Some(Control::Answered(without @ (408 | 409 | 421 | 425 | 429 | 500..))) => {
                unknown(&format!("it answered {without} without it"))
            }
            Some(Control::Failed(why)) => unknown(why),
            Some(Control::Answered(_) | Control::Insisted(_)) | None => Ok(()),
        }
    }

    fn expected(&self) -> bool {
        is_success(self.status.as_u16(), &self.terms.expect)
    }
}

/// Whether a status is among these; where none are named, any below 400 will do.
fn is_success(status: u16, expected: &[Expected]) -> bool {
    match expected {
        [] => status < 400,
        wanted => wanted.iter().any(|wanted| match *wanted {
            Expected::Status(code) => code == status,
            Expected::Class(class) => class == status / 100,
        }),
    }
}

/// Whether chunks say where the body ends: that is so where chunked is the last of its codings (RFC 9112 section 6.3).
pub fn is_chunked(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(http::header::TRANSFER_ENCODING).iter();
    let last = codings.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).last();
    last.is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"))
}

/// A head as HTTP/1.1 writes it, where it did not come so or was not kept.
pub fn head_in_words(first_line: &str, headers: &HeaderMap) -> Vec<u8> {
    let mut head = format!("{first_line}\r\n").into_bytes();
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Which of the two a status points to that may come from the platform as well as from the endpoint.
fn platform_hint(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "check the platform's credential first, then --authorization for the endpoint",
        403 => {
            "check the permission MTLS_READ_INTERNAL first, then whether the endpoint lets this certificate in"
        }
        404 => "check the path of the URL first, then the account number",
        424 => "check whether the platform can reach the endpoint",
        429 => "wait, then try again",
        500 => {
            "either the platform cannot use this P12 or password, or the endpoint failed; --compare tells more"
        }
        _ => "try --compare",
    }
}
