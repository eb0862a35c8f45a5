//! How a safe or a key is encrypted.

use super::cipher::Cipher;
use super::derivation::Derivation;
use super::digest::Digest;
use super::fault::{Fault, Parsed};
use super::iterate::{KeyUse, Wiped};
use super::kdf::{Function, Kdf, parse_kdf, parse_salt_and_iterations};
use super::protection::{Algorithm, Protection};
use crate::ber::{Decoder, Element, INTEGER, OCTET_STRING, SEQUENCE};

#[derive(Debug)]
pub(super) struct Scheme {
    /// Derives the key, and the initialisation vector if the file has none.
    pub(super) derivation: Derivation,
    cipher: Cipher,
    /// In bytes.
    key: usize,
    iv: Option<Vec<u8>>,
}

impl Scheme {
    /// Reads an AlgorithmIdentifier. An unknown algorithm is reported before a password is tried.
    pub(super) fn parse(algorithm: &Element<'_>) -> Parsed<Self> {
        let mut reader = algorithm.inside()?;
        let oid = reader.oid("an algorithm")?;
        if let Some(kind) = oid.strip_prefix("1.2.840.113549.1.12.1.") {
            return Self::parse_pkcs12(kind, &oid, &mut reader);
        }
        match oid.as_str() {
            "1.2.840.113549.1.5.13" => Self::parse_pbes2(&mut reader),
            "1.2.840.113549.1.5.3" => Self::parse_pbes1(Digest::Md5, Cipher::DesCbc, &mut reader),
            "1.2.840.113549.1.5.6" => Self::parse_pbes1(Digest::Md5, Cipher::Rc2_64Cbc, &mut reader),
            "1.2.840.113549.1.5.10" => Self::parse_pbes1(Digest::Sha1, Cipher::DesCbc, &mut reader),
            "1.2.840.113549.1.5.11" => Self::parse_pbes1(Digest::Sha1, Cipher::Rc2_64Cbc, &mut reader),
            _ => Err(Fault::unknown("the encryption", &oid)),
        }
    }

    fn parse_pkcs12(kind: &str, oid: &str, reader: &mut Decoder<'_>) -> Parsed<Self> {
        let (cipher, key, iv) = match kind {
            "1" => (Cipher::Rc4, 16, 0),
            "2" => (Cipher::Rc4_40, 5, 0),
            "3" => (Cipher::DesEde3Cbc, 24, 8),
            "4" => (Cipher::DesEdeCbc, 16, 8),
            "5" => (Cipher::Rc2Cbc, 16, 8),
            "6" => (Cipher::Rc2_40Cbc, 5, 8),
            _ => return Err(Fault::unknown("the encryption", oid)),
        };
        let (salt, iterations) = parse_salt_and_iterations(reader)?;
        let kdf = Kdf::new(Function::Pkcs12 { digest: Digest::Sha1, iterations }, salt, None)?;
        let derivation = Derivation::new(kdf, &[(KeyUse::Key, key), (KeyUse::Iv, iv)]);
        Ok(Self { derivation, cipher, key, iv: None })
    }

    fn parse_pbes1(digest: Digest, cipher: Cipher, reader: &mut Decoder<'_>) -> Parsed<Self> {
        let (salt, iterations) = parse_salt_and_iterations(reader)?;
        let kdf = Kdf::new(Function::Pbkdf1 { digest, iterations }, salt, None)?;
        // Key and vector are the two halves of one digest (RFC 8018 section 6.1.1).
        let derivation = Derivation::new(kdf, &[(KeyUse::Key, 16)]);
        Ok(Self { derivation, cipher, key: 8, iv: None })
    }

    fn parse_pbes2(reader: &mut Decoder<'_>) -> Parsed<Self> {
        let mut parameters = reader.sequence("the PBES2 parameters")?;
        let kdf = parse_kdf(&parameters.expect(SEQUENCE, "the key derivation")?)?;
        let mut encryption = parameters.sequence("the cipher")?;
        let oid = encryption.oid("the cipher")?;
        let (cipher, key) = match oid.as_str() {
            "2.16.840.1.101.3.4.1.2" => (Cipher::Aes128Cbc, 16),
            "2.16.840.1.101.3.4.1.22" => (Cipher::Aes192Cbc, 24),
            "2.16.840.1.101.3.4.1.42" => (Cipher::Aes256Cbc, 32),
            "1.2.840.113549.3.7" => (Cipher::DesEde3Cbc, 24),
            "1.3.14.3.2.7" => (Cipher::DesCbc, 8),
            "1.2.392.200011.61.1.1.1.2" => (Cipher::Camellia128Cbc, 16),
            "1.2.392.200011.61.1.1.1.3" => (Cipher::Camellia192Cbc, 24),
            "1.2.392.200011.61.1.1.1.4" => (Cipher::Camellia256Cbc, 32),
            "1.2.410.200046.1.1.2" => (Cipher::Aria128Cbc, 16),
            "1.2.410.200046.1.1.7" => (Cipher::Aria192Cbc, 24),
            "1.2.410.200046.1.1.12" => (Cipher::Aria256Cbc, 32),
            "1.2.410.200004.1.4" => (Cipher::SeedCbc, 16),
            "1.2.156.10197.1.104.2" => (Cipher::Sm4Cbc, 16),
            "1.2.840.113549.3.2" => return Self::parse_rc2(kdf, &mut encryption),
            "1.2.840.113533.7.66.10" => return Self::parse_cast5(kdf, &mut encryption),
            _ => return Err(Fault::unknown("the cipher", &oid)),
        };
        let iv = encryption.octets("the initialisation vector")?.into_owned();
        // Old versions of NSS name AES-128, but use the 32 bytes that the key derivation states.
        let (cipher, key) = match (cipher, kdf.length) {
            (Cipher::Aes128Cbc | Cipher::Aes192Cbc, Some(32)) => (Cipher::Aes256Cbc, 32),
            usual => (usual.0, key),
        };
        Ok(Self::with_iv(kdf, cipher, key, iv))
    }

    /// RFC 8018 B.2.3: the version encodes the effective key bits.
    fn parse_rc2(kdf: Kdf, encryption: &mut Decoder<'_>) -> Parsed<Self> {
        let mut parameters = encryption.sequence("the RC2 parameters")?;
        let version = parameters.optional(INTEGER)?.and_then(|version| version.unsigned());
        let iv = parameters.octets("the initialisation vector")?.into_owned();
        let (cipher, usual) = match version {
            Some(160) => (Cipher::Rc2_40Cbc, 5),
            Some(120) => (Cipher::Rc2_64Cbc, 8),
            Some(58) => (Cipher::Rc2Cbc, 16),
            _ => return Err(Fault::unsupported("RC2 with unusual effective key bits")),
        };
        let key = kdf.length.unwrap_or(usual);
        Ok(Self::with_iv(kdf, cipher, key, iv))
    }

    /// RFC 2144 appendix B.3: the vector, and the length of the key in bits.
    fn parse_cast5(kdf: Kdf, encryption: &mut Decoder<'_>) -> Parsed<Self> {
        let parameters = encryption.any()?;
        // Bouncy Castle writes only the vector.
        let mut parameters = match parameters.tag {
            OCTET_STRING => Decoder::new(parameters.whole),
            _ => parameters.inside()?,
        };
        let iv = parameters.octets("the initialisation vector")?.into_owned();
        let bits = parameters.optional(INTEGER)?.and_then(|bits| bits.unsigned()).unwrap_or(128);
        if !(40..=128).contains(&bits) {
            return Err(Fault::unsupported(format!("CAST5 with a key of {bits} bits")));
        }
        let key = usize::try_from(bits / 8).unwrap_or(16);
        Ok(Self::with_iv(kdf, Cipher::Cast5Cbc, key, iv))
    }

    fn with_iv(kdf: Kdf, cipher: Cipher, key: usize, iv: Vec<u8>) -> Self {
        Self { derivation: Derivation::new(kdf, &[(KeyUse::Key, key)]), cipher, key, iv: Some(iv) }
    }

    pub(super) fn protection(&self) -> Protection {
        self.derivation.kdf.describe(Algorithm::Cipher(self.cipher))
    }

    /// Decrypts; `None` if the padding shows that the key is wrong.
    pub(super) fn decrypt(&self, ciphertext: &[u8], derived: &[u8]) -> Option<Wiped> {
        let (key, derived_iv) = derived.split_at_checked(self.key)?;
        self.cipher.decrypt(key, self.iv.as_deref().unwrap_or(derived_iv), ciphertext).ok()
    }
}
