//! What is in the safes once the password has opened them.

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::bag::{Label, OtherBag};
use super::fault::named;
use super::protection::Protection;

/// Keys and certificates, as many as could be read.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) keys: Vec<KeyEntry>,
    pub(super) certificates: Vec<CertificateEntry>,
    /// Certificates that are none, by OpenSSL's judgement.
    pub(super) unreadable: usize,
    /// Keys that have another password.
    pub(super) closed: usize,
    /// How the password had to be written, where that is unusual.
    pub(super) unusual: Option<&'static str>,
    /// Other things, by name.
    pub(super) others: Vec<OtherBag>,
    pub(super) warnings: Vec<String>,
}

/// A private key; `key` is missing where OpenSSL does not know its algorithm.
pub(super) struct KeyEntry {
    pub(super) key: Option<PKey<Private>>,
    pub(super) label: Label,
    /// How it was encrypted by itself.
    pub(super) protection: Option<Protection>,
    /// Whether anything encrypts it: that, or the safe around it.
    pub(super) encrypted: bool,
    pub(super) oid: String,
}

impl KeyEntry {
    /// Its algorithm's OID, with its name where it has one.
    pub(super) fn algorithm(&self) -> String {
        named(&self.oid)
    }
}

/// A certificate and what its bag is called.
pub(super) struct CertificateEntry {
    pub(super) certificate: X509,
    pub(super) label: Label,
}
