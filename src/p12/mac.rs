//! The MAC of a file: that of RFC 7292, and PBMAC1 of RFC 9879.

use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::budget::Budget;
use super::derivation::Derivation;
use super::digest::Digest;
use super::encoding::Encoding;
use super::fault::{Fault, Parsed};
use super::iterate::KeyUse;
use super::kdf::{Function, Kdf, parse_iterations, parse_kdf};
use super::protection::{Algorithm, Protection};
use crate::ber::{Decoder, Element, INTEGER, SEQUENCE, malformed};

#[derive(Debug)]
pub(super) struct Mac {
    pub(super) derivation: Derivation,
    algorithm: Algorithm,
    digest: Digest,
    expected: Vec<u8>,
}

impl Mac {
    /// Reads MacData (RFC 7292 section 4); a DigestAlgorithm of PBMAC1 is RFC 9879's.
    pub(super) fn parse(data: &Element<'_>) -> Parsed<Self> {
        let mut reader = data.inside()?;
        let mut info = reader.sequence("the MAC's DigestInfo")?;
        let algorithm = info.expect(SEQUENCE, "the MAC's algorithm")?;
        let expected = info.octets("the MAC")?.into_owned();
        let mut inside = algorithm.inside()?;
        let oid = inside.oid("the MAC's algorithm")?;
        if oid == "1.2.840.113549.1.5.14" {
            return Self::parse_pbmac1(&mut inside, expected);
        }
        let digest = Digest::from_oid(&oid).ok_or_else(|| Fault::unknown("the MAC", &oid))?;
        let (size, _) = digest.sizes().ok_or_else(|| Fault::unknown("the MAC", &oid))?;
        let salt = reader.octets("the MAC's salt")?.into_owned();
        let iterations = reader.optional(INTEGER)?.map_or(Ok(1), |count| parse_iterations(&count))?;
        let kdf = Kdf::new(Function::Pkcs12 { digest, iterations }, salt, None)?;
        let derivation = Derivation::new(kdf, &[(KeyUse::Mac, size)]);
        Ok(Self { derivation, algorithm: Algorithm::Hmac(digest), digest, expected })
    }

    /// RFC 9879: the key length must be there, and at least 20.
    fn parse_pbmac1(reader: &mut Decoder<'_>, expected: Vec<u8>) -> Parsed<Self> {
        let parameters = reader.expect(SEQUENCE, "the PBMAC1 parameters")?;
        let at = parameters.at;
        let mut parameters = parameters.inside()?;
        let kdf = parse_kdf(&parameters.expect(SEQUENCE, "the key derivation")?)?;
        let oid = parameters.sequence("the MAC scheme")?.oid("the MAC scheme")?;
        let digest = Digest::from_hmac_oid(&oid).ok_or_else(|| Fault::unknown("the MAC", &oid))?;
        match kdf.length {
            Some(key @ 20..=64) => {
                let derivation = Derivation::new(kdf, &[(KeyUse::Mac, key)]);
                Ok(Self { derivation, algorithm: Algorithm::Pbmac1(digest), digest, expected })
            }
            Some(key) => Err(malformed(at, format!("a PBMAC1 key of {key} bytes")).into()),
            None => Err(malformed(at, "PBMAC1 without the length of its key".into()).into()),
        }
    }

    pub(super) fn protection(&self) -> Protection {
        self.derivation.kdf.describe(self.algorithm)
    }

    /// Whether the MAC fits this password; `None` if the budget does not allow the check.
    pub(super) fn verify(&self, content: &[u8], password: &Encoding, budget: &mut Budget) -> Option<bool> {
        let key = self.derivation.key(password, budget)?;
        budget.spend_on(content)?;
        let key = PKey::hmac(&key).ok()?;
        let mac = Signer::new(self.digest.message_digest()?, &key)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(content))
            .ok()?;
        Some(mac.len() == self.expected.len() && openssl::memcmp::eq(&mac, &self.expected))
    }
}
