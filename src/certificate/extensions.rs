//! The extensions of a certificate that decide what it is good for.

use std::net::{Ipv4Addr, Ipv6Addr};

use openssl::x509::{GeneralNameRef, X509Ref};

use super::usage::Usage;
use crate::ber::{self, Reader};

/// Subject alternative names: `DNS:localhost`, `IP:127.0.0.1`.
pub(super) fn names(certificate: &X509Ref) -> Vec<String> {
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

/// RFC 5280 section 4.2.1.12.
pub(super) fn usages(certificate: &X509Ref) -> Option<Vec<Usage>> {
    let value = extension(certificate, EXTENDED_KEY_USAGE)?;
    let read = || {
        let mut list = Reader::new(&value).expect(ber::SEQUENCE, "").ok()?.inside().ok()?;
        let mut usages = Vec::new();
        while !list.is_empty() {
            usages.push(Usage::of(&list.expect(ber::OID, "").ok()?.oid()));
        }
        Some(usages)
    };
    Some(read().unwrap_or_default())
}

/// RFC 5280 section 4.2.1.9: the CA flag of the basic constraints.
pub(super) fn is_authority(certificate: &X509Ref) -> bool {
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
