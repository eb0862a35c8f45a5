//! Looks for a P12, or for keys and certificates, in the texts that tools keep them in: PEM, base64, hex, data URIs, JSON,
//! YAML, and these in each other.

use std::collections::HashSet;

use openssl::sha::sha256;
use zeroize::Zeroizing;

use super::bag::Bag;
use super::container::{Pfx, looks_like_pfx};
use super::fault::{Fault, Parsed};
use super::form::{Content, Form};
use super::iterate::Wiped;
use super::{dump, embedded, escapes, jwk, loose, margin, message, other};
use crate::ber::{Decoder, SEQUENCE};
use crate::envelope::{self, Value};

/// How many texts may be in each other. YAML with a copy in JSON of base64 of base64 of PEM has five.
const DEEPEST: usize = 6;

/// How many keys and certificates there may be. Real files have a few.
const MOST: usize = 2_000;

/// How many texts may have keys of JWK.
const MOST_JWK: usize = 8;

/// How many bytes are looked at in all that is in a file. Real ones have some kilobytes.
const LARGEST: usize = 12 << 20;

/// What was found.
#[derive(Default)]
pub(super) struct Search {
    /// Each P12 and the name that it has.
    files: Vec<(String, Wiped)>,
    bags: Vec<Bag>,
    /// What the keys and certificates are called.
    names: Vec<String>,
    /// The first thing that is something else.
    other: Option<Fault>,
    /// How many texts had keys of JWK, each of which takes time.
    jwks: usize,
    seen: HashSet<[u8; 32]>,
    /// How many bytes were looked at, in all wrappings together.
    looked_at: usize,
}

impl Search {
    /// Looks into a file.
    pub(super) fn look(&mut self, file: &[u8]) {
        match envelope::utf16(file) {
            Some(text) => self.look_into(&text, "", 0),
            None => self.look_at(file, "", 0),
        }
    }

    fn look_at(&mut self, bytes: &[u8], name: &str, depth: usize) {
        let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if depth > 0 {
            if self.looked_at + bytes.len() > LARGEST {
                return;
            }
            self.looked_at += bytes.len();
        }
        match as_text(bare) {
            Some(text) if depth <= DEEPEST => self.look_into(text, name, depth),
            _ => self.look_at_binary(bare.trim_ascii_start(), name, depth),
        }
    }

    fn look_at_binary(&mut self, bytes: &[u8], name: &str, depth: usize) {
        let found = self.count();
        if let Some(content) = message::content(bytes).filter(|_| depth <= DEEPEST) {
            self.look_at(&content, name, depth + 1);
            if self.count() == found {
                self.other.get_or_insert_with(message::signed);
            }
            return;
        }
        self.take(bytes, "DER", name);
        // An archive that has a name is to be unpacked.
        if self.count() == found && other::binary(bytes).is_none() {
            embedded::files(bytes).into_iter().for_each(|file| self.take(file, "DER", name));
        }
    }

    fn look_into(&mut self, text: &str, name: &str, depth: usize) {
        let text = text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
        let text = text.trim_matches(['\'', '`']);
        let plain = escapes::without_colours(text);
        let text = plain.as_ref().map_or(text, |plain| plain.as_str());
        let inner = margin::without(text);
        let text = inner.as_ref().map_or(text, |inner| inner.as_str());
        let text =
            text.strip_prefix("data:").and_then(|uri| uri.split_once("base64,")).map_or(text, |uri| uri.1);
        let found = self.count();
        // Lines of it may look like what they are not.
        if let Some(plain) = escapes::of_mail(text) {
            self.look_at(&plain, name, depth + 1);
            if self.is_settled(found) {
                return;
            }
        }
        if !envelope::is_json(text) {
            self.take_pem(text);
            if text.starts_with("-----BEGIN ") && self.is_settled(found) {
                return;
            }
            // Words of a table may be base64, too.
            let before = self.count();
            let base64 = || {
                let restored = with_plus(text);
                envelope::decode_base64(restored.as_ref().map_or(text, |restored| restored.as_str()))
            };
            let bytes = dump::decode(text).or_else(base64);
            if let Some(bytes) = bytes.filter(|_| !text.contains("=3D")) {
                self.look_at(&bytes, name, depth + 1);
            }
            if self.is_settled(before) {
                return;
            }
        }
        let values = envelope::values(text);
        self.take_jwk(&values, name);
        for value in values.iter().filter(|value| value.text.len() >= escapes::SHORTEST) {
            // Nothing but what is in the text itself would be the same again.
            if value.text.len() < text.len() {
                self.look_at(value.text.as_bytes(), &value.name, depth + 1);
            }
        }
        if !self.is_settled(found) {
            self.look_closer(text, name, depth);
        }
    }

    /// Into a text that is nothing as a whole, or holds certificates without a key, as a CA beside a P12.
    fn look_closer(&mut self, text: &str, name: &str, depth: usize) {
        // What SOPS and eyaml have encrypted is in base64, and may begin as anything does.
        if text.contains("ENC[AES256_GCM") || text.contains("ENC[PKCS7,") {
            return;
        }
        let (found, rest) = (self.count(), embedded::beside_pem(text));
        let text = rest.as_ref().map_or(text, |rest| rest.as_str());
        let ways = [
            escapes::undo,
            |text: &str| dump::decode(text).into_iter().collect(),
            embedded::base64,
            embedded::hex,
        ];
        for way in ways {
            for bytes in way(text).iter().filter(|bytes| bytes.as_slice() != text.as_bytes()) {
                self.look_at(bytes, name, depth + 1);
            }
            if self.is_settled(found) {
                return;
            }
        }
    }

    /// Whether more was found than what a P12 may stand beside.
    fn is_settled(&self, before: usize) -> bool {
        self.count() > before && (!self.files.is_empty() || self.bags.iter().any(loose::is_key))
    }

    fn count(&self) -> usize {
        self.files.len() + self.bags.len()
    }

    /// Each block. Its label does not matter, as certutil calls everything a CERTIFICATE.
    fn take_pem(&mut self, text: &str) {
        for block in text.split("-----BEGIN ").skip(1) {
            let (label, rest) = block.split_once("-----").unwrap_or((block, ""));
            let inside = rest.split("-----").next().unwrap_or_default();
            if self.bags.len() > MOST {
                return;
            }
            if inside.contains("Proc-Type: 4,ENCRYPTED") && self.seen.insert(sha256(inside.as_bytes())) {
                self.bags.push(loose::sealed(label, inside));
                self.names.push(label.to_owned());
            } else {
                self.take(&envelope::decode_base64(inside).unwrap_or_default(), label.trim(), label.trim());
            }
        }
    }

    fn take_jwk(&mut self, values: &[Value], name: &str) {
        if values.iter().any(|value| value.name == "kty") && self.jwks < MOST_JWK {
            self.jwks += 1;
            jwk::keys(values).iter().for_each(|key| self.take(key, "JWK", name));
        }
    }

    /// Something binary. `kind` is what to call it where it is a key or certificate.
    fn take(&mut self, bytes: &[u8], kind: &str, name: &str) {
        if self.bags.len() > MOST || !self.seen.insert(sha256(bytes)) {
            return;
        }
        if is_large(bytes) && (kind.contains("PKCS12") || looks_like_pfx(bytes)) {
            return self.files.push((name.to_owned(), Zeroizing::new(bytes.to_vec())));
        }
        match loose::read(bytes) {
            Some((bags, what)) => {
                self.bags.extend(bags.into_iter().take(MOST + 1));
                self.names.push(if kind == "DER" { what.to_owned() } else { kind.to_owned() });
            }
            None => {
                let found = other::binary(bytes).or_else(|| other::der(bytes)).or_else(|| other::pem(kind));
                self.other = self.other.take().or(found);
            }
        }
    }

    /// The only P12; else the keys and certificates; else what the file is instead.
    pub(super) fn decide(mut self, file: &[u8]) -> Parsed<Content> {
        match (self.files.pop(), self.files.as_slice()) {
            (Some((_, bytes)), []) => Ok(Content::Pfx(bytes, Form::Text)),
            (Some((last, _)), others) => {
                let names: Vec<_> =
                    others.iter().map(|(name, _)| name.as_str()).chain([last.as_str()]).collect();
                let what = format!("it holds {} P12 files: {}", names.len(), names.join(", "));
                Err(Fault::not_a_p12(what).with_hint(
                    "save the value of one of them in a file of its own, as it is, and give that file",
                ))
            }
            (None, _) if self.bags.len() > MOST => {
                Err(Fault::crowded("it holds more keys and certificates than any file has"))
            }
            (None, _) if !self.bags.is_empty() => {
                let pem = file.windows(11).any(|eleven| eleven == b"-----BEGIN ");
                let names = self.names.join(", ");
                let names = if pem { format!("PEM with {names}") } else { names };
                Ok(Content::Loose(self.bags, names))
            }
            (None, _) => Err(self.explain(file)),
        }
    }

    fn explain(self, file: &[u8]) -> Fault {
        let text = as_text(file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file));
        let whole = || match file.first() {
            Some(0x30) if text.is_none() => Pfx::parse(file).err(),
            _ => text.map(other::text),
        };
        self.other.or_else(whole).unwrap_or_else(|| Fault::not_a_p12("its format is not known"))
    }
}

/// A SEQUENCE as long as files are, or a whole one. Texts have a zero before a letter, too.
fn is_large(bytes: &[u8]) -> bool {
    match bytes {
        [SEQUENCE, length, ..] => *length >= 0x80 || Decoder::new(bytes).any().is_ok(),
        _ => false,
    }
}

/// Bytes as text, if the first kilobyte is printable. That of a binary P12 is not.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_printable = |letter: char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r' | '\u{1b}');
    text.chars().take(1024).all(is_printable).then_some(text)
}

/// A decoded form has a blank where base64 had `+`. Blanks that were line ends are equally far apart, and stay.
fn with_plus(text: &str) -> Option<Zeroizing<String>> {
    let mut words = text.split(' ').rev().skip(1).map(str::len);
    let first = words.next();
    (text.contains(' ') && !text.contains(['+', '\n']) && words.any(|length| Some(length) != first))
        .then(|| Zeroizing::new(text.replace(' ', "+")))
}
