//! Digests, by their object identifiers and by OpenSSL's names.

use std::sync::OnceLock;

use openssl::hash::MessageDigest;
use openssl::provider::Provider;
use serde::{Serialize, Serializer};

/// A digest, the ones in OpenSSL's legacy provider first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Digest {
    Md4,
    Whirlpool,
    Md5,
    Ripemd160,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Sm3,
}

impl Digest {
    /// OpenSSL's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md4 => "MD4",
            Self::Whirlpool => "whirlpool",
            Self::Md5 => "MD5",
            Self::Ripemd160 => "RIPEMD160",
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Sha512_224 => "SHA512-224",
            Self::Sha512_256 => "SHA512-256",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
            Self::Sm3 => "SM3",
        }
    }

    pub(super) fn from_oid(oid: &str) -> Option<Self> {
        OIDS.iter().find(|(_, own, _)| *own == oid).map(|(digest, ..)| *digest)
    }

    pub(super) fn from_hmac_oid(oid: &str) -> Option<Self> {
        OIDS.iter().find(|(.., hmac)| hmac.contains(&oid)).map(|(digest, ..)| *digest)
    }

    pub(super) fn message_digest(self) -> Option<MessageDigest> {
        load_legacy();
        MessageDigest::from_name(self.name())
    }

    /// Output and block size in bytes; the block is what HMAC and RFC 7292 B.2 call B and v.
    pub(super) fn sizes(self) -> Option<(usize, usize)> {
        let digest = self.message_digest()?;
        Some((digest.size(), digest.block_size()))
    }

    /// What an iteration costs, in units of the budget.
    pub(super) fn weight(self) -> u64 {
        match self {
            Self::Sha1 | Self::Sha224 | Self::Sha256 => 1,
            Self::Md5 => 2,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 3,
            _ => 5,
        }
    }

    /// Whether OpenSSL 3 has it in its legacy provider only.
    pub(super) fn is_legacy(self) -> bool {
        matches!(self, Self::Md4 | Self::Whirlpool)
    }
}

/// The object identifiers of each, and of HMAC with it.
const OIDS: &[(Digest, &str, &[&str])] = &[
    (Digest::Md4, "1.2.840.113549.2.4", &[]),
    (Digest::Whirlpool, "1.0.10118.3.0.55", &[]),
    (Digest::Md5, "1.2.840.113549.2.5", &["1.2.840.113549.2.6", "1.3.6.1.5.5.8.1.1"]),
    (Digest::Ripemd160, "1.3.36.3.2.1", &[]),
    (Digest::Sha1, "1.3.14.3.2.26", &["1.2.840.113549.2.7", "1.3.6.1.5.5.8.1.2"]),
    (Digest::Sha224, "2.16.840.1.101.3.4.2.4", &["1.2.840.113549.2.8"]),
    (Digest::Sha256, "2.16.840.1.101.3.4.2.1", &["1.2.840.113549.2.9"]),
    (Digest::Sha384, "2.16.840.1.101.3.4.2.2", &["1.2.840.113549.2.10"]),
    (Digest::Sha512, "2.16.840.1.101.3.4.2.3", &["1.2.840.113549.2.11"]),
    (Digest::Sha512_224, "2.16.840.1.101.3.4.2.5", &["1.2.840.113549.2.12"]),
    (Digest::Sha512_256, "2.16.840.1.101.3.4.2.6", &["1.2.840.113549.2.13"]),
    (Digest::Sha3_224, "2.16.840.1.101.3.4.2.7", &["2.16.840.1.101.3.4.2.13"]),
    (Digest::Sha3_256, "2.16.840.1.101.3.4.2.8", &["2.16.840.1.101.3.4.2.14"]),
    (Digest::Sha3_384, "2.16.840.1.101.3.4.2.9", &["2.16.840.1.101.3.4.2.15"]),
    (Digest::Sha3_512, "2.16.840.1.101.3.4.2.10", &["2.16.840.1.101.3.4.2.16"]),
    (Digest::Sm3, "1.2.156.10197.1.401", &[]),
];

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// RC2, RC4, DES and the like live in OpenSSL's legacy provider, which is inside the vendored build. A system's OpenSSL
/// may lack it; then fetching one of them fails, and the error says so.
pub(super) fn load_legacy() {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok());
}
