//! Texts that were escaped on their way: for URLs, forms, HTML, mail, and as strings of programs.

use memchr::memmem;
use zeroize::Zeroizing;

use super::iterate::Wiped;
use crate::envelope;

/// Shorter values hold no key and no certificate.
pub(super) const SHORTEST: usize = 48;

/// What the text was before, for each way of escaping that it shows.
pub(super) fn undo(text: &str) -> Vec<Wiped> {
    let mut plain = Vec::new();
    if text.contains("=3D") || text.lines().filter(|line| line.ends_with('=')).count() > 2 {
        plain.push(quoted_printable(text));
    }
    if ["%2B", "%2F", "%3D", "%2b", "%2f", "%3d", "%0A", "%0a"].iter().any(|code| text.contains(code)) {
        let values = text.split('&').map(|part| part.split_once('=').map_or(part, |(_, value)| value));
        plain.extend(values.filter(|value| value.len() >= SHORTEST).map(envelope::percent_decode));
    }
    if text.contains("&#") {
        plain.push(html(text));
    }
    if ["\\n", "\\u", "\\/"].iter().any(|escape| text.contains(escape)) {
        plain.push(Zeroizing::new(envelope::unescape(text).as_bytes().to_vec()));
    }
    plain
}

/// A mail that says that it, or a part of it, is quoted-printable; `None` where nothing in it is.
pub(super) fn of_mail(text: &str) -> Option<Wiped> {
    memmem::find(text.as_bytes(), b"ransfer-Encoding: quoted-printable")?;
    Some(quoted_printable(text)).filter(|plain| plain.as_slice() != text.as_bytes())
}

/// Without the sequences by which a terminal has colours (ECMA-48); `None` where there are none.
pub(super) fn without_colours(text: &str) -> Option<Zeroizing<String>> {
    let (first, coloured) = text.split_once("\u{1b}[")?;
    let end =
        |part: &str| part.find(|letter: char| letter.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    plain.push_str(first);
    for part in coloured.split("\u{1b}[") {
        plain.push_str(part.get(end(part)..).unwrap_or_default());
    }
    Some(plain)
}

/// RFC 2045 section 6.7.
fn quoted_printable(text: &str) -> Wiped {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for line in text.split_inclusive('\n') {
        let line = line.trim_end_matches(['\r', '\n']).strip_suffix('=').unwrap_or(line);
        let mut rest = line.as_bytes();
        while let [byte, after @ ..] = rest {
            let decoded = after.get(..2).filter(|_| *byte == b'=').and_then(hex_byte);
            bytes.push(decoded.unwrap_or(*byte));
            rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
        }
    }
    bytes
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u8::from_str_radix(digits, 16).ok()
}

/// The letters that base64 has and HTML may escape.
fn html(text: &str) -> Wiped {
    let codes = [
        ("+", ["&#43;", "&#x2b;", "&#x2B;"]),
        ("/", ["&#47;", "&#x2f;", "&#x2F;"]),
        ("=", ["&#61;", "&#x3d;", "&#x3D;"]),
        ("\n", ["&#10;", "&#xa;", "&#xA;"]),
        ("", ["&#13;", "&#xd;", "&#xD;"]),
    ];
    let codes = codes.iter().flat_map(|(letter, codes)| codes.iter().map(move |code| (*code, *letter)));
    let codes: Vec<_> = codes.collect();
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("&#") {
        let (_, coded) = rest.split_at(before.len());
        let known = codes.iter().find(|(code, _)| coded.starts_with(code));
        let (code, letter) = known.copied().unwrap_or(("&#", "&#"));
        plain.extend_from_slice(before.as_bytes());
        plain.extend_from_slice(letter.as_bytes());
        rest = coded.get(code.len()..).unwrap_or(after);
    }
    plain.extend_from_slice(rest.as_bytes());
    plain
}
