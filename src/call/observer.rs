//! Everything that is recorded of one connection, and the evidence made of it.

use std::sync::Arc;
use std::time::Instant;

use openssl::x509::X509Name;

use super::shared::Shared;
use super::stream_log::StreamLog;
use super::tls_trace::TlsTrace;
use crate::evidence::{Cause, CertificateRequest, End, Evidence, Message, Side, Step};
use crate::foreign::{Foreign, KnownSecrets};
use crate::p12::Identity;
use crate::request::progress::Progress;

/// What the layers of a connection recorded.
pub(super) struct Observer {
    start: Instant,
    pub(super) trace: Shared<TlsTrace>,
    pub(super) log: Shared<StreamLog>,
}

impl Observer {
    /// An observer for a call with `identity`. `start` is time zero. `progress` is of the call with a certificate only.
    pub(super) fn new(start: Instant, identity: Option<&Identity>, progress: &Arc<Progress>) -> Self {
        let trace = Shared::<TlsTrace>::default();
        if let Some(identity) = identity {
            progress.start(start);
            let mut trace = trace.lock();
            trace.progress = Arc::clone(progress);
            trace.our_issuers = issuers(identity);
        }
        Self { start, trace, log: Shared::default() }
    }

    /// The evidence with everything that was recorded so far.
    pub(super) fn complete(&self, mut evidence: Evidence, known: &Arc<KnownSecrets>) -> Evidence {
        let trace = self.trace.lock();
        let log = self.log.lock();
        let since_start = |at: Instant| at.saturating_duration_since(self.start);
        let step = |&(at, from, what): &_| Step { at: since_start(at), from, what };
        evidence.steps = trace.steps.iter().map(step).collect();
        let requests = trace.requests.iter().map(|(request, answered_at)| CertificateRequest {
            // A message that was never sent is not an answer.
            sent: request.sent.filter(|_| log.last_write >= *answered_at),
            ..request.clone()
        });
        evidence.requests = requests.collect();
        if !log.is_tls() {
            evidence.greeting = Foreign::new(log.greeting.clone(), known);
        }
        evidence.end = log.end.clone().map(|end| settle(end, &evidence, trace.closed));
        evidence.write_failure.clone_from(&log.write_failure);
        evidence.timings.first_byte = log.first_byte.map(since_start);
        evidence
    }
}

/// Corrects the end by the messages before it. A bare end of the TCP stream looks like a close_notify; only
/// the alert shows the difference. If TLS failed, our own alert shows whose fault it was (RFC 8446 section
/// 6.2): OpenSSL sends internal_error or none if the fault is its own.
fn settle(end: End, evidence: &Evidence, closed: bool) -> End {
    const INTERNAL_ERROR: u8 = 80;
    let sent = evidence.steps.iter().rev().find_map(|step| match (step.from, step.what) {
        (Side::Us, Message::Alert(code)) if code != 0 => Some(code),
        _ => None,
    });
    match (end.cause, sent.or_else(|| evidence.alert().map(|_| 0))) {
        (Cause::CloseNotify, _) if !closed => End { cause: Cause::Eof, ..end },
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
