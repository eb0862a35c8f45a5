//! The OCSP status that an endpoint staples to its certificate (RFC 6960 and RFC 6066 section 8).

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspResponse, OcspResponseStatus};
use openssl::ssl::SslRef;

use crate::certificate;
use crate::diagnosis;
use crate::evidence::Staple;

/// How far two clocks may differ, in seconds.
const SKEW: u32 = 300;

/// The stapled status, if there is one. It counts as good or revoked only with a trusted signature.
pub(super) fn read(ssl: &SslRef) -> Option<Staple> {
    let response = ssl.ocsp_status().filter(|response| !response.is_empty())?;
    Some(judge(ssl, response).unwrap_or_else(|stack| Staple::Unusable(diagnosis::reasons(&stack))))
}

fn judge(ssl: &SslRef, response: &[u8]) -> Result<Staple, ErrorStack> {
    let unusable = |why: &str| Ok(Staple::Unusable(why.to_owned()));
    let response = OcspResponse::from_der(response)?;
    if response.status() != OcspResponseStatus::SUCCESSFUL {
        return unusable("the responder had no answer");
    }
    let (Some(sent), Some(chain)) = (ssl.peer_cert_chain(), ssl.verified_chain()) else {
        return unusable("the certificate that it speaks of is not trusted");
    };
    let mut certificates = chain.iter();
    let (Some(leaf), Some(issuer)) = (certificates.next(), certificates.next()) else {
        return unusable("the certificate has no issuer");
    };
    let basic = response.basic()?;
    basic.verify(sent, ssl.ssl_context().cert_store(), OcspFlag::empty())?;
    for digest in [MessageDigest::sha1(), MessageDigest::sha256()] {
        let id = OcspCertId::from_cert(digest, leaf, issuer)?;
        let Some(status) = basic.find_status(&id) else { continue };
        status.check_validity(SKEW, None)?;
        return Ok(match status.status {
            OcspCertStatus::GOOD => Staple::Good,
            OcspCertStatus::REVOKED => Staple::Revoked(
                status
                    .revocation_time
                    .map(|when| certificate::year_first(&when.to_string()))
                    .unwrap_or_default(),
            ),
            _ => Staple::Unusable("the responder does not know the certificate".into()),
        });
    }
    unusable("it speaks of another certificate")
}
