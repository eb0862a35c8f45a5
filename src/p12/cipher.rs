//! Algorithm identifiers, and what OpenSSL does with them: digests, key derivation, decryption, MACs.

use std::sync::OnceLock;

use openssl::asn1::Asn1Object;
use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::md::Md;
use openssl::md_ctx::MdCtx;
use openssl::pkcs5;
use openssl::pkey::PKey;
use openssl::provider::Provider;
use openssl::sign::Signer;
use zeroize::Zeroizing;

use super::ber::{Element, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};
use super::container::Fault;
use super::password::Encoding;

type Parsed<T> = Result<T, Fault>;

/// Key bytes and the like, wiped after use.
pub(super) type Wiped = Zeroizing<Vec<u8>>;

/// How much key derivation one file may cost. A unit is one iteration of SHA-1 or SHA-256, some 0.15 µs.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Budget {
    /// Room for ten million iterations, which take some 1.5 s; twice as many are an attack.
    pub(super) const LIMIT: u64 = 16_000_000;

    pub(super) fn new() -> Self {
        Self(Self::LIMIT)
    }

    fn spend(&mut self, cost: u64) -> Option<()> {
        self.0 = self.0.checked_sub(cost)?;
        Some(())
    }
}

/// A digest by OpenSSL's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest(&'static str);

impl Digest {
    const SHA1: Self = Self("SHA1");

    fn from_oid(oid: &str) -> Option<Self> {
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

    fn from_hmac_oid(oid: &str) -> Option<Self> {
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

    fn message_digest(self) -> Option<MessageDigest> {
        load_legacy();
        MessageDigest::from_name(self.0)
    }

    /// Output and block size in bytes; the block is what HMAC and RFC 7292 B.2 call B and v.
    fn sizes(self) -> Option<(usize, usize)> {
        let digest = self.message_digest()?;
        Some((digest.size(), digest.block_size()))
    }

    /// What an iteration costs, in units of the budget.
    fn weight(self) -> u64 {
        match self.0 {
            "SHA1" | "SHA224" | "SHA256" => 1,
            "MD5" => 2,
            "SHA384" | "SHA512" | "SHA512-224" | "SHA512-256" => 3,
            _ => 5,
        }
    }
}

/// How a key comes out of a password.
#[derive(Debug)]
enum Kdf {
    /// RFC 7292 appendix B.2.
    Pkcs12 { digest: Digest, salt: Vec<u8>, iterations: u64 },
    /// RFC 8018 section 5.1.
    Pbkdf1 { digest: Digest, salt: Vec<u8>, iterations: u64 },
    /// RFC 8018 section 5.2.
    Pbkdf2 { digest: Digest, salt: Vec<u8>, iterations: u64, length: Option<usize> },
    /// RFC 7914.
    Scrypt { salt: Vec<u8>, n: u64, r: u64, p: u64, length: Option<usize> },
}

/// What a derived key is for (RFC 7292 B.3).
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Use {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

impl Kdf {
    /// Derives so many bytes; `None` when the budget does not allow it.
    fn derive(&self, of: Use, length: usize, password: &Encoding, budget: &mut Budget) -> Option<Wiped> {
        budget.spend(self.cost(length)?)?;
        let mut out = Zeroizing::new(vec![0; length]);
        let done = match self {
            Self::Pkcs12 { digest, salt, iterations } => {
                pkcs12(*digest, salt, *iterations, of, &password.wide, &mut out)
            }
            Self::Pbkdf1 { digest, salt, iterations } => {
                pbkdf1(*digest, salt, *iterations, &password.bytes, &mut out)
            }
            Self::Pbkdf2 { digest, salt, iterations, .. } => {
                let iterations = usize::try_from(*iterations).ok()?;
                pkcs5::pbkdf2_hmac(&password.bytes, salt, iterations, digest.message_digest()?, &mut out)
            }
            Self::Scrypt { salt, n, r, p, .. } => {
                pkcs5::scrypt(&password.bytes, salt, *n, *r, *p, 2 * SCRYPT_MEMORY, &mut out)
            }
        };
        done.ok().map(|()| out)
    }

    fn cost(&self, length: usize) -> Option<u64> {
        let blocks = |digest: &Digest| Some(length.div_ceil(digest.sizes()?.0) as u64);
        match self {
            Self::Pkcs12 { digest, iterations, .. } | Self::Pbkdf2 { digest, iterations, .. } => {
                iterations.checked_mul(blocks(digest)?)?.checked_mul(digest.weight())
            }
            Self::Pbkdf1 { digest, iterations, .. } => iterations.checked_mul(digest.weight()),
            Self::Scrypt { n, r, p, .. } => n.checked_mul(*r)?.checked_mul(*p)?.checked_mul(2),
        }
    }

    fn fixed_length(&self) -> Option<usize> {
        match self {
            Self::Pbkdf2 { length, .. } | Self::Scrypt { length, .. } => *length,
            _ => None,
        }
    }

    /// Refuses what no budget allows, before any password is judged.
    fn affordable(self) -> Parsed<Self> {
        if let Self::Scrypt { n, r, .. } = &self {
            let memory = n.checked_mul(*r).and_then(|blocks| blocks.checked_mul(128));
            if memory.is_none_or(|memory| memory > SCRYPT_MEMORY) {
                let limit = SCRYPT_MEMORY >> 20;
                return Err(Fault::Unsupported(format!(
                    "its key derivation, scrypt with N={n} and r={r}, wants more than {limit} MiB of memory"
                )));
            }
        }
        if self.cost(1).is_none_or(|cost| cost > Budget::LIMIT) {
            return Err(Fault::Unsupported(format!(
                "its key derivation is too costly; the limit is about {} iterations of SHA-256",
                Budget::LIMIT
            )));
        }
        Ok(self)
    }
}

const SCRYPT_MEMORY: u64 = 64 << 20;

/// RFC 7292 appendix B.2; `password` as B.1 encodes it.
fn pkcs12(
    digest: Digest,
    salt: &[u8],
    iterations: u64,
    of: Use,
    password: &[u8],
    out: &mut [u8],
) -> Result<(), ErrorStack> {
    let Some((size, block)) = digest.sizes() else { return Err(ErrorStack::get()) };
    let md = Md::fetch(None, digest.0, None)?;
    let mut context = MdCtx::new()?;
    let diversifier = vec![of as u8; block];
    let mut input = Zeroizing::new(stretch(salt, block));
    input.extend_from_slice(&Zeroizing::new(stretch(password, block)));
    let mut hash = Zeroizing::new(vec![0; size]);
    for piece in out.chunks_mut(size) {
        context.digest_init(&md)?;
        context.digest_update(&diversifier)?;
        context.digest_update(&input)?;
        context.digest_final(&mut hash)?;
        for _ in 1..iterations {
            context.digest_init(&md)?;
            context.digest_update(&hash)?;
            context.digest_final(&mut hash)?;
        }
        for (to, from) in piece.iter_mut().zip(hash.iter()) {
            *to = *from;
        }
        let addend = Zeroizing::new(hash.iter().copied().cycle().take(block).collect::<Vec<u8>>());
        input.chunks_mut(block).for_each(|part| add_one_more(part, &addend));
    }
    Ok(())
}

/// Repeated to a multiple of the block; nothing stays nothing.
fn stretch(bytes: &[u8], block: usize) -> Vec<u8> {
    bytes.iter().copied().cycle().take(bytes.len().div_ceil(block) * block).collect()
}

/// `part = (part + addend + 1) mod 2^(8·len)`, big-endian.
fn add_one_more(part: &mut [u8], addend: &[u8]) {
    let mut carry = 1;
    for (digit, more) in part.iter_mut().zip(addend).rev() {
        let sum = u16::from(*digit) + u16::from(*more) + carry;
        *digit = sum.to_be_bytes()[1];
        carry = sum >> 8;
    }
}

/// RFC 8018 section 5.1; gives no more than one digest.
fn pbkdf1(
    digest: Digest,
    salt: &[u8],
    iterations: u64,
    password: &[u8],
    out: &mut [u8],
) -> Result<(), ErrorStack> {
    let (Some((size, _)), md) = (digest.sizes(), Md::fetch(None, digest.0, None)?) else {
        return Err(ErrorStack::get());
    };
    let mut context = MdCtx::new()?;
    let mut hash = Zeroizing::new(vec![0; size]);
    context.digest_init(&md)?;
    context.digest_update(password)?;
    context.digest_update(salt)?;
    context.digest_final(&mut hash)?;
    for _ in 1..iterations {
        context.digest_init(&md)?;
        context.digest_update(&hash)?;
        context.digest_final(&mut hash)?;
    }
    out.iter_mut().zip(hash.iter()).for_each(|(to, from)| *to = *from);
    Ok(())
}

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

/// RC2, RC4, DES and the like live in OpenSSL's legacy provider, which is inside the vendored build. Where a
/// system's OpenSSL lacks it, what needs it fails to be fetched, and is told as such.
fn load_legacy() {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok());
}

/// How the file is protected against change.
#[derive(Debug)]
pub(super) struct Mac {
    kdf: Kdf,
    digest: Digest,
    key: usize,
    expected: Vec<u8>,
}

impl Mac {
    /// Reads MacData (RFC 7292 section 4); a DigestAlgorithm of PBMAC1 is RFC 9879's.
    pub(super) fn parse(data: &Element<'_>) -> Parsed<Self> {
        let mut reader = data.inside()?;
        let mut info = reader.expect(SEQUENCE, "the MAC's DigestInfo")?.inside()?;
        let algorithm = info.expect(SEQUENCE, "the MAC's algorithm")?;
        let expected = info.expect(OCTET_STRING, "the MAC")?.octets()?.into_owned();
        let mut inside = algorithm.inside()?;
        let oid = inside.expect(OID, "the MAC's algorithm")?.oid();
        if oid == "1.2.840.113549.1.5.14" {
            return Self::pbmac1(&mut inside, expected);
        }
        let digest = Digest::from_oid(&oid).ok_or_else(|| unknown("the MAC", &oid))?;
        let (size, _) = digest.sizes().ok_or_else(|| unknown("the MAC", &oid))?;
        let salt = reader.expect(OCTET_STRING, "the MAC's salt")?.octets()?.into_owned();
        let iterations = reader.optional(INTEGER)?.map_or(Ok(1), |count| iterations(&count))?;
        let kdf = Kdf::Pkcs12 { digest, salt, iterations }.affordable()?;
        Ok(Self { kdf, digest, key: size, expected })
    }

    /// RFC 9879: the key length must be there, and at least 20.
    fn pbmac1(reader: &mut Reader<'_>, expected: Vec<u8>) -> Parsed<Self> {
        let parameters = reader.expect(SEQUENCE, "the PBMAC1 parameters")?;
        let at = parameters.at;
        let mut parameters = parameters.inside()?;
        let kdf = key_derivation(&parameters.expect(SEQUENCE, "the key derivation")?)?;
        let oid =
            parameters.expect(SEQUENCE, "the MAC scheme")?.inside()?.expect(OID, "the MAC scheme")?.oid();
        let digest = Digest::from_hmac_oid(&oid).ok_or_else(|| unknown("the MAC", &oid))?;
        match kdf.fixed_length() {
            Some(key @ 20..=64) => Ok(Self { kdf, digest, key, expected }),
            Some(key) => Err(super::ber::malformed(at, format!("a PBMAC1 key of {key} bytes")).into()),
            None => Err(super::ber::malformed(at, "PBMAC1 without the length of its key".into()).into()),
        }
    }

    /// Whether the MAC is right under this password; `None` when the budget is gone.
    pub(super) fn verify(&self, content: &[u8], password: &Encoding, budget: &mut Budget) -> Option<bool> {
        let key = self.kdf.derive(Use::Mac, self.key, password, budget)?;
        let key = PKey::hmac(&key).ok()?;
        let mac = Signer::new(self.digest.message_digest()?, &key)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(content))
            .ok()?;
        Some(mac.len() == self.expected.len() && openssl::memcmp::eq(&mac, &self.expected))
    }
}

fn key_derivation(algorithm: &Element<'_>) -> Parsed<Kdf> {
    let mut reader = algorithm.inside()?;
    let oid = reader.expect(OID, "the key derivation")?.oid();
    match oid.as_str() {
        "1.2.840.113549.1.5.12" => pbkdf2(&mut reader),
        "1.3.6.1.4.1.11591.4.11" => scrypt(&mut reader),
        _ => Err(unknown("the key derivation", &oid)),
    }
}

fn pbkdf2(reader: &mut Reader<'_>) -> Parsed<Kdf> {
    let mut parameters = reader.expect(SEQUENCE, "the PBKDF2 parameters")?.inside()?;
    let salt = parameters.any()?;
    match salt.tag {
        OCTET_STRING | 0x24 => {}
        // One INTEGER more than the counts that must follow: it stands where the salt belongs.
        INTEGER if integers(&parameters) == 2 => {
            return Err(Fault::Unsupported("PBKDF2 with an INTEGER for its salt".into()));
        }
        INTEGER => return Err(super::ber::malformed(salt.at, "PBKDF2 without a salt".into()).into()),
        _ => return Err(Fault::Unsupported("PBKDF2 takes its salt from elsewhere (otherSource)".into())),
    }
    let salt = salt.octets()?.into_owned();
    let iterations = iterations(&parameters.expect(INTEGER, "the iteration count")?)?;
    let length = length(&mut parameters)?;
    let digest = match parameters.optional(SEQUENCE)? {
        None => Digest::SHA1,
        Some(prf) => {
            let oid = prf.inside()?.expect(OID, "the pseudorandom function")?.oid();
            Digest::from_hmac_oid(&oid).ok_or_else(|| unknown("the pseudorandom function", &oid))?
        }
    };
    Kdf::Pbkdf2 { digest, salt, iterations, length }.affordable()
}

/// How many INTEGERs come next.
fn integers(reader: &Reader<'_>) -> usize {
    let mut reader = reader.clone();
    std::iter::from_fn(|| reader.optional(INTEGER).ok().flatten()).count()
}

fn scrypt(reader: &mut Reader<'_>) -> Parsed<Kdf> {
    let mut parameters = reader.expect(SEQUENCE, "the scrypt parameters")?.inside()?;
    let salt = parameters.expect(OCTET_STRING, "the salt")?.octets()?.into_owned();
    let n = iterations(&parameters.expect(INTEGER, "scrypt's N")?)?;
    let r = iterations(&parameters.expect(INTEGER, "scrypt's r")?)?;
    let p = iterations(&parameters.expect(INTEGER, "scrypt's p")?)?;
    Kdf::Scrypt { salt, n, r, p, length: length(&mut parameters)? }.affordable()
}

/// A key length in bytes, where there is one.
fn length(parameters: &mut Reader<'_>) -> Parsed<Option<usize>> {
    let Some(length) = parameters.optional(INTEGER)? else { return Ok(None) };
    let bytes = length.unsigned().filter(|bytes| (1..=1024).contains(bytes));
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    bytes.map(Some).ok_or_else(|| super::ber::malformed(length.at, "an impossible key length".into()).into())
}

fn salt_and_iterations(reader: &mut Reader<'_>) -> Parsed<(Vec<u8>, u64)> {
    let mut parameters = reader.expect(SEQUENCE, "the encryption's parameters")?.inside()?;
    let salt = parameters.expect(OCTET_STRING, "the salt")?.octets()?.into_owned();
    Ok((salt, iterations(&parameters.expect(INTEGER, "the iteration count")?)?))
}

/// A count of iterations: positive, and one that a number can hold.
fn iterations(count: &Element<'_>) -> Parsed<u64> {
    if count.is_negative() || count.unsigned() == Some(0) {
        return Err(super::ber::malformed(count.at, "an iteration count below one".into()).into());
    }
    count.unsigned().ok_or_else(|| {
        let bits = count.content.len() * 8;
        Fault::Unsupported(format!("its iteration count of {bits} bits is beyond any limit"))
    })
}

fn unknown(what: &str, oid: &str) -> Fault {
    let name = name(oid).map_or(String::new(), |name| format!("{name}, "));
    Fault::Unsupported(format!("{what} uses an algorithm that cannot be used here: {name}OID {oid}"))
}

/// What OpenSSL calls an object identifier, where it knows it.
pub(super) fn name(oid: &str) -> Option<&'static str> {
    Asn1Object::from_str(oid).ok()?.nid().long_name().ok()
}
