//! What watches one connection, from the TLS messages to the bytes of the head.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openssl::x509::X509Name;

use super::client_auth::{self, SharedTrace, Trace};
use super::wire::{self, SharedRecord};
use crate::certificate;
use crate::evidence::{CertificateRequest, End, Evidence};
use crate::foreign::{Foreign, KnownSecrets};
use crate::p12::Identity;

/// The watchers, and what our chain leads to.
pub(super) struct Watch {
    pub(super) trace: SharedTrace,
    pub(super) record: SharedRecord,
    issuers: Vec<X509Name>,
}

impl Watch {
    /// Of a call that began then.
    pub(super) fn new(start: Instant, identity: Option<&Identity>) -> Self {
        let issuers = identity.map(issuers).unwrap_or_default();
        Self { trace: Trace::shared(start), record: SharedRecord::default(), issuers }
    }

    /// The evidence with all that was seen until now.
    pub(super) fn complete(&self, mut evidence: Evidence, known: &Arc<KnownSecrets>) -> Evidence {
        let trace = client_auth::lock(&self.trace);
        evidence.steps.clone_from(&trace.steps);
        let record = wire::lock(&self.record);
        evidence.requests =
            trace.requests.iter().map(|asked| self.request(asked, record.last_written)).collect();
        let closed = trace.closed;
        drop(trace);
        if !record.is_tls() {
            evidence.greeting = Foreign::new(record.greeting.clone(), known);
        }
        evidence.end.clone_from(&record.end);
        // A bare end of the TCP stream reads like a goodbye; only the alert tells them apart.
        if evidence.end == Some(End::CloseNotify) && !closed {
            evidence.end = Some(End::Eof);
        }
        evidence.write_failure.clone_from(&record.write_failure);
        evidence.timings.first_byte = record.first_byte;
        evidence
    }

    fn request(&self, asked: &client_auth::Asked, last_written: Duration) -> CertificateRequest {
        let ours = |accepted: &X509Name| {
            self.issuers.iter().any(|issuer| issuer.try_cmp(accepted).is_ok_and(std::cmp::Ordering::is_eq))
        };
        CertificateRequest {
            stage: asked.stage,
            issuers: asked.issuers.iter().map(|issuer| certificate::name(issuer)).collect(),
            ours_accepted: (!asked.issuers.is_empty()).then(|| asked.issuers.iter().any(ours)),
            algorithms: asked.algorithms.clone(),
            // A message that was made and never left is no answer.
            sent: asked.sent.filter(|_| last_written >= asked.answered),
        }
    }
}

/// The names of the CAs that our chain leads to.
fn issuers(identity: &Identity) -> Vec<X509Name> {
    let certificates = std::iter::once(&identity.leaf).chain(&identity.chain);
    certificates.filter_map(|certificate| certificate.issuer_name().to_owned().ok()).collect()
}
