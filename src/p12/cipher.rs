//! How a safe or a key is encrypted, and its decryption by OpenSSL.

use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use zeroize::Zeroizing;

use super::anatomy::Protection;
use super::container::Fault;
use super::digest::{Digest, load_legacy, unknown};
use super::kdf::{Budget, Kdf, Use, Wiped, key_derivation, salt_and_iterations};
use super::password::Encoding;
use crate::ber::{Element, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};

type Parsed<T> = Result<T, Fault>;

/// How a safe or a key is encrypted.
#[derive(Debug)]
pub(super) struct Scheme {
    kdf: Kdf,
    cipher: &'static str,
    key: usize,
    iv: Iv,
}

#[derive(Debug)]
enum Iv {
    /// Written in the file.
    Written(Vec<u8>),
    /// Derived from the password, so many bytes.
    Derived(usize),
}

impl Scheme {
    /// Reads an AlgorithmIdentifier. An unknown algorithm is named before any password is judged.
    pub(super) fn parse(algorithm: &Element<'_>) -> Parsed<Self> {
        let mut reader = algorithm.inside()?;
        let oid = reader.expect(OID, "an algorithm")?.oid();
        if let Some(kind) = oid.strip_prefix("1.2.840.113549.1.12.1.") {
            return Self::pkcs12(kind, &oid, &mut reader);
        }
        match oid.as_str() {
            "1.2.840.113549.1.5.13" => Self::pbes2(&mut reader),
            "1.2.840.113549.1.5.3" => Self::pbes1("MD5", "DES-CBC", &mut reader),
            "1.2.840.113549.1.5.6" => Self::pbes1("MD5", "RC2-64-CBC", &mut reader),
            "1.2.840.113549.1.5.10" => Self::pbes1("SHA1", "DES-CBC", &mut reader),
            "1.2.840.113549.1.5.11" => Self::pbes1("SHA1", "RC2-64-CBC", &mut reader),
            _ => Err(unknown("the encryption", &oid)),
        }
    }

    fn pkcs12(kind: &str, oid: &str, reader: &mut Reader<'_>) -> Parsed<Self> {
        let (cipher, key, iv) = match kind {
            "1" => ("RC4", 16, 0),
            "2" => ("RC4-40", 5, 0),
            "3" => ("DES-EDE3-CBC", 24, 8),
            "4" => ("DES-EDE-CBC", 16, 8),
            "5" => ("RC2-CBC", 16, 8),
            "6" => ("RC2-40-CBC", 5, 8),
            _ => return Err(unknown("the encryption", oid)),
        };
        let (salt, iterations) = salt_and_iterations(reader)?;
        let kdf = Kdf::Pkcs12 { digest: Digest::SHA1, salt, iterations }.affordable()?;
        Ok(Self { kdf, cipher, key, iv: Iv::Derived(iv) })
    }

    fn pbes1(digest: &'static str, cipher: &'static str, reader: &mut Reader<'_>) -> Parsed<Self> {
        let (salt, iterations) = salt_and_iterations(reader)?;
        let kdf = Kdf::Pbkdf1 { digest: Digest(digest), salt, iterations }.affordable()?;
        Ok(Self { kdf, cipher, key: 8, iv: Iv::Derived(8) })
    }

    fn pbes2(reader: &mut Reader<'_>) -> Parsed<Self> {
        let mut parameters = reader.expect(SEQUENCE, "the PBES2 parameters")?.inside()?;
        let kdf = key_derivation(&parameters.expect(SEQUENCE, "the key derivation")?)?;
        let mut encryption = parameters.expect(SEQUENCE, "the cipher")?.inside()?;
        let oid = encryption.expect(OID, "the cipher")?.oid();
        let (cipher, key) = match oid.as_str() {
            "2.16.840.1.101.3.4.1.2" => ("AES-128-CBC", 16),
            "2.16.840.1.101.3.4.1.22" => ("AES-192-CBC", 24),
            "2.16.840.1.101.3.4.1.42" => ("AES-256-CBC", 32),
            "1.2.840.113549.3.7" => ("DES-EDE3-CBC", 24),
            "1.3.14.3.2.7" => ("DES-CBC", 8),
            "1.2.392.200011.61.1.1.1.2" => ("CAMELLIA-128-CBC", 16),
            "1.2.392.200011.61.1.1.1.3" => ("CAMELLIA-192-CBC", 24),
            "1.2.392.200011.61.1.1.1.4" => ("CAMELLIA-256-CBC", 32),
            "1.2.410.200046.1.1.2" => ("ARIA-128-CBC", 16),
            "1.2.410.200046.1.1.7" => ("ARIA-192-CBC", 24),
            "1.2.410.200046.1.1.12" => ("ARIA-256-CBC", 32),
            "1.2.410.200004.1.4" => ("SEED-CBC", 16),
            "1.2.156.10197.1.104.2" => ("SM4-CBC", 16),
            "1.2.840.113549.3.2" => return Self::rc2(kdf, &mut encryption),
            "1.2.840.113533.7.66.10" => return Self::cast5(kdf, &mut encryption),
            _ => return Err(unknown("the cipher", &oid)),
        };
        let iv = encryption.expect(OCTET_STRING, "the initialisation vector")?.octets()?.into_owned();
        // Old NSS names AES-128 and uses the 32 bytes that its key derivation states.
        let (cipher, key) = match (cipher, kdf.fixed_length()) {
            ("AES-128-CBC" | "AES-192-CBC", Some(32)) => ("AES-256-CBC", 32),
            usual => (usual.0, key),
        };
        Ok(Self { kdf, cipher, key, iv: Iv::Written(iv) })
    }

    /// RFC 8018 B.2.3: the version stands for the effective key bits.
    fn rc2(kdf: Kdf, encryption: &mut Reader<'_>) -> Parsed<Self> {
        let mut parameters = encryption.expect(SEQUENCE, "the RC2 parameters")?.inside()?;
        let version = parameters.optional(INTEGER)?.and_then(|version| version.unsigned());
        let iv = parameters.expect(OCTET_STRING, "the initialisation vector")?.octets()?.into_owned();
        let (cipher, usual) = match version {
            Some(160) => ("RC2-40-CBC", 5),
            Some(120) => ("RC2-64-CBC", 8),
            Some(58) => ("RC2-CBC", 16),
            _ => return Err(Fault::Unsupported("RC2 with unusual effective key bits".into())),
        };
        let key = kdf.fixed_length().unwrap_or(usual);
        Ok(Self { kdf, cipher, key, iv: Iv::Written(iv) })
    }

    /// RFC 2144 appendix B.3: the vector, and the length of the key in bits.
    fn cast5(kdf: Kdf, encryption: &mut Reader<'_>) -> Parsed<Self> {
        let parameters = encryption.any()?;
        // Bouncy Castle writes the vector alone.
        let mut parameters = match parameters.tag {
            OCTET_STRING => Reader::new(parameters.whole),
            _ => parameters.inside()?,
        };
        let iv = parameters.expect(OCTET_STRING, "the initialisation vector")?.octets()?.into_owned();
        let bits = parameters.optional(INTEGER)?.and_then(|bits| bits.unsigned()).unwrap_or(128);
        if !(40..=128).contains(&bits) {
            return Err(Fault::Unsupported(format!("CAST5 with a key of {bits} bits")));
        }
        let key = usize::try_from(bits / 8).unwrap_or(16);
        Ok(Self { kdf, cipher: "CAST5-CBC", key, iv: Iv::Written(iv) })
    }

    /// The algorithms in words.
    pub(super) fn protection(&self) -> Protection {
        self.kdf.protection(self.cipher.to_owned())
    }

    /// Decrypts, or says `None` when the padding shows that this is not the key (or the budget is gone).
    pub(super) fn decrypt(
        &self,
        ciphertext: &[u8],
        password: &Encoding,
        budget: &mut Budget,
    ) -> Option<Wiped> {
        let (key, iv) = match (&self.kdf, &self.iv) {
            (_, Iv::Written(iv)) => {
                (self.kdf.derive(Use::Key, self.key, password, budget)?, Zeroizing::new(iv.clone()))
            }
            (Kdf::Pbkdf1 { .. }, Iv::Derived(length)) => {
                let both = self.kdf.derive(Use::Key, self.key + length, password, budget)?;
                let (key, iv) = both.split_at_checked(self.key)?;
                (Zeroizing::new(key.to_vec()), Zeroizing::new(iv.to_vec()))
            }
            (_, Iv::Derived(length)) => {
                let key = self.kdf.derive(Use::Key, self.key, password, budget)?;
                (key, self.kdf.derive(Use::Iv, *length, password, budget)?)
            }
        };
        decrypt(self.cipher, &key, &iv, ciphertext).ok()
    }
}

fn decrypt(name: &str, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<Wiped, ErrorStack> {
    load_legacy();
    let cipher = Cipher::fetch(None, name, None)?;
    let mut context = CipherCtx::new()?;
    context.decrypt_init(Some(&cipher), None, None)?;
    if context.key_length() != key.len() {
        context.set_key_length(key.len())?;
    }
    if context.iv_length() != iv.len() {
        return Err(ErrorStack::get());
    }
    context.decrypt_init(None, Some(key), Some(iv))?;
    let mut plain = Zeroizing::new(vec![0; ciphertext.len() + 32]);
    let updated = context.cipher_update(ciphertext, Some(&mut plain))?;
    let finished = context.cipher_final(plain.get_mut(updated..).unwrap_or_default())?;
    plain.truncate(updated + finished);
    Ok(plain)
}
