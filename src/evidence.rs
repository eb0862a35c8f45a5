//! What was observed on the connection, and what was read from our own certificate. Data only.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

pub use end::{Cause, End};
pub use message::{Message, Side, Step};

mod end;
mod message;

pub use crate::certificate::Certificate;
use crate::foreign::Foreign;

/// Everything that was observed of one call, in the order in which it became known. Holds no secret.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Our leaf, as read from the P12.
    pub ours: Option<Certificate>,
    /// The certificates that go with it, its issuer first.
    pub our_chain: Vec<Certificate>,
    /// Whether `--leaf-only` left them out.
    pub chain_left_out: bool,
    /// `host:port` of the forward URL.
    pub target: String,
    /// The path of the forward URL.
    pub path: String,
    /// The platform, if the request went through one. Then most of the other fields stay empty.
    pub submission: Option<Submission>,
    /// The proxy that the connection went through, without its credentials.
    pub proxy: Option<String>,
    /// Addresses that did not answer, each with the system's reason.
    pub failed_addresses: Vec<(SocketAddr, String)>,
    /// The address that answered.
    pub address: Option<SocketAddr>,
    pub offer: Offer,
    /// Options that hints go by.
    pub given: Given,
    /// The TLS session, after its handshake.
    pub tls: Option<Session>,
    /// The endpoint's chain, its leaf first: as it was sent, or, if it is not trusted, as verification built
    /// it.
    pub server_chain: Vec<Certificate>,
    /// Whether no CA was named, and this machine has none.
    pub no_roots: bool,
    /// The fault that verification found in the endpoint's chain; `None` if the chain is trusted.
    pub distrust: Option<String>,
    /// The OCSP status that the endpoint stapled to its certificate, if it did.
    pub staple: Option<Staple>,
    /// The first bytes that came, if they were not TLS: they show which protocol it is.
    pub greeting: Foreign,
    /// TLS messages and alerts, with the time since the call began.
    pub steps: Vec<Step>,
    /// The endpoint's requests for a certificate.
    pub requests: Vec<CertificateRequest>,
    /// How the connection ended, if it did.
    pub end: Option<End>,
    /// The system's reason for a write that failed because the endpoint had gone. Its answer may still have
    /// come.
    pub write_failure: Option<String>,
    /// Whether the call failed while the request's body was still being sent.
    pub body_unsent: bool,
    /// Whether more bytes came than the answer has.
    pub surplus: bool,
    pub timings: Timings,
    /// Bytes of the answer's body so far.
    pub received: u64,
    /// Trailers that followed the body, each as `name: value`.
    pub trailers: Vec<Foreign>,
    /// The outcome of the same request without the certificate, with `--control`.
    pub control: Option<Control>,
}

/// A request that the platform was asked to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The platform's `host:port`.
    pub host: String,
    /// The URL of the lookup that found the host; `None` if the host was named.
    pub found_by: Option<String>,
    /// The account it was submitted for.
    pub account: String,
    /// Who wrote the answer; `None` until its head has come.
    pub author: Option<Author>,
}

/// Who wrote an answer that came through the platform, with the sign that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// The endpoint: the platform passed its answer on.
    Remote(String),
    /// The platform: it says that the endpoint gave no answer.
    PlatformOfRemote(String),
    /// The platform: the answer is about the platform or the request.
    Platform(String),
    /// It can be either.
    Unclear(String),
}

/// The outcome of the same request without the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// An answer with this status.
    Answered(u16),
    /// The endpoint ended the call because there was no certificate; with the message.
    Insisted(String),
    /// The call failed for another reason, so nothing is known; with the message.
    Failed(String),
}

/// What this machine offered in TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The host name that was asked for (SNI, RFC 6066 section 3); none for an address.
    pub name: Option<String>,
    /// Whether TLS 1.2 was among the versions.
    pub tls12: bool,
    /// Whether TLS 1.3 was among the versions.
    pub tls13: bool,
    /// Whether HTTP/2 was among the protocols.
    pub http2: bool,
}

/// Options that were given, so that no hint advises them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// `--cacert`.
    pub cacert: bool,
    /// `--resolve`, for any host.
    pub resolve: bool,
    /// A `--tls-min` below TLS 1.2.
    pub old_tls: bool,
    /// An `Authorization` for the endpoint.
    pub authorization: bool,
    /// `Expect: 100-continue`, with a body.
    pub expect: bool,
    /// `--connect-timeout`, or its default.
    pub patience: Duration,
}

/// What both sides agreed on in the handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    /// `TLSv1.3`.
    pub version: String,
    /// The cipher suite's standard name (RFC 8446 B.4, IANA).
    pub cipher: String,
    /// The protocol that the endpoint chose by ALPN (RFC 7301).
    pub alpn: Option<String>,
}

/// The OCSP status of the endpoint's certificate, signed by its CA (RFC 6960).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Staple {
    /// It is not revoked.
    Good,
    /// It was revoked at this time.
    Revoked(String),
    /// It cannot be used, for this reason.
    Unusable(String),
}

/// When a certificate was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// In the first handshake.
    #[default]
    Handshake,
    /// In a further handshake on the same connection (TLS 1.2, RFC 5746).
    Renegotiation,
    /// By a request after the handshake (TLS 1.3, RFC 8446 section 4.6.2).
    PostHandshake,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Renegotiation => "renegotiation",
            Self::PostHandshake => "post-handshake",
        }
    }
}

/// One CertificateRequest of the endpoint, and our answer to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CertificateRequest {
    /// When it came.
    pub stage: Stage,
    /// Subjects of the CAs that the endpoint says it accepts; empty when it names none.
    pub issuers: Vec<String>,
    /// Whether a CA that our chain leads to is among them; `None` when it names none.
    pub ours_accepted: Option<bool>,
    /// The signature algorithms that the endpoint accepts, by IANA's names, its favourite first.
    pub algorithms: Vec<String>,
    /// Whether our Certificate message held a certificate; `None` until that message was sent.
    pub sent: Option<bool>,
}

/// How long each part of a call took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Resolving the name; zero for an address.
    pub dns: Duration,
    /// TCP, and the proxy's handshake if there is one.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// From the start of the call to the answer's first byte; `None` if none has come.
    pub first_byte: Option<Duration>,
    /// From the start of the call to the answer's end.
    pub total: Duration,
}

/// A part of a call, read from its timings.
pub type Part = fn(&Timings) -> Duration;

impl Timings {
    /// Every part by its name in reports.
    pub const PARTS: [(&str, Part); 5] = [
        ("dns", |times| times.dns),
        ("connect", |times| times.connect),
        ("tls", |times| times.tls),
        ("first_byte", |times| times.first_byte.unwrap_or_default()),
        ("total", |times| times.total),
    ];
}

impl Evidence {
    /// The alert with which the endpoint ended the connection, other than close_notify. A warning about a
    /// certificate counts too, as the endpoint may then end the connection without another alert.
    pub fn alert(&self) -> Option<u8> {
        self.steps.iter().rev().find_map(|step| match (step.from, step.what) {
            (Side::Endpoint, Message::Alert(code)) if code != 0 => Some(code),
            (Side::Endpoint, Message::Warning(code @ 41..=49)) => Some(code),
            _ => None,
        })
    }

    /// Whether the endpoint asked for a certificate after its answer had begun.
    pub fn requested_late(&self) -> bool {
        let asks = |step: &&Step| (step.from, step.what) == (Side::Endpoint, Message::CERTIFICATE_REQUEST);
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

    /// Whether our certificate was the end of the handshake, and nothing has come from the endpoint since. In
    /// TLS 1.3 the endpoint judges it only then.
    pub fn silent_since_certificate(&self) -> bool {
        let ours = |step: &Step| (step.from, step.what) == (Side::Us, Message::CERTIFICATE);
        let mut since = self.steps.iter().rev().take_while(|step| !ours(step));
        self.sent() && self.timings.first_byte.is_none() && since.all(|step| step.from == Side::Us)
    }
}
