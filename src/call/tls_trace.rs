//! What OpenSSL showed of one connection: the messages and alerts of both sides, and each request for a certificate.

use std::time::{Duration, Instant};

use openssl::x509::{X509Name, X509VerifyResult};

use super::certificate_request;
use super::shared::Shared;
use crate::evidence::{Certificate, Message, Side, Stage, Step};

/// The messages of one connection.
pub(super) struct TlsTrace {
    start: Instant,
    /// Set once the first handshake is through; a request after it is a further one.
    pub(super) established: bool,
    pub(super) steps: Vec<Step>,
    pub(super) requests: Vec<TracedRequest>,
    /// Whether the endpoint said goodbye (close_notify).
    pub(super) closed: bool,
    pub(super) chain_fault: Option<ChainFault>,
}

/// A CertificateRequest, and whether our Certificate message that answered it held one.
pub(super) struct TracedRequest {
    pub(super) stage: Stage,
    pub(super) issuers: Vec<X509Name>,
    pub(super) algorithms: Vec<String>,
    pub(super) sent: Option<bool>,
    /// When that message was made, since the start of the call.
    pub(super) answered_at: Duration,
}

/// Why the endpoint's chain did not verify: the first fault found.
#[derive(Clone)]
pub(super) struct ChainFault {
    pub(super) result: X509VerifyResult,
    /// The certificates that verification had put together, leaf first.
    pub(super) chain: Vec<Certificate>,
    /// The certificate at fault.
    pub(super) at: Certificate,
}

impl TlsTrace {
    /// A hostile endpoint may send messages without end; beyond so many none is kept.
    const MAX_STEPS: usize = 512;
    const MAX_REQUESTS: usize = 8;

    /// An empty trace. `start` is time zero.
    pub(super) fn shared(start: Instant) -> Shared<Self> {
        Shared::new(Self {
            start,
            established: false,
            steps: Vec::new(),
            requests: Vec::new(),
            closed: false,
            chain_fault: None,
        })
    }

    pub(super) fn add_step(&mut self, from: Side, what: Message) {
        self.closed |= (from, &what) == (Side::Endpoint, &Message::Alert(0));
        if self.steps.len() < Self::MAX_STEPS {
            self.steps.push(Step { at: self.start.elapsed(), from, what });
        }
    }

    /// Adds a CertificateRequest of the endpoint.
    pub(super) fn add_request(&mut self, message: &[u8], tls13: bool) {
        let stage = match (self.established, tls13) {
            (false, _) => Stage::Handshake,
            (true, false) => Stage::Renegotiation,
            (true, true) => Stage::PostHandshake,
        };
        if self.requests.len() < Self::MAX_REQUESTS {
            let algorithms = certificate_request::algorithms(message, tls13);
            let (issuers, answered_at) = (Vec::new(), Duration::ZERO);
            self.requests.push(TracedRequest { stage, issuers, algorithms, sent: None, answered_at });
        }
    }

    /// Adds our Certificate message to the request that it answers; `issuers` are those that the request named.
    pub(super) fn add_certificate(&mut self, message: &[u8], tls13: bool, issuers: Vec<X509Name>) {
        if let Some(request) = self.requests.last_mut().filter(|request| request.sent.is_none()) {
            request.sent = Some(holds_certificate(message, tls13));
            request.issuers = issuers;
            request.answered_at = self.start.elapsed();
        }
    }
}

/// Whether a Certificate message's list is not empty: RFC 5246 section 7.4.6, RFC 8446 section 4.4.2.
fn holds_certificate(message: &[u8], tls13: bool) -> bool {
    let body = message.get(4..).unwrap_or_default();
    let context = match body.first() {
        Some(length) if tls13 => 1 + usize::from(*length),
        _ => 0,
    };
    body.get(context..context + 3).is_some_and(|length| length != [0, 0, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_certificate_message_holds_none_in_either_version() {
        assert!(!holds_certificate(&[11, 0, 0, 3, 0, 0, 0], false));
        assert!(!holds_certificate(&[11, 0, 0, 5, 1, 7, 0, 0, 0], true));
        assert!(holds_certificate(&[11, 0, 0, 4, 0, 0, 1, 9], false));
        assert!(holds_certificate(&[11, 0, 0, 6, 1, 7, 0, 0, 1, 9], true));
        assert!(!holds_certificate(&[11], true));
    }
}
