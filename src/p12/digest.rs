//! Digests by their object identifiers, and the names of algorithms.

use std::sync::OnceLock;

use openssl::asn1::Asn1Object;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::provider::Provider;

use super::container::Fault;

/// A digest by OpenSSL's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest(pub(super) &'static str);

impl Digest {
    pub(super) const SHA1: Self = Self("SHA1");

    pub(super) fn from_oid(oid: &str) -> Option<Self> {
        Some(Self(match oid {
            "1.3.14.3.2.26" => "SHA1",
            "2.16.840.1.101.3.4.2.1" => "SHA256",
            "2.16.840.1.101.3.4.2.2" => "SHA384",
            "2.16.840.1.101.3.4.2.3" => "SHA512",
            "2.16.840.1.101.3.4.2.4" => "SHA224",
            "2.16.840.1.101.3.4.2.5" => "SHA512-224",
            "2.16.840.1.101.3.4.2.6" => "SHA512-256",
            "2.16.840.1.101.3.4.2.7" => "SHA3-224",
            "2.16.840.1.101.3.4.2.8" => "SHA3-256",
            "2.16.840.1.101.3.4.2.9" => "SHA3-384",
            "2.16.840.1.101.3.4.2.10" => "SHA3-512",
            "1.2.840.113549.2.5" => "MD5",
            "1.2.840.113549.2.4" => "MD4",
            "1.3.36.3.2.1" => "RIPEMD160",
            "1.0.10118.3.0.55" => "whirlpool",
            "1.2.156.10197.1.401" => "SM3",
            _ => return None,
        }))
    }

    pub(super) fn from_hmac_oid(oid: &str) -> Option<Self> {
        Some(Self(match oid {
            "1.2.840.113549.2.7" | "1.3.6.1.5.5.8.1.2" => "SHA1",
            "1.2.840.113549.2.8" => "SHA224",
            "1.2.840.113549.2.9" => "SHA256",
            "1.2.840.113549.2.10" => "SHA384",
            "1.2.840.113549.2.11" => "SHA512",
            "1.2.840.113549.2.12" => "SHA512-224",
            "1.2.840.113549.2.13" => "SHA512-256",
            "1.2.840.113549.2.6" | "1.3.6.1.5.5.8.1.1" => "MD5",
            "2.16.840.1.101.3.4.2.13" => "SHA3-224",
            "2.16.840.1.101.3.4.2.14" => "SHA3-256",
            "2.16.840.1.101.3.4.2.15" => "SHA3-384",
            "2.16.840.1.101.3.4.2.16" => "SHA3-512",
            _ => return None,
        }))
    }

    pub(super) fn message_digest(self) -> Option<MessageDigest> {
        load_legacy();
        MessageDigest::from_name(self.0)
    }

    /// Output and block size in bytes; the block is what HMAC and RFC 7292 B.2 call B and v.
    pub(super) fn sizes(self) -> Option<(usize, usize)> {
        let digest = self.message_digest()?;
        Some((digest.size(), digest.block_size()))
    }

    /// What an iteration costs, in units of the budget.
    pub(super) fn weight(self) -> u64 {
        match self.0 {
            "SHA1" | "SHA224" | "SHA256" => 1,
            "MD5" => 2,
            "SHA384" | "SHA512" | "SHA512-224" | "SHA512-256" => 3,
            _ => 5,
        }
    }
}

/// RC2, RC4, DES and the like live in OpenSSL's legacy provider, which is inside the vendored build. Where a
/// system's OpenSSL lacks it, what needs it fails to be fetched, and is told as such.
pub(super) fn load_legacy() {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok());
}

pub(super) fn unknown(what: &str, oid: &str) -> Fault {
    let name = name(oid).map_or(String::new(), |name| format!("{name}, "));
    Fault::Unsupported(format!("{what} uses an algorithm that cannot be used here: {name}OID {oid}"))
}

/// What OpenSSL calls an object identifier, where it knows it.
pub(super) fn name(oid: &str) -> Option<&'static str> {
    let nid = Some(Asn1Object::from_str(oid).ok()?.nid());
    nid.filter(|nid| *nid != Nid::UNDEF)?.long_name().ok()
}
