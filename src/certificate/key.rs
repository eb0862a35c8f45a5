//! What kind of key a certificate or a private key has.

use std::fmt;

use openssl::asn1::Asn1Object;
use openssl::ec::{Asn1Flag, EcGroupRef};
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use serde::{Serialize, Serializer};

use super::name::short_name;
use crate::ber::{self, Reader};

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
    fn of(group: &EcGroupRef) -> Self {
        Self { name: group.curve_name(), explicit: group.asn1_flag() == Asn1Flag::EXPLICIT_CURVE }
    }
}

impl KeyKind {
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
            Id::ED25519 => Self::Ed25519,
            Id::ED448 => Self::Ed448,
            _ => algorithm(key).map_or(Self::Unreadable, |oid| Self::by_oid(&oid)),
        };
        (kind, bits)
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
