//! Tries the encodings of a password on what is encrypted, the likeliest first.

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use zeroize::Zeroizing;

use super::budget::Budget;
use super::derivation::Derivation;
use super::encoding::{Encoding, encode};
use super::fault::{Fault, Parsed};
use super::iterate::Wiped;
use super::mac::Mac;
use super::scheme::Scheme;
use crate::password::{Password, Reading};

/// A password's readings, and the encodings of each that are still to be tried, the likeliest first.
pub(super) struct Tries {
    pub(super) readings: Vec<Reading>,
    pub(super) encodings: Vec<Encoding>,
}

impl Tries {
    pub(super) fn new(password: &Password) -> Self {
        let readings = password.readings();
        Self { encodings: encode(&readings), readings }
    }

    /// Nothing is derived from them in advance.
    pub(super) fn not_derived(mut self) -> Self {
        self.encodings.iter_mut().for_each(|encoding| encoding.is_standard = false);
        self
    }

    /// Whether there is a password that is not empty.
    pub(super) fn given(&self) -> bool {
        self.readings.iter().any(|reading| !reading.secret.expose().is_empty())
    }

    /// The key in PEM with its old encryption, in DER, and the encoding that opened it.
    pub(super) fn open_pem(&self, pem: &[u8]) -> Option<(usize, Wiped)> {
        let open = |password: &[u8]| {
            let give = |place: &mut [u8]| {
                let place = place.get_mut(..password.len()).ok_or_else(ErrorStack::get)?;
                place.copy_from_slice(password);
                Ok(place.len())
            };
            PKey::private_key_from_pem_callback(pem, give).ok()?.private_key_to_der().ok()
        };
        let mut encodings = self.encodings.iter().enumerate();
        encodings.find_map(|(at, encoding)| Some((at, Zeroizing::new(open(&encoding.bytes)?))))
    }
}

/// The encoding that fits the MAC. The search ends when the budget does not allow another one. So a wrong password is not
/// reported as too costly.
pub(super) fn verify(
    mac: &Mac,
    content: &[u8],
    encodings: &[Encoding],
    budget: &mut Budget,
) -> Option<usize> {
    for (at, encoding) in distinct(encodings, &mac.derivation) {
        if mac.verify(content, encoding, budget)? {
            return Some(at);
        }
    }
    None
}

/// The first encoding that decrypts this, and what comes out.
pub(super) fn try_all(
    encodings: &[Encoding],
    scheme: &Scheme,
    ciphertext: &[u8],
    fits: fn(&[u8]) -> bool,
    budget: &mut Budget,
) -> Parsed<Option<(usize, Wiped)>> {
    for (at, encoding) in distinct(encodings, &scheme.derivation) {
        let paid = budget.spend_on(ciphertext);
        let Some(key) = paid.and_then(|()| scheme.derivation.key(encoding, budget)) else {
            return if at == 0 { Err(too_costly()) } else { Ok(None) };
        };
        if let Some(plain) = scheme.decrypt(ciphertext, &key).filter(|plain| fits(plain)) {
            return Ok(Some((at, plain)));
        }
    }
    Ok(None)
}

/// The encodings that give this derivation different keys, each with its index.
fn distinct<'a>(
    encodings: &'a [Encoding],
    derivation: &'a Derivation,
) -> impl Iterator<Item = (usize, &'a Encoding)> {
    encodings.iter().enumerate().filter(|(at, encoding)| {
        !encodings.iter().take(*at).any(|earlier| derivation.is_same(earlier, encoding))
    })
}

pub(super) fn too_costly() -> Fault {
    Fault::too_costly("opening it takes more key derivation (iterations) than is allowed for one file")
}
