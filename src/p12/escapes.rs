//! Texts that were escaped on their way: for URLs, forms, HTML, mail, and as strings of programs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::iterate::Wiped;
use crate::envelope;

/// Shorter values hold no key and no certificate.
pub(super) const SHORTEST: usize = 48;

/// What the text was before, for each way of escaping that it shows.
pub(super) fn undo(text: &str) -> Vec<Wiped> {
    let mut plain = Vec::new();
    let mut add = |bytes: Vec<u8>| plain.push(Zeroizing::new(bytes));
    if text.contains("=3D") || text.lines().filter(|line| line.ends_with('=')).count() > 2 {
        add(quoted_printable(text));
    }
    if ["%2B", "%2F", "%3D", "%2b", "%2f", "%3d", "%0A", "%0a"].iter().any(|code| text.contains(code)) {
        let values = text.split('&').map(|part| part.split_once('=').map_or(part, |(_, value)| value));
        values
            .filter(|value| value.len() >= SHORTEST)
            .for_each(|value| add(percent_decode_str(value).collect()));
    }
    if text.contains("&#") {
        add(html(text).into_bytes());
    }
    if ["\\n", "\\u", "\\/"].iter().any(|escape| text.contains(escape)) {
        add(envelope::unescape(text).as_bytes().to_vec());
    }
    plain
}

/// Without the sequences by which a terminal has colours (ECMA-48).
pub(super) fn without_colours(text: &str) -> Cow<'_, str> {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default();
    let end =
        |part: &str| part.find(|letter: char| letter.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
    let rest: Vec<_> = parts.map(|part| part.get(end(part)..).unwrap_or_default()).collect();
    if rest.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(first.to_owned() + &rest.concat()) }
}

/// RFC 2045 section 6.7.
fn quoted_printable(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) =
            line.trim_end_matches(['\r', '\n']).strip_suffix('=').map_or((line, ""), |line| (line, ""));
        let mut rest = line.as_bytes();
        while let [byte, after @ ..] = rest {
            let code = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
            let decoded = after.get(..2).filter(|_| *byte == b'=').and_then(code);
            bytes.push(decoded.unwrap_or(*byte));
            rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
        }
        bytes.extend_from_slice(end.as_bytes());
    }
    bytes
}

/// The letters that base64 has and HTML may escape.
fn html(text: &str) -> String {
    let codes = [
        ("+", ["&#43;", "&#x2b;", "&#x2B;"]),
        ("/", ["&#47;", "&#x2f;", "&#x2F;"]),
        ("=", ["&#61;", "&#x3d;", "&#x3D;"]),
        ("\n", ["&#10;", "&#xa;", "&#xA;"]),
        ("", ["&#13;", "&#xd;", "&#xD;"]),
    ];
    let mut plain = Cow::Borrowed(text);
    for (letter, codes) in codes {
        for code in codes {
            if plain.contains(code) {
                plain = Cow::Owned(plain.replace(code, letter));
            }
        }
    }
    plain.into_owned()
}
