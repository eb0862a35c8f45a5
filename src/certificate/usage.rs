//! What a certificate may be used for.

use std::fmt;

use openssl::asn1::Asn1Object;
use openssl::nid::Nid;
use serde::Serialize;

use super::name::name_of;

/// A purpose of an extended key usage (RFC 5280 section 4.2.1.12), as text OpenSSL's name or the OID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Usage {
    ClientAuth,
    ServerAuth,
    #[serde(rename = "anyExtendedKeyUsage")]
    Any,
    #[serde(untagged)]
    Other(String),
}

impl Usage {
    /// The purpose that has this OID.
    pub(super) fn of(oid: &str) -> Self {
        let nid = Asn1Object::from_str(oid).map_or(Nid::UNDEF, |object| object.nid());
        match nid {
            Nid::CLIENT_AUTH => Self::ClientAuth,
            Nid::SERVER_AUTH => Self::ServerAuth,
            Nid::ANYEXTENDEDKEYUSAGE => Self::Any,
            _ => Self::Other(name_of(oid)),
        }
    }

    /// The texts of several, as a list.
    pub fn list(usages: &[Self]) -> String {
        usages.iter().map(Self::to_string).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
