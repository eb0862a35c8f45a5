//! Whether a server that trusts given CAs would accept a chain for client authentication.

use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509VerifyResult};
use openssl_sys as ffi;

use super::flaw::{Flaw, FlawKind, Role};
use super::verification::{self, Demands, Verified};
use crate::certificate::{Certificate, describe, name};

/// Why it would not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The reason, as a clause.
    pub because: String,
    pub fix: String,
}

impl Obstacle {
    fn new(because: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { because: because.into(), fix: fix.into() }
    }

    fn flaw(flaw: &Flaw, chain: &[&Certificate]) -> Self {
        Self::new(flaw.sentence(chain, LEAF), flaw.fix(chain))
    }
}

/// Verifies a chain with these flaws, as a server that uses OpenSSL does. `None` if it would be accepted.
pub(super) fn obstacle(chain: &[&Certificate], flaws: &[Flaw], trusted: &[X509]) -> Option<Obstacle> {
    let certificates: Vec<_> = chain.iter().map_while(|certificate| certificate.x509.clone()).collect();
    let demands = Demands { role: Some(Role::Client), flags: X509VerifyFlags::empty(), level: LEVEL };
    let verified = match verification::verify(&certificates, trusted, &demands) {
        Ok(verified) => verified,
        Err(error) => {
            return Some(Obstacle::new(format!("OpenSSL failed to verify it: {error}"), "try again"));
        }
    };
    if verified.result == X509VerifyResult::OK {
        // A rule of TLS, but not of X.509.
        let by_tls = flaws.iter().find(|flaw| flaw.at == 0 && flaw.kind == FlawKind::UnusualKey);
        return by_tls.map(|flaw| Obstacle::flaw(flaw, chain));
    }
    match verified.result.as_raw() {
        ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | ffi::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
        | ffi::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        | ffi::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        | ffi::X509_V_ERR_CERT_SIGNATURE_FAILURE => {
            let wrong = flaws.iter().find(|flaw| flaw.kind == FlawKind::WrongSignature);
            wrong.map_or_else(|| unanchored(chain, trusted), |flaw| Some(Obstacle::flaw(flaw, chain)))
        }
        _ => Some(invalid(&verified, chain, flaws)),
    }
}

const LEAF: &str = "its certificate";

/// The default of OpenSSL since 3.2, and of Debian's OpenSSL before that.
const LEVEL: i32 = 2;

/// The flaw at which verification failed, or OpenSSL's reason.
fn invalid(verified: &Verified, chain: &[&Certificate], flaws: &[Flaw]) -> Obstacle {
    let own = |certificate: &X509| {
        chain.get(verified.at).is_some_and(|known| known.x509.as_ref() == Some(certificate))
    };
    let in_file = verified.culprit.as_ref().is_some_and(own);
    let here = flaws.iter().filter(|flaw| in_file && flaw.at == verified.at);
    match here.min_by_key(|flaw| (!flaw.is_fatal(), flaw.kind)) {
        Some(flaw) => Obstacle::flaw(flaw, chain),
        None => {
            let culprit = verified.culprit.as_ref().map(|certificate| name(certificate.subject_name()));
            let culprit = culprit.unwrap_or_default();
            Obstacle::new(
                format!("the verification of {culprit} failed ({})", verified.result.error_string()),
                "if that is one of the trusted certificates, its owner must replace it",
            )
        }
    }
}

/// Explains that the chain does not lead to a trusted CA, or not all the way.
fn unanchored(chain: &[&Certificate], trusted: &[X509]) -> Option<Obstacle> {
    let last = *chain.last()?;
    let Certificate { subject, issuer, .. } = last;
    if chain.len() == 1 && last.is_self_issued() {
        return Some(Obstacle::new(
            "its certificate is self-signed and is not itself among the trusted",
            "ask a CA that is trusted there for a certificate, or have this certificate trusted there",
        ));
    }
    let described: Vec<_> = trusted.iter().map(|anchor| (anchor, describe(anchor))).collect();
    let partial = chain.iter().find_map(|link| {
        described.iter().find(|(anchor, facts)| {
            facts.subject == link.issuer && !facts.is_self_issued() && has_signed(anchor, link)
        })
    });
    if let Some((_, Certificate { subject, issuer, .. })) = partial {
        return Some(Obstacle::new(
            format!(
                "the trusted {subject} is not a root, and its issuer {issuer} is not trusted: servers built on OpenSSL want the whole way to a root, those in Java and Go do not"
            ),
            format!("have {issuer} trusted as well"),
        ));
    }
    match described.iter().find(|(_, facts)| facts.subject == *issuer) {
        Some((anchor, _)) if !has_signed(anchor, last) => Some(Obstacle::new(
            format!("the trusted {issuer} has another key than the CA of that name that issued {subject}"),
            format!("have the {issuer} trusted that issued {subject}"),
        )),
        _ => Some(Obstacle::new(
            format!("its chain ends with {subject}, issued by {issuer}, which is not among the trusted"),
            format!(
                "have {issuer} trusted; or, where that is an intermediate, export the P12 with it in its chain"
            ),
        )),
    }
}

fn has_signed(above: &X509, below: &Certificate) -> bool {
    let verified = |below: &X509| above.public_key().and_then(|key| below.verify(&key)).unwrap_or(false);
    below.x509.as_ref().is_some_and(verified)
}
