//! What a file is: PKCS#12, perhaps in a wrapping, or something else.

use std::fmt;

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::container::looks_like_pfx;
use super::damage;
use super::fault::{Fault, Parsed};
use super::iterate::Wiped;

/// The DER or BER in a file, and its wrapping.
pub(super) struct Sniffed {
    pub(super) bytes: Wiped,
    pub(super) form: Form,
    pub(super) wrapping: Wrapping,
}

/// The form of a P12.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// In binary, with definite lengths.
    #[default]
    Der,
    /// In binary, with indefinite lengths.
    Ber,
    /// As PEM, base64, hex and the like.
    Text,
}

/// The wrapping of a P12, for programs that read only DER and BER.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wrapping {
    /// None: it is binary.
    #[default]
    None,
    /// In base64, with or without PEM's lines around it.
    Base64,
    /// In something else.
    Other,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Der => "DER",
            Self::Ber => "BER",
            Self::Text => "text",
        })
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Finds the DER or BER in a file, or says what the file is instead.
pub(super) fn unwrap(file: &[u8]) -> Parsed<Sniffed> {
    if let Some(damaged) = damage::of_text(file) {
        return Err(damaged);
    }
    match file {
        [] => Err(Fault::not_a_p12("it is empty")),
        [_] => Err(Fault::not_a_p12("it is a single byte")),
        [0x30, length, ..] if !is_text(file) => {
            let form = if *length == 0x80 { Form::Ber } else { Form::Der };
            Ok(Sniffed { bytes: copy(file), form, wrapping: Wrapping::None })
        }
        _ => match name_other(file) {
            Some(other) => Err(Fault::not_a_p12(format!("it is {other}"))),
            None => unwrap_text(file),
        },
    }
}

fn copy(bytes: &[u8]) -> Wiped {
    Zeroizing::new(bytes.to_vec())
}

fn name_other(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] => "a Java keystore (JKS); convert it with keytool -importkeystore",
        [0xce, 0xce, 0xce, 0xce, ..] => "a Java keystore (JCEKS); convert it with keytool -importkeystore",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive; the P12 may be inside",
        [0x1f, 0x8b, ..] => "a gzip file; the P12 may be inside",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        _ => return None,
    })
}

fn unwrap_text(file: &[u8]) -> Parsed<Sniffed> {
    let text = |bytes, wrapping| Sniffed { bytes, form: Form::Text, wrapping };
    let stripped = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).trim_ascii_start();
    if stripped.first() == Some(&0x30) && !is_text(stripped) {
        return Ok(text(copy(stripped), Wrapping::Other));
    }
    let letters = match file {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        _ if is_text(stripped) => Zeroizing::new(String::from_utf8_lossy(stripped).into_owned()),
        _ => return Err(Fault::not_a_p12("its format is not known")),
    };
    let letters = letters.trim_start_matches('\u{feff}');
    if letters.contains("-----BEGIN ") {
        let (bytes, base64) = decode_pem(letters)?;
        return Ok(text(bytes, wrapping(file, &base64)));
    }
    let uri = letters.strip_prefix("data:").and_then(|uri| uri.split_once("base64,"));
    let letters = uri.map_or(letters, |uri| uri.1);
    let is_sequence = |bytes: &Wiped| bytes.starts_with(&[0x30]);
    if let Some(bytes) = decode_hex(letters).filter(is_sequence) {
        return Ok(text(bytes, Wrapping::Other));
    }
    match decode_base64(letters).filter(|(bytes, _)| is_sequence(bytes)) {
        Some((bytes, base64)) => Ok(text(bytes, wrapping(file, &base64))),
        None => match find_within(letters) {
            Some(bytes) => Ok(text(bytes, Wrapping::Other)),
            None => Err(Fault::not_a_p12(match letters.trim_start().chars().next() {
                Some('{' | '[') => "it is JSON",
                Some('<') => "it is HTML or XML",
                _ => "it is a text",
            })),
        },
    }
}

/// A P12 in base64 among other words: in quotes, in JSON (Azure's Key Vault) or in YAML (Kubernetes); perhaps twice in
/// base64, as secrets in files are.
fn find_within(text: &str) -> Option<Wiped> {
    let joined = Zeroizing::new(text.replace("\\r", "").replace("\\n", "").replace("\\/", "/"));
    let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=-_".contains(letter);
    let words = joined.split(|letter| !is_base64(letter)).filter(|word| word.len() >= SHORTEST);
    words.into_iter().find_map(|word| {
        let (once, _) = decode_base64(word)?;
        let twice = || decode_base64(std::str::from_utf8(&once).ok()?).map(|(bytes, _)| bytes);
        if looks_like_pfx(&once) { Some(once) } else { twice().filter(|bytes| looks_like_pfx(bytes)) }
    })
}

/// No P12 has fewer letters in base64.
const SHORTEST: usize = 128;

/// Base64, if the file holds nothing else besides PEM's lines and white space.
fn wrapping(file: &[u8], base64: &str) -> Wrapping {
    let lines =
        file.split(|byte| *byte == b'\n').filter(|line| !line.windows(5).any(|five| five == b"-----"));
    let letters = lines.flatten().filter(|byte| !byte.is_ascii_whitespace());
    if letters.eq(base64.as_bytes()) { Wrapping::Base64 } else { Wrapping::Other }
}

/// Whether the first kilobyte of a file is printable ASCII. That of a binary P12 is not.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().take(1024).all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Zeroizing<String> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Zeroizing::new(char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect())
}

/// The first block whose content may be a P12, with its base64. Its label does not matter, as certutil calls
/// everything a CERTIFICATE.
fn decode_pem(text: &str) -> Parsed<(Wiped, Zeroizing<String>)> {
    let mut labels = Vec::new();
    for block in text.split("-----BEGIN ").skip(1) {
        let (label, rest) = block.split_once("-----").unwrap_or((block, ""));
        let inside = decode_base64(rest.split("-----").next().unwrap_or_default()).unwrap_or_default();
        if label.contains("PKCS12") || looks_like_pfx(&inside.0) {
            return Ok(inside);
        }
        labels.push(label.trim());
    }
    Err(Fault::not_a_p12(format!("it is PEM with {}, not a P12", labels.join(", "))))
}

fn decode_hex(text: &str) -> Option<Wiped> {
    let digits = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b':')
        .map(|byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<Vec<u8>>>();
    let digits = Zeroizing::new(digits?);
    Some(Zeroizing::new(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    ))
}

/// Decodes base64. Tolerates line ends, missing padding and a cut-off end. The second value is the base64
/// without them.
fn decode_base64(text: &str) -> Option<(Wiped, Zeroizing<String>)> {
    let mut letters = Zeroizing::new(String::with_capacity(text.len() + 4));
    letters.extend(text.chars().filter(|letter| !letter.is_whitespace() && *letter != '=').map(|letter| {
        match letter {
            '-' => '+',
            '_' => '/',
            letter => letter,
        }
    }));
    if letters.is_empty()
        || !letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
    {
        return None;
    }
    let whole = letters.len() - usize::from(letters.len() % 4 == 1);
    letters.truncate(whole);
    while !letters.len().is_multiple_of(4) {
        letters.push('=');
    }
    let bytes = Zeroizing::new(openssl::base64::decode_block(&letters).ok()?);
    Some((bytes, letters))
}
