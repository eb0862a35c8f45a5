//! The TLS messages of one connection: handshake messages and alerts of both sides, and each request for a
//! certificate.

use std::sync::Arc;
use std::time::Instant;

use openssl::x509::{X509Name, X509VerifyResult};

use super::certificate_request;
use crate::evidence::{Certificate, Message, Side, Stage};
use crate::request::progress::{Phase, Progress};

/// The messages of one connection.
#[derive(Default)]
pub(super) struct TlsTrace {
    /// Set after the first handshake. Requests after it are later ones.
    pub(super) established: bool,
    /// Each message or alert, when it passed, and who sent it.
    pub(super) steps: Vec<(Instant, Side, Message)>,
    pub(super) requests: Vec<TracedRequest>,
    /// Whether the endpoint sent a close_notify.
    pub(super) closed: bool,
    pub(super) chain_fault: Option<ChainFault>,
    /// Told of requests and certificates as they pass.
    pub(super) progress: Arc<Progress>,
}

/// A CertificateRequest, and whether our Certificate message that answered it held one.
pub(super) struct TracedRequest {
    pub(super) stage: Stage,
    pub(super) issuers: Vec<X509Name>,
    pub(super) algorithms: Vec<String>,
    pub(super) sent: Option<bool>,
    /// When that message was made.
    pub(super) answered_at: Option<Instant>,
}

/// Why the endpoint's chain did not verify: the first fault found.
#[derive(Clone)]
pub(super) struct ChainFault {
    pub(super) result: X509VerifyResult,
    /// The chain that verification had built, leaf first.
    pub(super) chain: Vec<Certificate>,
    /// The certificate at fault.
    pub(super) at: Certificate,
}

impl TlsTrace {
    /// How many messages are kept. A hostile endpoint may send any number.
    const MAX_STEPS: usize = 512;
    const MAX_REQUESTS: usize = 8;

    pub(super) fn add_step(&mut self, from: Side, what: Message) {
        self.closed |= (from, &what) == (Side::Endpoint, &Message::Alert(0));
        if self.steps.len() < Self::MAX_STEPS {
            self.steps.push((Instant::now(), from, what));
        }
    }

    /// Adds a CertificateRequest of the endpoint.
    pub(super) fn add_request(&mut self, message: &[u8], tls13: bool) {
        let stage = match (self.established, tls13) {
            (false, _) => Stage::Handshake,
            (true, false) => Stage::Renegotiation,
            (true, true) => Stage::PostHandshake,
        };
        self.progress.pass(Phase::Requested);
        if self.requests.len() < Self::MAX_REQUESTS {
            let algorithms = certificate_request::read_algorithms(message, tls13);
            let (issuers, sent, answered_at) = (Vec::new(), None, None);
            self.requests.push(TracedRequest { stage, issuers, algorithms, sent, answered_at });
        }
    }

    /// Adds our Certificate message to the request that it answers; `issuers` are those that the request named.
    pub(super) fn add_certificate(&mut self, message: &[u8], tls13: bool, issuers: Vec<X509Name>) {
        if let Some(request) = self.requests.last_mut().filter(|request| request.sent.is_none()) {
            request.sent = Some(holds_certificate(message, tls13));
            if request.sent == Some(true) {
                self.progress.pass(Phase::Sent);
            }
            request.issuers = issuers;
            request.answered_at = Some(Instant::now());
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
