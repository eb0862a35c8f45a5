//! Names in certificates, as text.

use std::fmt::Write as _;

use openssl::asn1::Asn1ObjectRef;
use openssl::nid::Nid;
use openssl::x509::{X509Name, X509NameEntryRef, X509NameRef};

use crate::ber::{self, Reader};
use crate::escape;

/// A distinguished name, most specific part first as RFC 4514 has it: `CN=client, O=Example`.
pub fn name(name: &X509NameRef) -> String {
    let mut text = String::new();
    let entries: Vec<_> = name.entries().collect();
    for entry in entries.iter().rev() {
        let key = short_name(entry.object());
        let value = entry.data().to_string().unwrap_or_else(|_| "?".into());
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{key}={value}");
    }
    text
}

/// A name in the form of `openssl req -utf8 -subj`: `/O=Example/CN=client`. `None` if that form cannot
/// express the name.
pub fn subject_option(name: &X509NameRef) -> Option<String> {
    let der = name.to_der().ok()?;
    let mut sets = Reader::new(&der).expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
    let (mut entries, mut text) = (name.entries(), String::new());
    while !sets.is_empty() {
        let mut set = sets.expect(ber::SET, "").ok()?.inside().ok()?;
        let mut before = '/';
        while !set.is_empty() {
            set.any().ok()?;
            let (kind, value) = part(entries.next()?)?;
            let _ = write!(text, "{before}{kind}={value}");
            before = '+';
        }
    }
    Some(if text.is_empty() { "/".to_owned() } else { text })
}

fn part(entry: &X509NameEntryRef) -> Option<(&'static str, String)> {
    let kind = Some(entry.object().nid()).filter(|nid| *nid != Nid::UNDEF)?;
    let value = entry.data().to_string().ok()?;
    // OpenSSL limits length and letters of each kind of entry, here as in the command.
    X509Name::builder().ok()?.append_entry_by_nid(kind, &value).ok()?;
    if value.is_empty() || !escape::is_plain(&value) {
        return None;
    }
    let mut escaped = String::new();
    for letter in value.chars() {
        if matches!(letter, '/' | '+' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    Some((kind.short_name().ok()?, escaped))
}

/// OpenSSL's long name of an object, or its OID.
pub(super) fn long_name(object: &Asn1ObjectRef) -> String {
    match object.nid() {
        Nid::UNDEF => object.to_string(),
        nid => nid.long_name().map_or_else(|_| object.to_string(), str::to_owned),
    }
}

/// OpenSSL's short name of an object, or its OID: `CN`, `clientAuth`, `1.2.3.4`.
pub(super) fn short_name(object: &Asn1ObjectRef) -> String {
    match object.nid() {
        Nid::UNDEF => object.to_string(),
        nid => nid.short_name().map_or_else(|_| object.to_string(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(entries: &[(&str, &str)]) -> Option<String> {
        let mut name = X509Name::builder().unwrap();
        for (kind, value) in entries {
            name.append_entry_by_text(kind, value).unwrap();
        }
        subject_option(&name.build())
    }

    #[test]
    fn a_subject_is_written_so_that_openssl_takes_it_apart_again() {
        let name = option(&[("O", "Example, Inc."), ("OU", "a/b+c\\d=e"), ("CN", "Zoë")]);
        assert_eq!(name.as_deref(), Some("/O=Example, Inc./OU=a\\/b\\+c\\\\d=e/CN=Zoë"));
        assert_eq!(option(&[]).as_deref(), Some("/"));
    }

    #[test]
    fn a_subject_that_openssl_cannot_make_again_is_not_written() {
        assert_eq!(option(&[("CN", "turned\u{202e}around")]), None);
        assert_eq!(option(&[("CN", "two\nlines")]), None);
    }
}
