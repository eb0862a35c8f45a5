//! The TLS messages of one connection: handshake messages and alerts of both sides, and each request for a
//! certificate.

use std::sync::Arc;
use std::time::Instant;

use openssl::x509::{X509Name, X509VerifyResult};

use super::certificate_request;
use crate::certificate;
use crate::evidence::{Certificate, CertificateRequest, Message, Side, Stage};
use crate::request::progress::{Phase, Progress};

#[derive(Default)]
pub(super) struct TlsTrace {
    /// Set after the first handshake. Requests after it are later ones.
    pub(super) established: bool,
    /// Each message or alert, when it passed, and who sent it.
    pub(super) steps: Vec<(Instant, Side, Message)>,
    /// Each CertificateRequest, and when our Certificate message that answers it was made.
    pub(super) requests: Vec<(CertificateRequest, Option<Instant>)>,
    /// The names of the CAs that our chain leads to.
    pub(super) our_issuers: Vec<X509Name>,
    /// Whether the endpoint sent a close_notify.
    pub(super) closed: bool,
    pub(super) chain_fault: Option<ChainFault>,
    /// Told of requests and certificates as they pass.
    pub(super) progress: Arc<Progress>,
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
        self.closed |= (from, what) == (Side::Endpoint, Message::Alert(0));
        if self.steps.len() < Self::MAX_STEPS {
            self.steps.push((Instant::now(), from, what));
        }
    }

    pub(super) fn add_request(&mut self, message: &[u8], tls13: bool) {
        let stage = match (self.established, tls13) {
            (false, _) => Stage::Handshake,
            (true, false) => Stage::Renegotiation,
            (true, true) => Stage::PostHandshake,
        };
        self.progress.pass(Phase::Requested);
        if self.requests.len() < Self::MAX_REQUESTS {
            let algorithms = certificate_request::read_algorithms(message, tls13);
            let request = CertificateRequest { stage, algorithms, ..CertificateRequest::default() };
            self.requests.push((request, None));
        }
    }

    /// Adds our Certificate message to the request that it answers; `accepted` are the CAs that the request named.
    pub(super) fn add_certificate(&mut self, message: &[u8], tls13: bool, accepted: &[X509Name]) {
        let last = self.requests.last_mut().filter(|(request, _)| request.sent.is_none());
        let Some((request, answered_at)) = last else { return };
        *answered_at = Some(Instant::now());
        request.sent = Some(holds_certificate(message, tls13));
        if request.sent == Some(true) {
            self.progress.pass(Phase::Sent);
        }
        let is_ours =
            |name: &X509Name| self.our_issuers.iter().any(|ours| certificate::is_same_name(ours, name));
        request.issuers = accepted.iter().map(|name| certificate::name(name)).collect();
        request.ours_accepted = (!accepted.is_empty()).then(|| accepted.iter().any(is_ours));
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
