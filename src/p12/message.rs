//! Signed and encrypted messages (CMS, RFC 5652), as of S/MIME and of Apple's profiles.

use zeroize::Zeroizing;

use super::fault::Fault;
use super::iterate::Wiped;
use crate::ber::{Decoder, INTEGER, SET};

const SIGNED: &str = "1.2.840.113549.1.7.2";
const ENVELOPED: &str = "1.2.840.113549.1.7.3";

/// What was signed, where the signature holds it. Chains of certificates (PKCS#7) hold none.
pub(super) fn content(der: &[u8]) -> Option<Wiped> {
    let mut info = Decoder::new(der).sequence("").ok()?;
    if info.oid("").ok()? != SIGNED {
        return None;
    }
    let mut signed = info.optional(0xa0).ok()??.inside().ok()?.sequence("").ok()?;
    signed.expect(INTEGER, "").ok()?;
    signed.expect(SET, "").ok()?;
    let mut held = signed.sequence("").ok()?;
    held.oid("").ok()?;
    let octets = held.optional(0xa0).ok()??.inside().ok()?.octets("").ok()?;
    (!octets.is_empty()).then(|| Zeroizing::new(octets.into_owned()))
}

/// For one in which nothing was found.
pub(super) fn signed() -> Fault {
    Fault::not_a_p12("it is a signed message, and no P12 is in it")
        .with_hint("ask for the P12 itself; the certificates in it are those of its signer")
}

pub(super) fn encrypted(der: &[u8]) -> Option<Fault> {
    let kind = Decoder::new(der).sequence("").ok()?.oid("").ok()?;
    (kind == ENVELOPED).then(|| {
        Fault::not_a_p12("it is an encrypted message (S/MIME, CMS)").with_hint(
            "decrypt it first, where the key of its recipient is: in the mail program, or with openssl cms -decrypt",
        )
    })
}
