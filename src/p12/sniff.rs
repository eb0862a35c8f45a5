//! What a file is: PKCS#12 in one of its wrappings, or what else.

use std::borrow::Cow;

/// The DER or BER inside, or what the file is instead.
pub(super) fn unwrap(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    match bytes {
        [] => Err("it is empty".into()),
        [_] => Err("it is a single byte".into()),
        [0x30, ..] if !is_text(bytes) => Ok(Cow::Borrowed(bytes)),
        _ => match known(bytes) {
            Some(other) => Err(format!("it is {other}")),
            None => unwrap_text(bytes),
        },
    }
}

fn known(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] => "a Java keystore (JKS); convert it with keytool -importkeystore",
        [0xce, 0xce, 0xce, 0xce, ..] => "a Java keystore (JCEKS); convert it with keytool -importkeystore",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive; the P12 may be inside",
        [0x1f, 0x8b, ..] => "a gzip file; the P12 may be inside",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        _ => return None,
    })
}

fn unwrap_text(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    let stripped = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if let [0x30, ..] = stripped
        && !is_text(stripped)
    {
        return Ok(Cow::Borrowed(stripped));
    }
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ if is_text(stripped) => String::from_utf8_lossy(stripped).into_owned(),
        _ => return Err("it is in no format that is known here".into()),
    };
    let text = text.trim_start_matches('\u{feff}');
    if text.contains("-----BEGIN ") {
        return pem(text).map(Cow::Owned);
    }
    let text = text.strip_prefix("data:").and_then(|uri| uri.split_once("base64,")).map_or(text, |uri| uri.1);
    hex(text)
        .or_else(|| base64(text))
        .filter(|inside| inside.starts_with(&[0x30]))
        .map(Cow::Owned)
        .ok_or_else(|| match text.trim_start().chars().next() {
            Some('{' | '[') => "it is JSON".into(),
            Some('<') => "it is HTML or XML".into(),
            _ => "it is a text".into(),
        })
}

/// Whether a file is printable ASCII: its first kilobyte, as no binary P12 is.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().take(1024).all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
}

/// The first block that may be a P12 by its content: certutil calls anything a CERTIFICATE.
fn pem(text: &str) -> Result<Vec<u8>, String> {
    let mut labels = Vec::new();
    for block in text.split("-----BEGIN ").skip(1) {
        let (label, rest) = block.split_once("-----").unwrap_or((block, ""));
        let inside = base64(rest.split("-----").next().unwrap_or_default()).unwrap_or_default();
        if label.contains("PKCS12") || super::container::looks_like_pfx(&inside) {
            return Ok(inside);
        }
        labels.push(label.trim().to_owned());
    }
    Err(format!("it is PEM with {}, not a P12", labels.join(", ")))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b':')
        .map(|byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// Tolerates line ends, a missing padding, and what a cut left over.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut letters: String =
        text.chars().filter(|letter| !letter.is_whitespace() && *letter != '=').collect();
    if !letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)) {
        return None;
    }
    letters.truncate(letters.len() - usize::from(letters.len() % 4 == 1));
    if letters.is_empty() {
        return None;
    }
    let mut letters = letters.replace('-', "+").replace('_', "/");
    let padding = (4 - letters.len() % 4) % 4;
    letters.extend(std::iter::repeat_n('=', padding));
    openssl::base64::decode_block(&letters).ok()
}
