//! The type of a certificate's or private key.

use std::fmt;

use openssl::asn1::Asn1Object;
use openssl::ec::{Asn1Flag, EcGroupRef};
use openssl::pkey::{HasPublic, Id, PKeyRef};
use openssl::x509::X509Ref;
use serde::{Serialize, Serializer};

use super::name::name_of;
use crate::ber::{self, Decoder, Read};

/// The type of a key, as text `RSA 2048`, `EC prime256v1`, `ED25519`; empty if the key cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// OpenSSL cannot read it.
    #[default]
    Unreadable,
    /// RSA with this many bits.
    Rsa(u32),
    /// RSA for PSS signatures only (RFC 4055), with this many bits.
    RsaPss(u32),
    Dsa(u32),
    Ec(Curve),
    /// RFC 8410.
    Ed25519,
    /// RFC 8410.
    Ed448,
    /// RFC 9881: with 44, 65 or 87.
    MlDsa(u8),
    /// Another algorithm, with its OID.
    Other(String),
}

/// An elliptic curve. Its text is OpenSSL's name for it, or its OID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    /// Its OID; `None` where it has none that OpenSSL knows.
    pub oid: Option<String>,
    /// Whether the key contains the curve's parameters instead of its name (forbidden by RFC 5480 section
    /// 2.1.1).
    pub explicit: bool,
}

/// What TLS 1.3 calls a signature by a key on each curve (RFC 8446 section 4.2.3, RFC 8734; OIDs: RFC 5480 section 2.1.1.1,
/// RFC 5639 section 4.1).
const SCHEMES: [(&str, &str); 6] = [
    ("1.2.840.10045.3.1.7", "ecdsa_secp256r1_sha256"),
    ("1.3.132.0.34", "ecdsa_secp384r1_sha384"),
    ("1.3.132.0.35", "ecdsa_secp521r1_sha512"),
    ("1.3.36.3.3.2.8.1.1.7", "ecdsa_brainpoolP256r1tls13_sha256"),
    ("1.3.36.3.3.2.8.1.1.11", "ecdsa_brainpoolP384r1tls13_sha384"),
    ("1.3.36.3.3.2.8.1.1.13", "ecdsa_brainpoolP512r1tls13_sha512"),
];

/// How many of these servers take in general: those of RFC 8446.
const USUAL: usize = 3;

impl Curve {
    /// Whether servers take it in general.
    pub fn is_for_tls(&self) -> bool {
        self.place().is_some_and(|place| place < USUAL)
    }

    fn scheme(&self) -> Option<&'static str> {
        self.place().map(|place| SCHEMES[place].1)
    }

    fn place(&self) -> Option<usize> {
        SCHEMES.iter().position(|(oid, _)| self.oid.as_deref() == Some(*oid))
    }

    fn of(group: &EcGroupRef) -> Self {
        let object = || Asn1Object::from_str(group.curve_name()?.short_name().ok()?).ok();
        Self {
            oid: object().map(|object| ber::dotted(object.as_slice())),
            explicit: group.asn1_flag() == Asn1Flag::EXPLICIT_CURVE,
        }
    }
}

impl KeyKind {
    /// The type of a certificate's key, and its size in bits. If OpenSSL cannot read the key, the type is its
    /// algorithm.
    pub(super) fn of_certificate(certificate: &X509Ref) -> (Self, u32) {
        match certificate.public_key() {
            Ok(key) => Self::of(&key),
            Err(_) => {
                let kind = certificate.to_der().ok().and_then(|der| in_certificate(&der).ok());
                (kind.unwrap_or_default(), 0)
            }
        }
    }

    /// The kind of a key and its size in bits.
    pub fn of<T: HasPublic>(key: &PKeyRef<T>) -> (Self, u32) {
        let bits = key.bits();
        let kind = match key.id() {
            Id::RSA => Self::Rsa(bits),
            Id::RSA_PSS => Self::RsaPss(bits),
            Id::DSA => Self::Dsa(bits),
            Id::EC => match key.ec_key() {
                Ok(key) => Self::Ec(Curve::of(key.group())),
                Err(_) => Self::Unreadable,
            },
            Id::ED25519 => Self::Ed25519,
            Id::ED448 => Self::Ed448,
            // Keys that only a provider of OpenSSL knows, such as SM2 and ML-DSA, have no other name.
            _ => key
                .public_key_to_der()
                .ok()
                .and_then(|der| Self::in_info(Decoder::new(&der)).ok())
                .unwrap_or_default(),
        };
        (kind, bits)
    }

    /// Its text, with the OID of its curve or algorithm where the text alone is not known to everybody.
    pub fn name_and_oid(&self) -> String {
        let oid = match self {
            Self::Ec(curve) => curve.oid.clone(),
            Self::Other(oid) => Some(oid.clone()),
            _ => None,
        };
        oid.map_or_else(|| self.to_string(), |oid| format!("{self}, OID {oid}"))
    }

    /// Whether the key can sign in TLS with this algorithm, by IANA's name such as `ecdsa_secp256r1_sha256`. In TLS 1.2,
    /// such a name is for any curve (RFC 5246 section 7.4.4). In TLS 1.3 it is for the curve that it names, and those with
    /// `rsa_pkcs1`, SHA-1 or SHA-224 are for signatures in certificates only (RFC 8446 section 4.2.3).
    pub fn signs_by(&self, algorithm: &str, is_tls13: bool) -> bool {
        match self {
            Self::Rsa(_) if is_tls13 => algorithm.starts_with("rsa_pss_rsae_"),
            Self::Rsa(_) => algorithm.starts_with("rsa_") && !algorithm.starts_with("rsa_pss_pss_"),
            Self::RsaPss(_) => algorithm.starts_with("rsa_pss_pss_"),
            Self::Dsa(_) => algorithm.starts_with("dsa_") && !is_tls13,
            Self::Ec(curve) if is_tls13 => curve.scheme() == Some(algorithm),
            Self::Ec(_) => algorithm.starts_with("ecdsa_") && !algorithm.contains("tls13"),
            Self::Ed25519 => algorithm == "ed25519",
            Self::Ed448 => algorithm == "ed448",
            Self::MlDsa(size) => algorithm.strip_prefix("mldsa") == Some(size.to_string().as_str()),
            Self::Unreadable | Self::Other(_) => false,
        }
    }

    /// By the algorithm of a subjectPublicKeyInfo.
    fn in_info(mut der: Decoder<'_>) -> Read<Self> {
        let mut info = der.sequence("")?;
        let mut algorithm = info.sequence("")?;
        let oid = algorithm.oid("")?;
        Ok(match oid.as_str() {
            EC_PUBLIC_KEY => {
                let curve = algorithm.optional(ber::OID)?.map(|curve| curve.oid());
                Self::Ec(Curve { explicit: curve.is_none(), oid: curve })
            }
            "2.16.840.1.101.3.4.3.17" => Self::MlDsa(44),
            "2.16.840.1.101.3.4.3.18" => Self::MlDsa(65),
            "2.16.840.1.101.3.4.3.19" => Self::MlDsa(87),
            _ => Self::Other(oid),
        })
    }
}

const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";

/// That of a TBSCertificate is its seventh field, in version 1 its sixth.
fn in_certificate(der: &[u8]) -> Read<KeyKind> {
    let mut fields = Decoder::new(der).sequence("")?.sequence("")?;
    fields.optional(VERSION)?;
    for _ in 0..5 {
        fields.any()?;
    }
    KeyKind::in_info(fields)
}

/// The `[0]` of a TBSCertificate.
const VERSION: u8 = 0xa0;

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.oid.as_deref().map_or_else(|| "curve without a name".into(), name_of))
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => Ok(()),
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::RsaPss(bits) => write!(f, "RSA-PSS {bits}"),
            Self::Dsa(bits) => write!(f, "DSA {bits}"),
            Self::Ec(curve) => write!(f, "EC {curve}"),
            Self::Ed25519 => f.write_str("ED25519"),
            Self::Ed448 => f.write_str("ED448"),
            Self::MlDsa(size) => write!(f, "id-ml-dsa-{size}"),
            Self::Other(oid) => f.write_str(&name_of(oid)),
        }
    }
}

impl Serialize for KeyKind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_signs_by_algorithms_of_its_own_kind() {
        let ec = |oid: &str| KeyKind::Ec(Curve { oid: Some(oid.into()), explicit: false });
        let [p256, p384, brainpool] = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.36.3.3.2.8.1.1.7"].map(ec);
        for (key, algorithm, in_12, in_13) in [
            (&KeyKind::Rsa(2048), "rsa_pss_rsae_sha256", true, true),
            (&KeyKind::Rsa(2048), "rsa_pkcs1_sha256", true, false),
            (&KeyKind::Rsa(2048), "rsa_pss_pss_sha256", false, false),
            (&KeyKind::RsaPss(2048), "rsa_pss_pss_sha256", true, true),
            (&p256, "ecdsa_secp256r1_sha256", true, true),
            (&p384, "ecdsa_secp256r1_sha256", true, false),
            (&p384, "ecdsa_sha1", true, false),
            (&brainpool, "ecdsa_brainpoolP256r1tls13_sha256", false, true),
            (&brainpool, "ecdsa_brainpoolP384r1tls13_sha384", false, false),
            (&KeyKind::Ed25519, "ed25519", true, true),
            (&KeyKind::Ed25519, "ed448", false, false),
            (&KeyKind::MlDsa(65), "mldsa65", true, true),
            (&KeyKind::Dsa(2048), "dsa_sha256", true, false),
        ] {
            let signs = [false, true].map(|is_tls13| key.signs_by(algorithm, is_tls13));
            assert_eq!(signs, [in_12, in_13], "{key} and {algorithm}");
        }
    }
}
