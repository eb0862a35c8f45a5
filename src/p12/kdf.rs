//! How a key is derived from a password.

use openssl::pkcs5;
use zeroize::Zeroizing;

use super::budget::Budget;
use super::digest::Digest;
use super::encoding::Encoding;
use super::fault::{Fault, Parsed};
use super::iterate::{KeyUse, Wiped, pbkdf1, pkcs12};
use super::protection::{Algorithm, KdfName, Protection};
use crate::ber::{Decoder, Element, INTEGER, OCTET_STRING, SEQUENCE, malformed};

#[derive(Debug)]
pub(super) struct Kdf {
    function: Function,
    salt: Vec<u8>,
    /// The key length that the file states, in bytes.
    pub(super) length: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Function {
    /// RFC 7292 appendix B.2.
    Pkcs12 { digest: Digest, iterations: u64 },
    /// RFC 8018 section 5.1.
    Pbkdf1 { digest: Digest, iterations: u64 },
    /// RFC 8018 section 5.2.
    Pbkdf2 { digest: Digest, iterations: u64 },
    /// RFC 7914.
    Scrypt { n: u64, r: u64, p: u64 },
}

impl Kdf {
    /// Derives so many bytes; `None` if OpenSSL cannot.
    pub(super) fn derive(&self, of: KeyUse, length: usize, password: &Encoding) -> Option<Wiped> {
        let (salt, password) = (&self.salt, self.input(password));
        let mut out = Zeroizing::new(vec![0; length]);
        let done = match self.function {
            Function::Pkcs12 { digest, iterations } => {
                pkcs12(digest, salt, iterations, of, password, &mut out)
            }
            Function::Pbkdf1 { digest, iterations } => pbkdf1(digest, salt, iterations, password, &mut out),
            Function::Pbkdf2 { digest, iterations } => {
                let iterations = usize::try_from(iterations).ok()?;
                pkcs5::pbkdf2_hmac(password, salt, iterations, digest.message_digest()?, &mut out)
            }
            Function::Scrypt { n, r, p } => {
                pkcs5::scrypt(password, salt, n, r, p, 2 * SCRYPT_MEMORY, &mut out)
            }
        };
        done.ok().map(|()| out)
    }

    /// The encoding of the password for this derivation.
    pub(super) fn input<'a>(&self, password: &'a Encoding) -> &'a [u8] {
        match self.function {
            Function::Pkcs12 { .. } => &password.wide,
            _ => &password.bytes,
        }
    }

    /// The cost in units of the budget; `None` if it is too large for a number.
    pub(super) fn cost(&self, length: usize, password: usize) -> Option<u64> {
        // Password and salt are hashed before the first iteration, however long they are.
        let input = (self.salt.len().checked_add(password)? / BYTES_A_UNIT) as u64;
        match self.function {
            Function::Pkcs12 { digest, iterations }
            | Function::Pbkdf1 { digest, iterations }
            | Function::Pbkdf2 { digest, iterations } => {
                let blocks = length.div_ceil(digest.sizes()?.0) as u64;
                iterations.checked_add(input)?.checked_mul(blocks)?.checked_mul(digest.weight())
            }
            Function::Scrypt { n, r, p } => {
                n.checked_mul(r)?.checked_mul(p)?.checked_mul(2)?.checked_add(input)
            }
        }
    }

    /// Its description, for a key of this algorithm.
    pub(super) fn describe(&self, algorithm: Algorithm) -> Protection {
        let (kdf, prf, iterations) = match self.function {
            Function::Pkcs12 { digest, iterations } => (KdfName::Pkcs12, Some(digest), iterations),
            Function::Pbkdf1 { digest, iterations } => (KdfName::Pbkdf1, Some(digest), iterations),
            Function::Pbkdf2 { digest, iterations } => (KdfName::Pbkdf2, Some(digest), iterations),
            Function::Scrypt { n, r, p } => (KdfName::Scrypt, None, n * r * p),
        };
        Protection { algorithm, kdf, prf, iterations, salt: self.salt.len() }
    }

    /// Refuses what no budget allows, before a password is tried.
    pub(super) fn new(function: Function, salt: Vec<u8>, length: Option<usize>) -> Parsed<Self> {
        if let Function::Scrypt { n, r, .. } = function {
            let memory = n.checked_mul(r).and_then(|blocks| blocks.checked_mul(128));
            if memory.is_none_or(|memory| memory > SCRYPT_MEMORY) {
                let limit = SCRYPT_MEMORY >> 20;
                return Err(Fault::unsupported(format!(
                    "its key derivation, scrypt with N={n} and r={r}, wants more than {limit} MiB of memory"
                )));
            }
        }
        let kdf = Self { function, salt, length };
        if kdf.cost(1, 0).is_none_or(|cost| cost > Budget::LIMIT) {
            return Err(Fault::too_costly(format!(
                "its key derivation is too costly; the limit is about {} iterations of SHA-256",
                Budget::LIMIT
            )));
        }
        Ok(kdf)
    }
}

const SCRYPT_MEMORY: u64 = 64 << 20;

/// How much password and salt a unit of the budget stands for: they are copied, hashed and added to.
const BYTES_A_UNIT: usize = 32;

/// Reads the AlgorithmIdentifier of a key derivation by RFC 8018.
pub(super) fn parse_kdf(algorithm: &Element<'_>) -> Parsed<Kdf> {
    let mut reader = algorithm.inside()?;
    let oid = reader.oid("the key derivation")?;
    match oid.as_str() {
        "1.2.840.113549.1.5.12" => parse_pbkdf2(&mut reader),
        "1.3.6.1.4.1.11591.4.11" => parse_scrypt(&mut reader),
        _ => Err(Fault::unknown("the key derivation", &oid)),
    }
}

fn parse_pbkdf2(reader: &mut Decoder<'_>) -> Parsed<Kdf> {
    let mut parameters = reader.sequence("the PBKDF2 parameters")?;
    let salt = parameters.any()?;
    match salt.tag {
        OCTET_STRING | 0x24 => {}
        // There is one INTEGER too many: it is in the place of the salt.
        INTEGER if count_integers(&parameters) == 2 => {
            return Err(Fault::unsupported("PBKDF2 with an INTEGER for its salt"));
        }
        INTEGER => return Err(malformed(salt.at, "PBKDF2 without a salt".into()).into()),
        _ => return Err(Fault::unsupported("PBKDF2 takes its salt from elsewhere (otherSource)")),
    }
    let salt = salt.octets()?.into_owned();
    let iterations = parse_iterations(&parameters.expect(INTEGER, "the iteration count")?)?;
    let length = parse_length(&mut parameters)?;
    let digest = match parameters.optional(SEQUENCE)? {
        None => Digest::Sha1,
        Some(prf) => {
            let oid = prf.inside()?.oid("the pseudorandom function")?;
            Digest::from_hmac_oid(&oid).ok_or_else(|| Fault::unknown("the pseudorandom function", &oid))?
        }
    };
    Kdf::new(Function::Pbkdf2 { digest, iterations }, salt, length)
}

/// How many INTEGERs come next.
fn count_integers(reader: &Decoder<'_>) -> usize {
    let mut reader = reader.clone();
    std::iter::from_fn(|| reader.optional(INTEGER).ok().flatten()).count()
}

fn parse_scrypt(reader: &mut Decoder<'_>) -> Parsed<Kdf> {
    let mut parameters = reader.sequence("the scrypt parameters")?;
    let salt = parameters.octets("the salt")?.into_owned();
    let n = parse_iterations(&parameters.expect(INTEGER, "scrypt's N")?)?;
    let r = parse_iterations(&parameters.expect(INTEGER, "scrypt's r")?)?;
    let p = parse_iterations(&parameters.expect(INTEGER, "scrypt's p")?)?;
    Kdf::new(Function::Scrypt { n, r, p }, salt, parse_length(&mut parameters)?)
}

/// A key length in bytes, if there is one.
fn parse_length(parameters: &mut Decoder<'_>) -> Parsed<Option<usize>> {
    let Some(length) = parameters.optional(INTEGER)? else { return Ok(None) };
    let bytes = length.unsigned().filter(|bytes| (1..=1024).contains(bytes));
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    bytes.map(Some).ok_or_else(|| malformed(length.at, "an impossible key length".into()).into())
}

/// Reads the parameters that PBES1 and the encryption of PKCS#12 share.
pub(super) fn parse_salt_and_iterations(reader: &mut Decoder<'_>) -> Parsed<(Vec<u8>, u64)> {
    let mut parameters = reader.sequence("the encryption's parameters")?;
    let salt = parameters.octets("the salt")?.into_owned();
    Ok((salt, parse_iterations(&parameters.expect(INTEGER, "the iteration count")?)?))
}

/// A count of iterations: positive, and not too large for a number.
pub(super) fn parse_iterations(count: &Element<'_>) -> Parsed<u64> {
    if count.is_negative() || count.unsigned() == Some(0) {
        return Err(malformed(count.at, "an iteration count below one".into()).into());
    }
    count.unsigned().ok_or_else(|| {
        let bits = count.content.len() * 8;
        Fault::too_costly(format!("its iteration count of {bits} bits is beyond any limit"))
    })
}
