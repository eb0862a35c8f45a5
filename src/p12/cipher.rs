//! Ciphers, by OpenSSL's names, and decryption.

use openssl::cipher;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use zeroize::Zeroizing;

use super::digest::load_legacy;

/// A cipher, the ones in OpenSSL's legacy provider first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cipher {
    Rc2Cbc,
    Rc2_40Cbc,
    Rc2_64Cbc,
    Rc4,
    Rc4_40,
    DesCbc,
    Cast5Cbc,
    SeedCbc,
    DesEdeCbc,
    DesEde3Cbc,
    Aes128Cbc,
    Aes192Cbc,
    Aes256Cbc,
    Camellia128Cbc,
    Camellia192Cbc,
    Camellia256Cbc,
    Aria128Cbc,
    Aria192Cbc,
    Aria256Cbc,
    Sm4Cbc,
}

impl Cipher {
    /// OpenSSL's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rc2Cbc => "RC2-CBC",
            Self::Rc2_40Cbc => "RC2-40-CBC",
            Self::Rc2_64Cbc => "RC2-64-CBC",
            Self::Rc4 => "RC4",
            Self::Rc4_40 => "RC4-40",
            Self::DesCbc => "DES-CBC",
            Self::Cast5Cbc => "CAST5-CBC",
            Self::SeedCbc => "SEED-CBC",
            Self::DesEdeCbc => "DES-EDE-CBC",
            Self::DesEde3Cbc => "DES-EDE3-CBC",
            Self::Aes128Cbc => "AES-128-CBC",
            Self::Aes192Cbc => "AES-192-CBC",
            Self::Aes256Cbc => "AES-256-CBC",
            Self::Camellia128Cbc => "CAMELLIA-128-CBC",
            Self::Camellia192Cbc => "CAMELLIA-192-CBC",
            Self::Camellia256Cbc => "CAMELLIA-256-CBC",
            Self::Aria128Cbc => "ARIA-128-CBC",
            Self::Aria192Cbc => "ARIA-192-CBC",
            Self::Aria256Cbc => "ARIA-256-CBC",
            Self::Sm4Cbc => "SM4-CBC",
        }
    }

    /// The name of its family, if OpenSSL 3 has it in its legacy provider only.
    pub(super) fn legacy(self) -> Option<&'static str> {
        match self {
            Self::Rc2Cbc | Self::Rc2_40Cbc | Self::Rc2_64Cbc => Some("RC2"),
            Self::Rc4 | Self::Rc4_40 => Some("RC4"),
            Self::DesCbc => Some("DES-CBC"),
            Self::Cast5Cbc => Some("CAST5"),
            Self::SeedCbc => Some("SEED"),
            _ => None,
        }
    }

    pub fn is_aes(self) -> bool {
        matches!(self, Self::Aes128Cbc | Self::Aes192Cbc | Self::Aes256Cbc)
    }

    pub fn is_triple_des(self) -> bool {
        matches!(self, Self::DesEdeCbc | Self::DesEde3Cbc)
    }

    pub fn is_rc2(self) -> bool {
        matches!(self, Self::Rc2Cbc | Self::Rc2_40Cbc | Self::Rc2_64Cbc)
    }

    /// Fails if the padding shows that the key is wrong, or if OpenSSL lacks the cipher.
    pub(super) fn decrypt(
        self,
        key: &[u8],
        iv: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
        load_legacy();
        let cipher = cipher::Cipher::fetch(None, self.name(), None)?;
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
}
