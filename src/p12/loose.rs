//! Keys and certificates that are in no P12, as bags: DER of a certificate, of PKCS#7, and of keys by PKCS#8, PKCS#1 and
//! SEC 1.

use openssl::pkcs7::Pkcs7;
use openssl::x509::X509;
use zeroize::Zeroizing;

use super::bag::{Bag, Label, key_algorithm, read_shrouded};
use super::iterate::Wiped;
use crate::ber::{Decoder, INTEGER, OCTET_STRING, OID, SEQUENCE};

/// What DER holds, and what to call it; `None` if it is neither key nor certificate.
pub(super) fn read(der: &[u8]) -> Option<(Vec<Bag>, &'static str)> {
    let one = |bag| vec![bag];
    let first = Decoder::new(der).any().ok().filter(|first| first.tag == SEQUENCE)?;
    if let Some(pkcs8) = read_key(first.whole) {
        return Some((one(Bag::Key(pkcs8, Label::default())), "a private key"));
    }
    if X509::from_der(first.whole).is_ok() {
        return Some((one(Bag::Certificate(first.whole.to_vec(), Label::default())), "a certificate"));
    }
    if let Ok(bag) = read_shrouded(&first, Label::default()) {
        return Some((one(bag), "an encrypted private key"));
    }
    let held = Pkcs7::from_der(der).ok()?;
    let certificates = held.signed()?.certificates()?.iter().filter_map(|held| held.to_der().ok());
    Some((certificates.map(|der| Bag::Certificate(der, Label::default())).collect(), "PKCS#7 (certificates)"))
}

/// A key in the old encryption of PEM (RFC 1421), as OpenSSL before 1.0 wrote it.
pub(super) fn sealed(label: &str, inside: &str) -> Bag {
    // PEM in a block of YAML is indented.
    let lines = Zeroizing::new(inside.lines().map(str::trim).collect::<Vec<_>>().join("\n"));
    let whole = ["-----BEGIN ", label, "-----", &lines, "\n-----END ", label, "-----\n"].concat();
    Bag::SealedKey(Zeroizing::new(whole.into_bytes()))
}

pub(super) fn is_key(bag: &Bag) -> bool {
    matches!(bag, Bag::Key(..) | Bag::ShroudedKey(..) | Bag::SealedKey(_))
}

/// A private key as PKCS#8.
pub(super) fn read_key(der: &[u8]) -> Option<Wiped> {
    if key_algorithm(der).is_some() {
        return Some(Zeroizing::new(der.to_vec()));
    }
    let mut inside = Decoder::new(der).sequence("").ok()?;
    let version = inside.expect(INTEGER, "").ok()?.unsigned()?;
    let next = inside.any().ok()?;
    match (version, next.tag) {
        (0, INTEGER) if inside.rest_length() > next.content.len() => Some(pkcs8(RSA, der)),
        (1, OCTET_STRING) => {
            let curve = inside.optional(0xa0).ok()??.inside().ok()?.expect(OID, "").ok()?;
            Some(pkcs8(&[EC, curve.whole].concat(), der))
        }
        _ => None,
    }
}

/// rsaEncryption with its NULL, and ecPublicKey.
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const EC: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";

/// PrivateKeyInfo (RFC 5208).
fn pkcs8(algorithm: &[u8], key: &[u8]) -> Wiped {
    let (algorithm, key) = (element(SEQUENCE, algorithm), element(OCTET_STRING, key));
    let parts = [&[INTEGER, 1, 0], algorithm.as_slice(), key.as_slice()];
    element(SEQUENCE, &Zeroizing::new(parts.concat()))
}

/// With a length of four bytes; OpenSSL reads that.
fn element(tag: u8, content: &[u8]) -> Wiped {
    let length = u32::try_from(content.len()).unwrap_or_default().to_be_bytes();
    Zeroizing::new([&[tag, 0x84], &length[..], content].concat())
}
