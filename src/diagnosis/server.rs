//! The endpoint's own certificate: why it is not trusted.

use openssl::x509::X509VerifyResult;
use openssl_sys as ffi;

use crate::certificate::Usage;
use crate::checks::{self, Role};
use crate::error::{Error, Kind};
use crate::evidence::{Certificate, Evidence};

/// Verification failed at the certificate `at`; `evidence` has the chain that it had put together.
pub fn untrusted(result: X509VerifyResult, at: &Certificate, evidence: &Evidence) -> Error {
    let (kind, what) = fault(result, at, evidence);
    let error = Error::new(kind, format!("the certificate of {} is {what}", evidence.target));
    let by_trust = [Kind::ServerUntrusted, Kind::ServerChainIncomplete, Kind::ServerSelfSigned];
    if !by_trust.contains(&kind) {
        return error;
    }
    let error = error.with_hint_if(evidence.no_roots.then_some(NO_ROOTS));
    let by_proxy = evidence.proxy.as_ref().map(|proxy| {
        format!("{}; or the proxy {proxy} ends TLS itself and shows a certificate of its own", error.hint())
    });
    error.with_hint_if(by_proxy)
}

/// What to do where nobody can be trusted.
pub const NO_ROOTS: &str = "this machine has no CA certificates, so no endpoint is trusted: install them (package \
    ca-certificates), or name the CA with --cacert";

/// The kind of a result of OpenSSL, and what the certificate is.
fn fault(result: X509VerifyResult, at: &Certificate, evidence: &Evidence) -> (Kind, String) {
    let nameless = Certificate::default();
    let leaf = evidence.server_chain.first().unwrap_or(&nameless);
    let Certificate { subject, issuer, .. } = leaf;
    let Certificate { not_before, not_after, .. } = at;
    let alone = !at.is_self_issued() && evidence.server_chain.len() == 1;
    let own = at.sha256 == leaf.sha256;
    let whose = match own {
        true => subject.clone(),
        false => format!("its own is valid, but its CA's ({})", at.subject),
    };
    let reason = result.error_string();
    match result.as_raw() {
        ffi::X509_V_ERR_CERT_HAS_EXPIRED => {
            let valid = if own { "valid " } else { "" };
            (Kind::ServerExpired, format!("expired: {whose} was {valid}until {not_after}"))
        }
        ffi::X509_V_ERR_CERT_NOT_YET_VALID => {
            (Kind::ServerNotYetValid, format!("not yet valid: {whose} begins {not_before}"))
        }
        ffi::X509_V_ERR_HOSTNAME_MISMATCH | ffi::X509_V_ERR_IP_ADDRESS_MISMATCH => {
            (Kind::ServerWrongHost, format!("for another host: {}", names(leaf)))
        }
        ffi::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT => {
            (Kind::ServerSelfSigned, format!("self-signed: {subject}"))
        }
        ffi::X509_V_ERR_EE_KEY_TOO_SMALL
        | ffi::X509_V_ERR_CA_KEY_TOO_SMALL
        | ffi::X509_V_ERR_CA_MD_TOO_WEAK => {
            (Kind::ServerWeak, format!("too weak: {}", weak(evidence, reason)))
        }
        ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | ffi::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
            if alone =>
        {
            (Kind::ServerChainIncomplete, format!("not trusted: {subject} was issued by {issuer}, {MISSING}"))
        }
        ffi::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN => {
            let root = evidence.server_chain.last().map_or("", |root| root.subject.as_str());
            let what = format!("not trusted: {subject} leads to the root {root}, which is not trusted here");
            (Kind::ServerUntrusted, what)
        }
        ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | ffi::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
        | ffi::X509_V_ERR_CERT_UNTRUSTED => {
            (Kind::ServerUntrusted, format!("not trusted: {subject}, issued by {issuer} ({reason})"))
        }
        ffi::X509_V_ERR_INVALID_PURPOSE => (Kind::ServerChainInvalid, purpose(at, reason)),
        _ => (Kind::ServerChainInvalid, format!("not valid: {} ({reason})", at.subject)),
    }
}

const MISSING: &str = "which is neither sent along nor trusted here: either the endpoint does not send its intermediate certificate, or that CA is not trusted";

/// Lacking serverAuth is said in those words.
fn purpose(at: &Certificate, reason: &str) -> String {
    let Certificate { subject, usages, .. } = at;
    match usages.as_deref() {
        Some(usages) if !usages.contains(&Usage::ServerAuth) => {
            format!(
                "not for servers: {subject} lacks serverAuth, its extended key usage is {}",
                Usage::list(usages)
            )
        }
        _ => format!("not valid: {subject} ({reason})"),
    }
}

/// For a call that passed: the endpoint's certificate is taken here for its common name alone (RFC 9525 section 6.3).
pub fn nameless(evidence: &Evidence) -> Option<&'static str> {
    let leaf = evidence.server_chain.first().filter(|_| evidence.distrust.is_none())?;
    leaf.names.is_empty().then_some(
        "the endpoint's certificate has no subject alternative name: it was taken for its common name, as browsers, Java \
         and Go no longer do; ask its owner for one with the host as a subject alternative name",
    )
}

/// The stapled OCSP status says that the certificate was revoked.
pub fn revoked(when: &str, evidence: &Evidence) -> Error {
    let (target, subject) =
        (&evidence.target, evidence.server_chain.first().map_or("", |leaf| leaf.subject.as_str()));
    let message = format!(
        "the certificate of {target} is revoked since {when}: {subject}, by the OCSP status that the endpoint itself sent"
    );
    Error::new(Kind::ServerRevoked, message)
}

/// The certificate's names (RFC 9525 section 6), or its subject if it has none.
fn names(leaf: &Certificate) -> String {
    match leaf.names.as_slice() {
        [] => leaf.subject.clone(),
        names => names.join(", "),
    }
}

/// The certificates that are weak by today's rules; all of them if none is.
fn weak(evidence: &Evidence, reason: &str) -> String {
    let chain: Vec<_> = evidence.server_chain.iter().collect();
    let flaws = checks::flaws(&chain, Role::Server);
    let is_weak = |at: usize| flaws.iter().any(|flaw| flaw.at == at && flaw.kind.is_weakness());
    let none = !(0..chain.len()).any(is_weak);
    let culprits =
        chain.iter().enumerate().filter(|(at, _)| none || is_weak(*at)).map(|(_, culprit)| culprit);
    let facts = culprits.map(|c| format!("{} has key {} and signature {}", c.subject, c.key, c.signature));
    format!("{reason} ({})", facts.collect::<Vec<_>>().join("; "))
}
