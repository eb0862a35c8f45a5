//! What was observed on the one connection, and what was read from our own certificate. Data only.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

pub use end::{Cause, End};
pub use message::{Message, Side, Step};

mod end;
mod message;

pub use crate::certificate::Certificate;
use crate::foreign::Foreign;

/// Everything seen of one call, in the order the world revealed it. Holds no secret.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Our leaf, as read from the P12.
    pub ours: Option<Certificate>,
    /// The certificates that go with it, its issuer first.
    pub our_chain: Vec<Certificate>,
    /// `host:port` of the forward URL.
    pub target: String,
    /// The path of the forward URL.
    pub path: String,
    /// By way of which platform the request went, where it did; then most of what follows stays unseen.
    pub submission: Option<Submission>,
    /// The proxy that the connection went through, without its credentials.
    pub proxy: Option<String>,
    /// Addresses that did not answer, each with the system's reason.
    pub failed_addresses: Vec<(SocketAddr, String)>,
    /// The address that answered.
    pub address: Option<SocketAddr>,
    /// What was offered in TLS.
    pub offer: Offer,
    /// The TLS session, once its handshake was through.
    pub tls: Option<Session>,
    /// The endpoint's chain, its leaf first: as it was sent, or where it is not trusted as verification put it together.
    pub server_chain: Vec<Certificate>,
    /// The fault that verification found in the endpoint's chain; none when it is trusted.
    pub distrust: Option<String>,
    /// The status that the endpoint stapled to its certificate, where it did.
    pub staple: Option<Staple>,
    /// The first bytes that came, where they were no TLS: what else speaks there.
    pub greeting: Foreign,
    /// TLS messages and alerts, with the time since the call began.
    pub steps: Vec<Step>,
    /// Each time the endpoint asked for a certificate.
    pub requests: Vec<CertificateRequest>,
    /// How the connection ended, where it ended.
    pub end: Option<End>,
    /// A write that failed as the endpoint had gone, in the system's words; its answer may still have come.
    pub write_failure: Option<String>,
    /// How long each part took.
    pub timings: Timings,
    /// Bytes of the answer's body so far.
    pub received: u64,
    /// Trailers that followed the body, each as `name: value`.
    pub trailers: Vec<Foreign>,
    /// What came of the same request without the certificate, where `--control` asked for it.
    pub control: Option<Control>,
}

/// A request that the platform was asked to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The platform's `host:port`.
    pub host: String,
    /// Where the host was found: the URL of the lookup, or none when it was named.
    pub found_by: Option<String>,
    /// The account it was submitted for.
    pub account: String,
    /// Who wrote the answer; `None` until its head has come.
    pub author: Option<Author>,
}

/// Who wrote an answer that came through the platform, each with the signal that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// The endpoint; the platform passed its answer on.
    Remote(String),
    /// The platform, of the endpoint: it got no answer from it.
    PlatformOfRemote(String),
    /// The platform, of itself or of the request.
    Platform(String),
    /// Either of the two.
    Unclear(String),
}

/// What came of the same request without the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// An answer with this status.
    Answered(u16),
    /// The endpoint ended the call for want of the certificate; in words.
    Insisted(String),
    /// The call failed for another reason, so nothing is known.
    Failed(String),
}

/// What this machine offered in TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The host name that was asked for (SNI, RFC 6066 section 3); none for an address.
    pub name: Option<String>,
    /// Whether TLS 1.3 was among the versions.
    pub tls13: bool,
    /// Whether HTTP/2 was among the protocols.
    pub http2: bool,
}

/// What the handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    /// `TLSv1.3`.
    pub version: String,
    /// The cipher suite's standard name (RFC 8446 B.4, IANA).
    pub cipher: String,
    /// The protocol chosen by ALPN (RFC 7301), where the endpoint chose one.
    pub alpn: Option<String>,
}

/// The status of the endpoint's certificate, as its CA's responder signed it (RFC 6960).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Staple {
    /// It is not revoked.
    Good,
    /// It was revoked at this time.
    Revoked(String),
    /// Nothing follows from it, for this reason.
    Unusable(String),
}

/// When a certificate was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// In the first handshake.
    Handshake,
    /// In a further handshake on the same connection (TLS 1.2, RFC 5746).
    Renegotiation,
    /// By a request after the handshake (TLS 1.3, RFC 8446 section 4.6.2).
    PostHandshake,
}

impl Stage {
    /// The stage in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Renegotiation => "renegotiation",
            Self::PostHandshake => "post-handshake",
        }
    }
}

/// One CertificateRequest of the endpoint, and our answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateRequest {
    /// When it came.
    pub stage: Stage,
    /// Subjects of the CAs that the endpoint says it accepts; empty when it names none.
    pub issuers: Vec<String>,
    /// Whether a CA that our chain leads to is among them; `None` when it names none.
    pub ours_accepted: Option<bool>,
    /// The signature algorithms that the endpoint takes, by IANA's names, its favourite first.
    pub algorithms: Vec<String>,
    /// Whether our Certificate message held a certificate. `None` until it was sent.
    pub sent: Option<bool>,
}

/// How long each part of a call took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Resolving the name; zero for an address.
    pub dns: Duration,
    /// TCP, and the proxy's handshake where there is one.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// From the start of the call to the answer's first byte; `None` when none has come.
    pub first_byte: Option<Duration>,
    /// From the start of the call to the answer's end.
    pub total: Duration,
}

const CERTIFICATE_REQUEST: Message = Message::Handshake(13);

impl Evidence {
    /// The alert by which the endpoint ended the connection, close_notify aside; or a warning that names a
    /// certificate, as its end may follow without another word.
    pub fn alert(&self) -> Option<u8> {
        self.steps.iter().rev().find_map(|step| match (step.from, &step.what) {
            (Side::Endpoint, Message::Alert(code)) if *code != 0 => Some(*code),
            (Side::Endpoint, Message::Warning(code @ 41..=49)) => Some(*code),
            _ => None,
        })
    }

    /// Whether the endpoint asked for a certificate after its answer had begun.
    pub fn requested_late(&self) -> bool {
        let asks = |step: &&Step| (step.from, &step.what) == (Side::Endpoint, &CERTIFICATE_REQUEST);
        let late = |begun| self.steps.iter().filter(asks).any(|step| step.at > begun);
        self.timings.first_byte.is_some_and(late)
    }

    /// Whether the endpoint asked for a certificate at all.
    pub fn requested(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Whether one of its requests was answered, with a certificate or without.
    pub fn answered_request(&self) -> bool {
        self.requests.iter().any(|request| request.sent.is_some())
    }

    /// Whether our certificate was sent, at any of the requests.
    pub fn sent(&self) -> bool {
        self.requests.iter().any(|request| request.sent == Some(true))
    }
}
