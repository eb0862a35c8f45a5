//! The key derivations that iterate a plain digest: those of PKCS#12 and of PBKDF1.

use openssl::error::ErrorStack;
use openssl::md::Md;
use openssl::md_ctx::MdCtx;
use openssl::sha::{Sha1, Sha256, Sha512};
use zeroize::Zeroizing;

use super::digest::Digest;

/// Key bytes and the like, wiped after use.
pub(super) type Wiped = Zeroizing<Vec<u8>>;

/// What a derived key is for (RFC 7292 B.3).
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(super) enum KeyUse {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// RFC 7292 appendix B.2; `password` as B.1 encodes it.
pub(super) fn pkcs12(
    digest: Digest,
    salt: &[u8],
    iterations: u64,
    of: KeyUse,
    password: &[u8],
    out: &mut [u8],
) -> Result<(), ErrorStack> {
    let (size, block) = digest.sizes().ok_or_else(ErrorStack::get)?;
    let diversifier = vec![of as u8; block];
    let (salt, password) = (stretch(salt, block), stretch(password, block));
    let mut input = Zeroizing::new([salt.as_slice(), &password].concat());
    for piece in out.chunks_mut(size) {
        let hash = hash(digest, [&diversifier, &input], iterations)?;
        piece.copy_from_slice(hash.get(..piece.len()).unwrap_or_default());
        let addend = Zeroizing::new(hash.iter().copied().cycle().take(block).collect::<Vec<u8>>());
        input.chunks_mut(block).for_each(|part| add_one_more(part, &addend));
    }
    Ok(())
}

/// Repeated to a multiple of the block; nothing stays nothing.
fn stretch(bytes: &[u8], block: usize) -> Wiped {
    let length = bytes.len().div_ceil(block) * block;
    let mut stretched = Zeroizing::new(Vec::with_capacity(length));
    while stretched.len() < length {
        let left = length - stretched.len();
        stretched.extend_from_slice(bytes.get(..left).unwrap_or(bytes));
    }
    stretched
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
pub(super) fn pbkdf1(
    digest: Digest,
    salt: &[u8],
    iterations: u64,
    password: &[u8],
    out: &mut [u8],
) -> Result<(), ErrorStack> {
    let hash = hash(digest, [password, salt], iterations)?;
    out.iter_mut().zip(hash.iter()).for_each(|(to, from)| *to = *from);
    Ok(())
}

/// Hashes two parts in a row, and then the hash again. OpenSSL's plain functions take two thirds of the time of its EVP.
fn hash(digest: Digest, parts: [&[u8]; 2], iterations: u64) -> Result<Wiped, ErrorStack> {
    let (md, mut context) = (Md::fetch(None, digest.name(), None)?, MdCtx::new()?);
    let mut hash = Zeroizing::new(vec![0; md.size()]);
    context.digest_init(&md)?;
    for part in parts {
        context.digest_update(part)?;
    }
    context.digest_final(&mut hash)?;
    macro_rules! repeat {
        ($plain:ty) => {
            for _ in 1..iterations {
                let mut state = <$plain>::new();
                state.update(&hash);
                hash.copy_from_slice(&state.finish());
            }
        };
    }
    match digest {
        Digest::Sha1 => repeat!(Sha1),
        Digest::Sha256 => repeat!(Sha256),
        Digest::Sha512 => repeat!(Sha512),
        _ => {
            for _ in 1..iterations {
                context.digest_init(&md)?;
                context.digest_update(&hash)?;
                context.digest_final(&mut hash)?;
            }
        }
    }
    Ok(hash)
}
