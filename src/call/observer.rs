//! All that is recorded of one connection, and the evidence that it makes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openssl::x509::X509Name;

use super::shared::Shared;
use super::stream_log::StreamLog;
use super::tls_trace::{TlsTrace, TracedRequest};
use crate::certificate;
use crate::evidence::{Cause, CertificateRequest, End, Evidence, Message, Side};
use crate::foreign::{Foreign, KnownSecrets};
use crate::p12::Identity;

/// What the layers of a connection recorded, and what our chain leads to.
pub(super) struct Observer {
    pub(super) trace: Shared<TlsTrace>,
    pub(super) log: Shared<StreamLog>,
    issuers: Vec<X509Name>,
}

impl Observer {
    /// Of a call that presents `identity`. `start` is time zero.
    pub(super) fn new(start: Instant, identity: Option<&Identity>) -> Self {
        let issuers = identity.map(issuers).unwrap_or_default();
        Self { trace: TlsTrace::shared(start), log: Shared::new(StreamLog::new(start)), issuers }
    }

    /// The evidence with all that was recorded until now.
    pub(super) fn complete(&self, mut evidence: Evidence, known: &Arc<KnownSecrets>) -> Evidence {
        let trace = self.trace.lock();
        let log = self.log.lock();
        evidence.steps.clone_from(&trace.steps);
        let requests = trace.requests.iter();
        evidence.requests = requests.map(|request| self.request(request, log.last_written)).collect();
        if !log.is_tls() {
            evidence.greeting = Foreign::new(log.greeting.clone(), known);
        }
        evidence.end = log.end.clone().map(|end| settle(end, &trace, evidence.alert()));
        evidence.write_failure.clone_from(&log.write_failure);
        evidence.timings.first_byte = log.first_byte;
        evidence
    }

    fn request(&self, request: &TracedRequest, last_written: Duration) -> CertificateRequest {
        let ours = |accepted: &X509Name| {
            self.issuers.iter().any(|issuer| issuer.try_cmp(accepted).is_ok_and(std::cmp::Ordering::is_eq))
        };
        CertificateRequest {
            stage: request.stage,
            issuers: request.issuers.iter().map(|issuer| certificate::name(issuer)).collect(),
            ours_accepted: (!request.issuers.is_empty()).then(|| request.issuers.iter().any(ours)),
            algorithms: request.algorithms.clone(),
            // A message that was made and never left is no answer.
            sent: request.sent.filter(|_| last_written >= request.answered_at),
        }
    }
}

/// The end, with what the messages before it tell. A bare end of the TCP stream reads like a goodbye; only the alert
/// tells them apart. And where TLS failed, our own alert says whose fault it was (RFC 8446 section 6.2): OpenSSL sends
/// internal_error or none when the fault is its own.
fn settle(end: End, trace: &TlsTrace, alert: Option<u8>) -> End {
    const INTERNAL_ERROR: u8 = 80;
    let sent = trace.steps.iter().rev().find_map(|step| match (step.from, &step.what) {
        (Side::Us, Message::Alert(code)) if *code != 0 => Some(*code),
        _ => None,
    });
    match (end.cause, sent.or(alert.map(|_| 0))) {
        (Cause::CloseNotify, _) if !trace.closed => End { cause: Cause::Eof, ..end },
        (cause @ Cause::Tls(_), Some(INTERNAL_ERROR)) => End::ours(cause),
        (cause @ Cause::Tls(_), Some(_)) => End::theirs(cause),
        (cause, _) => End { cause, ..end },
    }
}

/// The names of the CAs that our chain leads to.
fn issuers(identity: &Identity) -> Vec<X509Name> {
    let certificates = std::iter::once(&identity.leaf).chain(&identity.chain);
    certificates.filter_map(|certificate| certificate.issuer_name().to_owned().ok()).collect()
}
