//! Would a server that trusts these CAs take this chain for client authentication?

use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509VerifyResult};
use openssl_sys as ffi;
use serde::Serialize;

use super::flaw::{Flaw, FlawKind, Role};
use super::verification::{self, Demands, Verified};
use crate::certificate::{Certificate, describe, name};

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trust {
    /// Whether it would be accepted.
    pub accepted: bool,
    /// Why not; `None` when it would be.
    pub because: Option<String>,
}

/// Verifies a chain that has these flaws.
pub(super) fn trust(chain: &[&Certificate], flaws: &[Flaw], trusted: &[X509]) -> Trust {
    let because = obstacle(chain, flaws, trusted);
    Trust { accepted: because.is_none(), because }
}

fn obstacle(chain: &[&Certificate], flaws: &[Flaw], trusted: &[X509]) -> Option<String> {
    let certificates: Vec<_> = chain.iter().map_while(|certificate| certificate.x509.clone()).collect();
    let demands = Demands { purpose: Some(Role::Client), flags: X509VerifyFlags::empty(), level: LEVEL };
    let verified = match verification::verify(&certificates, trusted, &demands) {
        Ok(verified) => verified,
        Err(error) => return Some(format!("OpenSSL failed to verify it: {error}")),
    };
    if verified.result == X509VerifyResult::OK {
        // What TLS asks for, and X.509 does not.
        let by_tls = flaws.iter().find(|flaw| flaw.at == 0 && flaw.kind == FlawKind::UnusualKey);
        return by_tls.map(|flaw| flaw.sentence(chain, LEAF));
    }
    Some(match verified.result.as_raw() {
        ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | ffi::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
        | ffi::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        | ffi::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN => {
            let wrong = flaws.iter().find(|flaw| flaw.kind == FlawKind::WrongSignature);
            match wrong {
                Some(flaw) => flaw.sentence(chain, LEAF),
                None => unanchored(chain, &certificates, trusted)?,
            }
        }
        _ => invalid(&verified, chain, flaws),
    })
}

const LEAF: &str = "its certificate";

/// OpenSSL's default since its version 3.2, and Debian's before.
const LEVEL: i32 = 2;

/// The flaw where verification failed, or else OpenSSL's words.
fn invalid(verified: &Verified, chain: &[&Certificate], flaws: &[Flaw]) -> String {
    let own = |certificate: &X509| {
        chain.get(verified.at).is_some_and(|known| known.x509.as_ref() == Some(certificate))
    };
    let in_file = verified.culprit.as_ref().is_some_and(own);
    let here = flaws.iter().filter(|flaw| in_file && flaw.at == verified.at);
    match here.min_by_key(|flaw| (!flaw.is_fatal(), flaw.kind)) {
        Some(flaw) => flaw.sentence(chain, LEAF),
        None => {
            let culprit = verified.culprit.as_ref().map(|certificate| name(certificate.subject_name()));
            format!("{} fails: {}", culprit.unwrap_or_default(), verified.result.error_string())
        }
    }
}

/// The chain leads to none of the trusted CAs, or only to a part of the way.
fn unanchored(chain: &[&Certificate], certificates: &[X509], trusted: &[X509]) -> Option<String> {
    let (last, certificate) = (chain.last()?, certificates.last()?);
    let Certificate { subject, issuer, .. } = last;
    if chain.len() == 1 && last.is_self_issued() {
        return Some("its certificate is self-signed and is not itself among the trusted".into());
    }
    let described: Vec<_> = trusted.iter().map(|anchor| (anchor, describe(anchor))).collect();
    let partial = chain.iter().find_map(|link| {
        let above = |(anchor, facts): &&(&X509, Certificate)| {
            facts.subject == link.issuer && !facts.is_self_issued() && signed(link.x509.as_ref(), anchor)
        };
        described.iter().find(above)
    });
    if let Some((_, partial)) = partial {
        return Some(format!(
            "the trusted {} is not a root, and its issuer {} is not trusted: servers built on OpenSSL want the whole way to a root, those in Java and Go do not",
            partial.subject, partial.issuer
        ));
    }
    let of_name = described.iter().find(|(_, facts)| facts.subject == *issuer);
    Some(match of_name {
        Some((anchor, _)) if !signed(Some(certificate), anchor) => format!(
            "the trusted {issuer} has the name of the CA that issued {subject}, but another key: it did not sign it"
        ),
        _ => format!("its chain ends with {subject}, issued by {issuer}, which is not among the trusted"),
    })
}

fn signed(below: Option<&X509>, above: &X509) -> bool {
    let verified = |below: &X509| above.public_key().and_then(|key| below.verify(&key)).unwrap_or(false);
    below.is_some_and(verified)
}
