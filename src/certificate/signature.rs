//! How a certificate was signed.

use std::fmt;

use openssl::asn1::Asn1Object;
use openssl::nid::Nid;
use openssl::x509::X509Ref;
use serde::Serialize;

use crate::ber::{Decoder, Read};

/// A signature algorithm. Its text is OpenSSL's: `sha256WithRSAEncryption`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SignatureAlgorithm {
    name: String,
    #[serde(skip)]
    digest: Option<BrokenDigest>,
}

/// A digest with which signatures can be forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BrokenDigest {
    /// RFC 6149.
    Md2,
    /// RFC 6150.
    Md4,
    /// RFC 6151.
    Md5,
    /// RFC 9155.
    Sha1,
}

impl SignatureAlgorithm {
    pub(super) fn of(certificate: &X509Ref) -> Self {
        let object = certificate.signature_algorithm().object();
        let digest = match object.nid() {
            Nid::RSASSAPSS => pss_digest(certificate),
            nid => nid.signature_algorithms().map(|parts| parts.digest),
        };
        Self { name: object.to_string(), digest: digest.and_then(BrokenDigest::of) }
    }

    /// An algorithm that is known by its name alone.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), digest: None }
    }

    pub fn broken_digest(&self) -> Option<BrokenDigest> {
        self.digest
    }
}

impl BrokenDigest {
    fn of(digest: Nid) -> Option<Self> {
        Some(match digest {
            Nid::MD2 => Self::Md2,
            Nid::MD4 => Self::Md4,
            Nid::MD5 => Self::Md5,
            Nid::SHA1 => Self::Sha1,
            _ => return None,
        })
    }
}

/// The digest of RSASSA-PSS is in its parameters; SHA-1 if none is named (RFC 4055 section 3.1).
fn pss_digest(certificate: &X509Ref) -> Option<Nid> {
    let der = certificate.to_der().ok()?;
    let named = || -> Read<Option<String>> {
        let mut whole = Decoder::new(&der).sequence("")?;
        whole.any()?;
        let mut algorithm = whole.sequence("")?;
        algorithm.any()?;
        let mut parameters = algorithm.sequence("")?;
        let Some(hash) = parameters.optional(HASH_ALGORITHM)? else { return Ok(None) };
        hash.inside()?.sequence("")?.oid("").map(Some)
    };
    match named().ok()? {
        Some(oid) => Asn1Object::from_str(&oid).ok().map(|object| object.nid()),
        None => Some(Nid::SHA1),
    }
}

/// The `[0]` of RSASSA-PSS-params.
const HASH_ALGORITHM: u8 = 0xa0;

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Display for BrokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
