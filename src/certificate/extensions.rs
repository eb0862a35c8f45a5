//! The extensions that decide what a certificate may be used for (RFC 5280 section 4.2).

use std::net::IpAddr;

use openssl::x509::{GeneralNameRef, X509Ref};

use super::usage::Usage;
use crate::ber::{self, Decoder, Read};

/// What was read from the extensions; empty if there are none or they cannot be read.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) usages: Option<Vec<Usage>>,
    pub(super) authority: bool,
    pub(super) netscape_type: Option<u8>,
    pub(super) unknown_critical: Vec<String>,
}

impl Extensions {
    pub(super) fn of(certificate: &X509Ref) -> Self {
        let mut extensions = Self::default();
        if let Ok(der) = certificate.to_der() {
            // What was read before a fault counts.
            let _ = each(&der, |oid, critical, value| extensions.take(oid, critical, value));
        }
        extensions
    }

    fn take(&mut self, oid: String, critical: bool, value: &[u8]) {
        match oid.as_str() {
            BASIC_CONSTRAINTS => self.authority = is_authority(value).unwrap_or(false),
            EXTENDED_KEY_USAGE => self.usages = Some(usages(value).unwrap_or_default()),
            NETSCAPE_TYPE => self.netscape_type = netscape_type(value),
            known if KNOWN.contains(&known) => {}
            _ if critical => self.unknown_critical.push(oid),
            _ => {}
        }
    }
}

/// Shows each extension: its OID, whether it is critical, its value.
fn each(der: &[u8], mut show: impl FnMut(String, bool, &[u8])) -> Read<()> {
    let mut fields = Decoder::new(der).sequence("")?.sequence("")?;
    while !fields.is_empty() {
        let field = fields.any()?;
        if field.tag != EXTENSIONS {
            continue;
        }
        let mut list = field.inside()?.sequence("")?;
        while !list.is_empty() {
            let mut extension = list.sequence("")?;
            let oid = extension.oid("")?;
            let critical = extension.optional(ber::BOOLEAN)?.is_some_and(|flag| flag.content != [0]);
            show(oid, critical, &extension.octets("")?);
        }
    }
    Ok(())
}

/// Whether the extension of this OID is critical, and its value as it stands.
pub fn extension(certificate: &X509Ref, wanted: &str) -> Option<(bool, Vec<u8>)> {
    let mut found = None;
    let _ = each(&certificate.to_der().ok()?, |oid, critical, value| {
        if oid == wanted {
            found = Some((critical, value.to_vec()));
        }
    });
    found
}

/// The `[3]` of a TBSCertificate.
const EXTENSIONS: u8 = 0xa3;
const BIT_STRING: u8 = 0x03;
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const NETSCAPE_TYPE: &str = "2.16.840.1.113730.1.1";

/// Others that OpenSSL accepts as critical: key usage, subject alternative name, name constraints, CRL distribution
/// points, certificate policies, policy mappings, policy constraints, inhibit anyPolicy; those of RFC 3779, of OCSP
/// responders and of proxy certificates.
const KNOWN: &[&str] = &[
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.33",
    "2.5.29.36",
    "2.5.29.54",
    "1.3.6.1.5.5.7.1.7",
    "1.3.6.1.5.5.7.1.8",
    "1.3.6.1.5.5.7.48.1.5",
    "1.3.6.1.5.5.7.1.14",
];

fn usages(value: &[u8]) -> Read<Vec<Usage>> {
    let mut list = Decoder::new(value).sequence("")?;
    let mut usages = Vec::new();
    while !list.is_empty() {
        usages.push(Usage::of(&list.oid("")?));
    }
    Ok(usages)
}

fn is_authority(value: &[u8]) -> Read<bool> {
    let mut constraints = Decoder::new(value).sequence("")?;
    Ok(constraints.optional(ber::BOOLEAN)?.is_some_and(|flag| flag.content != [0]))
}

/// The first octet of its bits.
fn netscape_type(value: &[u8]) -> Option<u8> {
    Decoder::new(value).expect(BIT_STRING, "").ok()?.content.get(1).copied()
}

pub(super) fn names(certificate: &X509Ref) -> Vec<String> {
    let names = certificate.subject_alt_names();
    let text = |name: &GeneralNameRef| {
        let dns = name.dnsname().map(|value| format!("DNS:{value}"));
        dns.or_else(|| name.email().map(|value| format!("email:{value}")))
            .or_else(|| name.uri().map(|value| format!("URI:{value}")))
            .or_else(|| name.ipaddress().and_then(address).map(|value| format!("IP:{value}")))
    };
    names.iter().flatten().filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
