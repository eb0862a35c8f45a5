//! An X.509 certificate in words.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use openssl::asn1::{Asn1Object, Asn1ObjectRef, Asn1Time, Asn1TimeRef};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use openssl::x509::{GeneralNameRef, X509Name, X509NameEntryRef, X509NameRef, X509Ref};

use crate::ber::{self, Reader};
use crate::escape;
use crate::evidence::Certificate;

/// Names and validity of a certificate, for people. What cannot be read is left empty.
pub fn describe(certificate: &X509Ref) -> Certificate {
    let now = Asn1Time::days_from_now(0).ok();
    let not_yet_valid = now.as_ref().is_some_and(|now| certificate.not_before() > now);
    let (key, key_bits) = certificate.public_key().map(|public| key(&public)).unwrap_or_default();
    let digest = |kind| certificate.digest(kind).map(|digest| hex(&digest)).unwrap_or_default();
    let serial = certificate
        .serial_number()
        .to_bn()
        .and_then(|number| number.to_hex_str().map(|hex| hex.to_lowercase()));
    Certificate {
        subject: name(certificate.subject_name()),
        issuer: name(certificate.issuer_name()),
        not_before: time(certificate.not_before()),
        not_after: time(certificate.not_after()),
        days_left: now.map_or(0, |now| days_between(&now, certificate.not_after())),
        not_yet_valid,
        serial: serial.unwrap_or_default(),
        key,
        key_bits,
        signature: long_name(certificate.signature_algorithm().object()),
        names: names(certificate),
        usages: usages(certificate),
        authority: is_authority(certificate),
        sha256: digest(MessageDigest::sha256()),
        sha1: digest(MessageDigest::sha1()),
    }
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What OpenSSL calls an object in full, or its OID.
fn long_name(object: &Asn1ObjectRef) -> String {
    match object.nid() {
        Nid::UNDEF => object.to_string(),
        nid => nid.long_name().map_or_else(|_| object.to_string(), str::to_owned),
    }
}

/// What OpenSSL calls an object, or its OID: `CN`, `clientAuth`, `1.2.3.4`.
fn short_name(object: &Asn1ObjectRef) -> String {
    match object.nid() {
        Nid::UNDEF => object.to_string(),
        nid => nid.short_name().map_or_else(|_| object.to_string(), str::to_owned),
    }
}

/// The kind of a key and its size in bits: `RSA 2048`, `EC prime256v1`, `ED25519`.
pub fn key<T: HasPublic>(key: &PKeyRef<T>) -> (String, u32) {
    let kind = match key.id() {
        Id::RSA => "RSA",
        Id::RSA_PSS => "RSA-PSS",
        Id::DSA => "DSA",
        Id::EC => {
            let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
            let curve = curve.and_then(|nid| nid.short_name().ok()).unwrap_or("curve without a name");
            return (format!("EC {curve}"), key.bits());
        }
        _ => return (algorithm(key).unwrap_or_default(), key.bits()),
    };
    (format!("{kind} {}", key.bits()), key.bits())
}

/// Keys that only a provider of OpenSSL knows, such as ML-DSA, have no other name than that of their OID.
fn algorithm<T: HasPublic>(key: &PKeyRef<T>) -> Option<String> {
    let der = key.public_key_to_der().ok()?;
    let mut info = Reader::new(&der).expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
    let oid = info.expect(ber::SEQUENCE, "").ok()?.inside().ok()?.expect(ber::OID, "").ok()?.oid();
    Some(Asn1Object::from_str(&oid).map_or(oid, |object| short_name(&object)))
}

fn names(certificate: &X509Ref) -> Vec<String> {
    let names = certificate.subject_alt_names();
    let text = |name: &GeneralNameRef| {
        let prefixed = |prefix: &str, value: &str| format!("{prefix}:{value}");
        name.dnsname()
            .map(|value| prefixed("DNS", value))
            .or_else(|| name.email().map(|value| prefixed("email", value)))
            .or_else(|| name.uri().map(|value| prefixed("URI", value)))
            .or_else(|| name.ipaddress().and_then(address).map(|value| prefixed("IP", &value)))
    };
    names.iter().flatten().filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).to_string());
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).to_string())).ok()
}

/// RFC 5280 section 4.2.1.12: names where they are known, OIDs where not.
fn usages(certificate: &X509Ref) -> Option<Vec<String>> {
    let value = extension(certificate, EXTENDED_KEY_USAGE)?;
    let read = || {
        let mut list = Reader::new(&value).expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
        let mut usages = Vec::new();
        while !list.is_empty() {
            let oid = list.expect(ber::OID, "").ok()?.oid();
            usages.push(Asn1Object::from_str(&oid).map_or(oid, |object| short_name(&object)));
        }
        Some(usages)
    };
    Some(read().unwrap_or_default())
}

/// RFC 5280 section 4.2.1.9: the CA flag of the basic constraints.
fn is_authority(certificate: &X509Ref) -> bool {
    let read = || {
        let value = extension(certificate, BASIC_CONSTRAINTS)?;
        let mut constraints = Reader::new(&value).expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
        constraints.optional(ber::BOOLEAN).ok()?.map(|flag| flag.content != [0])
    };
    read().unwrap_or(false)
}

/// The value of the extension with this OID, where the certificate has it.
fn extension(certificate: &X509Ref, wanted: &str) -> Option<Vec<u8>> {
    let der = certificate.to_der().ok()?;
    let mut whole = Reader::new(&der).expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
    let mut fields = whole.expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
    while !fields.is_empty() {
        let field = fields.any().ok()?;
        if field.tag != EXTENSIONS {
            continue;
        }
        let mut extensions = field.inside().ok()?.expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
        while !extensions.is_empty() {
            let mut extension = extensions.expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
            if extension.expect(ber::OID, "").ok()?.oid() == wanted {
                extension.optional(ber::BOOLEAN).ok()?;
                return Some(extension.expect(ber::OCTET_STRING, "").ok()?.octets().ok()?.into_owned());
            }
        }
    }
    None
}

/// The `[3]` of a TBSCertificate.
const EXTENSIONS: u8 = 0xa3;
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

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

/// A name as `openssl req -utf8 -subj` takes it: `/O=Example/CN=client`. `None` where that cannot make the same again.
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
    // OpenSSL has lengths and letters of its own for each kind, the same here as there.
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

/// Whole days; negative, and at least -1, when `end` has passed.
fn days_between(now: &Asn1TimeRef, end: &Asn1TimeRef) -> i32 {
    now.diff(end).map_or(0, |span| if span.secs < 0 { span.days - 1 } else { span.days })
}

/// Now, as RFC 3339 has it: `2026-11-23T18:49:40Z`.
pub fn timestamp() -> String {
    Asn1Time::days_from_now(0).map(|now| format!("{}Z", time(&now).replace(' ', "T"))).unwrap_or_default()
}

/// `2026-11-23 18:49:40`, out of OpenSSL's `Nov 23 18:49:40 2026 GMT`.
fn time(time: &Asn1TimeRef) -> String {
    year_first(&time.to_string())
}

/// The same out of OpenSSL's text for any time.
pub fn year_first(text: &str) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let parts: Vec<_> = text.split_whitespace().collect();
    let [month, day, clock, year, ..] = parts.as_slice() else { return text.to_owned() };
    let Some(month) = MONTHS.find(month).map(|at| at / 3 + 1) else { return text.to_owned() };
    format!("{year}-{month:02}-{day:0>2} {clock}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_year_first() {
        let at = Asn1Time::from_str("20261103184940Z").unwrap();
        assert_eq!(time(&at), "2026-11-03 18:49:40");
    }

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
