//! Names in certificates, as text.

use std::cmp::Ordering;
use std::fmt::Write as _;

use openssl::asn1::{Asn1Object, Asn1ObjectRef};
use openssl::nid::Nid;
use openssl::x509::{X509NameRef, X509Ref};

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

/// Whether issuer and subject are the same, as in roots.
pub fn is_self_issued(certificate: &X509Ref) -> bool {
    is_same_name(certificate.issuer_name(), certificate.subject_name())
}

/// As OpenSSL compares names: case and blanks do not matter.
pub fn is_same_name(one: &X509NameRef, other: &X509NameRef) -> bool {
    one.try_cmp(other).is_ok_and(Ordering::is_eq)
}

/// OpenSSL's short name of what has this OID, or the OID.
pub(super) fn name_of(oid: &str) -> String {
    Asn1Object::from_str(oid).map_or_else(|_| oid.to_owned(), |object| short_name(&object))
}

/// OpenSSL's short name of an object, or its OID: `CN`, `clientAuth`, `1.2.3.4`.
fn short_name(object: &Asn1ObjectRef) -> String {
    match object.nid() {
        Nid::UNDEF => object.to_string(),
        nid => nid.short_name().map_or_else(|_| object.to_string(), str::to_owned),
    }
}
