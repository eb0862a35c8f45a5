//! An X.509 certificate in words.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use openssl::asn1::{Asn1ObjectRef, Asn1Time, Asn1TimeRef};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use openssl::x509::{GeneralNameRef, X509ExtendedKeyUsage, X509NameRef, X509Ref};

use crate::ber::{self, Reader};
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
        signature: object(certificate.signature_algorithm().object()),
        names: names(certificate),
        usages: certificate.extended_key_usage().map(usages),
        authority: is_authority(certificate),
        sha256: digest(MessageDigest::sha256()),
        sha1: digest(MessageDigest::sha1()),
    }
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn object(object: &Asn1ObjectRef) -> String {
    object.nid().long_name().map_or_else(|_| object.to_string(), str::to_owned)
}

/// The kind of a key and its size in bits: `RSA 2048`, `EC prime256v1`.
pub fn key<T: HasPublic>(key: &PKeyRef<T>) -> (String, u32) {
    let kind = match key.id() {
        Id::RSA => "RSA".to_owned(),
        Id::RSA_PSS => "RSA-PSS".to_owned(),
        Id::EC => {
            let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
            let curve = curve.and_then(|nid| nid.short_name().ok()).unwrap_or("curve without a name");
            return (format!("EC {curve}"), key.bits());
        }
        id => return (Nid::from_raw(id.as_raw()).short_name().unwrap_or_default().to_owned(), key.bits()),
    };
    (format!("{kind} {}", key.bits()), key.bits())
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

fn usages(usages: X509ExtendedKeyUsage) -> Vec<String> {
    const NAMES: &[(X509ExtendedKeyUsage, &str)] = &[
        (X509ExtendedKeyUsage::SSL_CLIENT, "clientAuth"),
        (X509ExtendedKeyUsage::SSL_SERVER, "serverAuth"),
        (X509ExtendedKeyUsage::SMIME, "emailProtection"),
        (X509ExtendedKeyUsage::CODE_SIGN, "codeSigning"),
        (X509ExtendedKeyUsage::OCSP_SIGN, "OCSPSigning"),
        (X509ExtendedKeyUsage::TIMESTAMP, "timeStamping"),
        (X509ExtendedKeyUsage::ANYEKU, "anyExtendedKeyUsage"),
    ];
    NAMES.iter().filter(|(flag, _)| usages.contains(*flag)).map(|(_, name)| (*name).to_owned()).collect()
}

/// RFC 5280 section 4.2.1.9: the CA flag of the basic constraints.
fn is_authority(certificate: &X509Ref) -> bool {
    let read = || {
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
                if extension.expect(ber::OID, "").ok()?.oid() != BASIC_CONSTRAINTS {
                    continue;
                }
                extension.optional(ber::BOOLEAN).ok()?;
                let value = extension.expect(ber::OCTET_STRING, "").ok()?.octets().ok()?;
                let mut constraints = Reader::new(&value).expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
                return constraints.optional(ber::BOOLEAN).ok()?.map(|flag| flag.content != [0]);
            }
        }
        None
    };
    read().unwrap_or(false)
}

/// The `[3]` of a TBSCertificate.
const EXTENSIONS: u8 = 0xa3;
const BASIC_CONSTRAINTS: &str = "2.5.29.19";

/// A distinguished name, most specific part first as RFC 4514 has it: `CN=client, O=Example`.
pub fn name(name: &X509NameRef) -> String {
    let mut text = String::new();
    let entries: Vec<_> = name.entries().collect();
    for entry in entries.iter().rev() {
        let key =
            entry.object().nid().short_name().map_or_else(|_| entry.object().to_string(), str::to_owned);
        let value = entry.data().to_string().unwrap_or_else(|_| "?".into());
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{key}={value}");
    }
    text
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
}
