//! What kind of key a certificate or a private key has.

use std::fmt;

use openssl::asn1::Asn1Object;
use openssl::ec::{Asn1Flag, EcGroupRef};
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use openssl::x509::X509Ref;
use serde::{Serialize, Serializer};

use super::name::short_name;
use crate::ber::{self, Read, Reader};

/// The kind of a key. Its text is `RSA 2048`, `EC prime256v1`, `ED25519`; empty when the key cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// OpenSSL cannot read it.
    #[default]
    Unreadable,
    /// RSA of so many bits.
    Rsa(u32),
    /// RSA for PSS signatures alone (RFC 4055), of so many bits.
    RsaPss(u32),
    /// DSA of so many bits.
    Dsa(u32),
    /// EC on this curve.
    Ec(Curve),
    /// RFC 8410.
    Ed25519,
    /// RFC 8410.
    Ed448,
    /// RFC 9881: with 44, 65 or 87.
    MlDsa(u8),
    /// Another algorithm, by its OID.
    Other(String),
}

/// An elliptic curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    /// The curve, where OpenSSL knows it.
    pub name: Option<Nid>,
    /// Whether the key spells out the curve's parameters instead of naming it (RFC 5480 section 2.1.1 forbids that).
    pub explicit: bool,
}

impl Curve {
    /// Whether TLS 1.3 knows it (RFC 8446 section 4.2.3), as TLS 1.2's servers do.
    pub fn is_for_tls(&self) -> bool {
        matches!(self.name, Some(Nid::X9_62_PRIME256V1 | Nid::SECP384R1 | Nid::SECP521R1))
    }

    /// TLS 1.3 names a curve with each algorithm, TLS 1.2 means all curves.
    fn signs_by(&self, algorithm: &str) -> bool {
        let own = match self.name {
            Some(Nid::X9_62_PRIME256V1) => "_secp256r1_",
            Some(Nid::SECP384R1) => "_secp384r1_",
            Some(Nid::SECP521R1) => "_secp521r1_",
            _ => "_sha",
        };
        let named = algorithm.contains("_secp") || algorithm.contains("_brainpool");
        algorithm.starts_with("ecdsa_") && (!named || algorithm.contains(own))
    }

    /// Its OID, where it has a name.
    pub fn oid(&self) -> Option<String> {
        let object = Asn1Object::from_str(self.name?.short_name().ok()?).ok()?;
        Some(ber::dotted(object.as_slice()))
    }

    fn of(group: &EcGroupRef) -> Self {
        Self { name: group.curve_name(), explicit: group.asn1_flag() == Asn1Flag::EXPLICIT_CURVE }
    }
}

impl KeyKind {
    /// The kind of a certificate's key and its size in bits. Of a key that OpenSSL cannot read, the algorithm is known.
    pub(super) fn of_certificate(certificate: &X509Ref) -> (Self, u32) {
        match certificate.public_key() {
            Ok(key) => Self::of(&key),
            Err(_) => {
                let oid = certificate.to_der().ok().and_then(|der| algorithm_in(&der).ok());
                (oid.map_or(Self::Unreadable, |oid| Self::by_oid(&oid)), 0)
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
                Err(_) => Self::Ec(Curve { name: None, explicit: false }),
            },
            Id::SM2 => Self::Ec(Curve { name: Some(Nid::SM2), explicit: false }),
            Id::ED25519 => Self::Ed25519,
            Id::ED448 => Self::Ed448,
            _ => algorithm(key).map_or(Self::Unreadable, |oid| Self::by_oid(&oid)),
        };
        (kind, bits)
    }

    /// Whether the key can sign by this algorithm, which goes by IANA's name for TLS: `ecdsa_secp256r1_sha256`.
    pub fn signs_by(&self, algorithm: &str) -> bool {
        match self {
            Self::Rsa(_) => algorithm.starts_with("rsa_") && !algorithm.starts_with("rsa_pss_pss_"),
            Self::RsaPss(_) => algorithm.starts_with("rsa_pss_pss_"),
            Self::Dsa(_) => algorithm.starts_with("dsa_"),
            Self::Ec(curve) => curve.signs_by(algorithm),
            Self::Ed25519 => algorithm == "ed25519",
            Self::Ed448 => algorithm == "ed448",
            Self::MlDsa(size) => algorithm.strip_prefix("mldsa") == Some(size.to_string().as_str()),
            Self::Unreadable | Self::Other(_) => false,
        }
    }

    /// Keys that only a provider of OpenSSL knows, such as ML-DSA, are known by their OID alone.
    fn by_oid(oid: &str) -> Self {
        match oid {
            "2.16.840.1.101.3.4.3.17" => Self::MlDsa(44),
            "2.16.840.1.101.3.4.3.18" => Self::MlDsa(65),
            "2.16.840.1.101.3.4.3.19" => Self::MlDsa(87),
            _ => Self::Other(oid.to_owned()),
        }
    }
}

/// The algorithm of the subjectPublicKeyInfo, the seventh field of a TBSCertificate of version 2 or 3, else the sixth.
fn algorithm_in(der: &[u8]) -> Read<String> {
    let mut fields =
        Reader::new(der).expect(ber::SEQUENCE, "")?.inside()?.expect(ber::SEQUENCE, "")?.inside()?;
    fields.optional(VERSION)?;
    for _ in 0..5 {
        fields.any()?;
    }
    let mut info = fields.expect(ber::SEQUENCE, "")?.inside()?;
    Ok(info.expect(ber::SEQUENCE, "")?.inside()?.expect(ber::OID, "")?.oid())
}

/// The `[0]` of a TBSCertificate.
const VERSION: u8 = 0xa0;

fn algorithm<T: HasPublic>(key: &PKeyRef<T>) -> Option<String> {
    let der = key.public_key_to_der().ok()?;
    let mut info = Reader::new(&der).expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
    Some(info.expect(ber::SEQUENCE, "").ok()?.inside().ok()?.expect(ber::OID, "").ok()?.oid())
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.and_then(|name| name.short_name().ok()).unwrap_or("curve without a name"))
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
            Self::Other(oid) => match Asn1Object::from_str(oid) {
                Ok(object) => f.write_str(&short_name(&object)),
                Err(_) => f.write_str(oid),
            },
        }
    }
}

impl Serialize for KeyKind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
