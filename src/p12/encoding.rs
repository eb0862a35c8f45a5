//! The encodings of a password that programs really use, the standard one first.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use zeroize::Zeroizing;

use crate::code_page;
use crate::password::Reading;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Encoding {
    /// For PBES2, PBMAC1 and PKCS#5: bytes, UTF-8 by RFC 8018 section 3.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// For the key derivation of PKCS#12: UTF-16, big-endian, with two zero bytes at its end (RFC 7292 B.1).
    pub(super) wide: Zeroizing<Vec<u8>>,
    /// What is unusual about it, for a warning.
    pub(super) unusual: Option<&'static str>,
    /// Whether it is the standard encoding of the usual reading of the password.
    pub(super) is_standard: bool,
    /// The index of the reading that it encodes.
    pub(super) reading: usize,
}

impl std::fmt::Debug for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encoding(***)")
    }
}

/// All encodings to try, each once: for each reading the standard one, then those of programs that break the
/// standards, and last the standard one of each guess.
pub(super) fn encode(readings: &[Reading]) -> Vec<Encoding> {
    let (mut all, mut unusual, mut guessed) = (Vec::new(), Vec::new(), Vec::new());
    for (at, reading) in readings.iter().enumerate() {
        let mut encodings = encode_one(reading.secret.expose(), at).into_iter();
        if reading.is_guess {
            guessed.extend(encodings.next());
        } else {
            all.extend(encodings.next());
            unusual.extend(encodings);
        }
    }
    let mut distinct: Vec<Encoding> = Vec::new();
    for fresh in all.into_iter().chain(unusual).chain(guessed) {
        if !distinct.iter().any(|known| known.bytes == fresh.bytes && known.wide == fresh.wide) {
            distinct.push(fresh);
        }
    }
    distinct
}

/// No password and the empty one are both tried for either.
fn encode_one(bytes: &[u8], reading: usize) -> Vec<Encoding> {
    let mut all: Vec<Encoding> = Vec::new();
    let mut add = |bytes: &[u8], wide: &[u8], unusual| {
        let is_standard = reading == 0 && all.is_empty();
        let (bytes, wide) = (Zeroizing::new(bytes.to_vec()), Zeroizing::new(wide.to_vec()));
        all.push(Encoding { bytes, wide, unusual, is_standard, reading });
    };
    if bytes.is_empty() {
        add(b"", b"\0\0", None);
        add(b"", b"", None);
        // Some programs count the terminator of a C string, so an empty password becomes one zero byte.
        add(b"\0\0", b"\0\0\0\0", Some("a single NUL"));
        return all;
    }
    let latin = Zeroizing::new(bytes.iter().map(|byte| char::from(*byte)).collect::<String>());
    let Ok(text) = std::str::from_utf8(bytes) else {
        add(bytes, &utf16(&latin), None);
        return all;
    };
    add(bytes, &utf16(text), None);
    if text.chars().any(|letter| letter > '\u{ffff}') {
        add(bytes, &ucs2(text), Some("UCS-2, which cuts letters short"));
    }
    if !text.is_ascii() {
        add(bytes, &utf16(&latin), Some("its UTF-8 bytes taken as Latin-1"));
        for (form, name) in normalize(text) {
            add(form.as_bytes(), &utf16(&form), Some(name));
        }
        for (form, _) in normalize(text) {
            // One program, two encodings: MACs take the letters, and PBES2 the bytes of a code page.
            for (page, name, taken) in PAGES {
                let Some(narrow) = code_page::encode(&form, page) else { continue };
                add(&narrow, &utf16(&form), Some(name));
                add(&narrow, &utf16(&code_page::decode(&narrow, "Latin-1")), Some(taken));
            }
        }
    }
    let standard = utf16(text);
    let bare = standard.strip_suffix(b"\0\0").unwrap_or_default();
    add(&standard, bare, Some("UTF-16 where UTF-8 belongs, or without its terminator"));
    add(bare, &standard, Some("UTF-16 where UTF-8 belongs"));
    if let Some(cut) = bytes.iter().position(|byte| *byte == 0).filter(|cut| *cut > 0) {
        let head = text.get(..cut).unwrap_or_default();
        add(head.as_bytes(), &utf16(head), Some("cut at its first NUL"));
    }
    all
}

/// Code pages that a password may be in: their bytes under PBES2, and also under a MAC, where OpenSSL takes bytes that are not
/// UTF-8 for Latin-1.
const PAGES: [(&str, &str, &str); 4] = [
    ("Latin-1", "Latin-1", "Latin-1"),
    ("CP1252", "CP1252", "CP1252 taken as Latin-1"),
    ("CP850", "CP850", "CP850 taken as Latin-1"),
    ("CP437", "CP437", "CP437 taken as Latin-1"),
];

fn normalize(text: &str) -> [(Zeroizing<String>, &'static str); 2] {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned();
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned();
    [(Zeroizing::new(composed), "in Unicode form NFC"), (Zeroizing::new(decomposed), "in Unicode form NFD")]
}

/// The encoding for the key derivation of PKCS#12.
fn utf16(text: &str) -> Zeroizing<Vec<u8>> {
    widen(text, text.encode_utf16())
}

/// One unit per letter, as in programs that do not know surrogates.
fn ucs2(text: &str) -> Zeroizing<Vec<u8>> {
    widen(text, text.chars().map(|letter| u32::from(letter) as u16))
}

fn widen(text: &str, units: impl Iterator<Item = u16>) -> Zeroizing<Vec<u8>> {
    // Enough capacity, as growing would leave a copy in memory.
    let mut wide = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
    wide.extend(units.chain([0]).flat_map(u16::to_be_bytes));
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_encoding_is_that_of_the_standard() {
        let first = &encode_one(b"Beavis", 0)[0];
        assert_eq!(first.wide.as_slice(), b"\0B\0e\0a\0v\0i\0s\0\0");
        assert_eq!(first.bytes.as_slice(), b"Beavis");
    }

    #[test]
    fn letters_beyond_the_first_plane_become_surrogates() {
        assert_eq!(utf16("😀").as_slice(), [0xd8, 0x3d, 0xde, 0x00, 0, 0]);
    }
}
