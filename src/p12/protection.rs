//! The protection of a file or a part of it, as facts.

use std::fmt;

use serde::{Serialize, Serializer};

use super::cipher::Cipher;
use super::digest::Digest;

/// The algorithm that a derived key is for, and how the key is derived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Protection {
    pub algorithm: Algorithm,
    pub kdf: KdfName,
    /// The digest inside the key derivation; `None` for scrypt.
    pub prf: Option<Digest>,
    /// The iterations; for scrypt N times r times p.
    pub iterations: u64,
    /// In bytes.
    pub salt: usize,
}

/// What a derived key is for. Its text is OpenSSL's: `AES-256-CBC`, `HMAC-SHA256`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    Cipher(Cipher),
    /// The MAC of RFC 7292: HMAC with this digest.
    Hmac(Digest),
    /// The MAC of RFC 9879: PBMAC1 with this HMAC digest, for any key derivation.
    Pbmac1(Digest),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KdfName {
    /// RFC 7292 appendix B.2.
    Pkcs12,
    /// RFC 8018 section 5.1.
    Pbkdf1,
    /// RFC 8018 section 5.2.
    Pbkdf2,
    /// RFC 7914.
    #[serde(rename = "scrypt")]
    Scrypt,
}

impl Protection {
    pub fn cipher(&self) -> Option<Cipher> {
        match self.algorithm {
            Algorithm::Cipher(cipher) => Some(cipher),
            Algorithm::Hmac(_) | Algorithm::Pbmac1(_) => None,
        }
    }

    pub fn is_pbmac1(&self) -> bool {
        matches!(self.algorithm, Algorithm::Pbmac1(_))
    }

    /// The usual name, such as `RC2` or `HMAC-MD4`, if OpenSSL 3 has it in its legacy provider only.
    pub fn legacy(&self) -> Option<String> {
        match self.algorithm {
            Algorithm::Cipher(cipher) => cipher.legacy().map(str::to_owned),
            Algorithm::Hmac(digest) | Algorithm::Pbmac1(digest) => {
                digest.is_legacy().then(|| self.algorithm.to_string())
            }
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cipher(cipher) => f.write_str(cipher.name()),
            Self::Hmac(digest) | Self::Pbmac1(digest) => write!(f, "HMAC-{}", digest.name()),
        }
    }
}

impl fmt::Display for KdfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
