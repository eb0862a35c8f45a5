//! What a certificate may be used for.

use std::fmt;

use openssl::asn1::{Asn1Object, Asn1ObjectRef};
use openssl::nid::Nid;
use serde::{Serialize, Serializer};

use super::name::short_name;

/// A purpose of an extended key usage (RFC 5280 section 4.2.1.12), as text OpenSSL's name or the OID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// `clientAuth`.
    ClientAuth,
    /// `serverAuth`.
    ServerAuth,
    /// `anyExtendedKeyUsage`.
    Any,
    /// Another one, by its text.
    Other(String),
}

impl Usage {
    /// The purpose that has this OID.
    pub(super) fn of(oid: &str) -> Self {
        Asn1Object::from_str(oid).map_or_else(|_| Self::Other(oid.to_owned()), |object| Self::named(&object))
    }

    /// The texts of several, as a list.
    pub fn list(usages: &[Self]) -> String {
        usages.iter().map(Self::to_string).collect::<Vec<_>>().join(", ")
    }

    fn named(object: &Asn1ObjectRef) -> Self {
        match object.nid() {
            Nid::CLIENT_AUTH => Self::ClientAuth,
            Nid::SERVER_AUTH => Self::ServerAuth,
            Nid::ANYEXTENDEDKEYUSAGE => Self::Any,
            _ => Self::Other(short_name(object)),
        }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientAuth => "clientAuth",
            Self::ServerAuth => "serverAuth",
            Self::Any => "anyExtendedKeyUsage",
            Self::Other(name) => name,
        })
    }
}

impl Serialize for Usage {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
