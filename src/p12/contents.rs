//! The contents of the safes, after the password has opened them.

use std::sync::OnceLock;

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::bag::{Label, OtherBag, blank_key, key_algorithm};
use super::budget::Budget;
use super::fault::{Fault, Parsed, named};
use super::iterate::Wiped;
use super::protection::Protection;
use crate::secret::Secret;

/// Keys and certificates, as many as could be read.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) keys: Vec<KeyEntry>,
    pub(super) certificates: Vec<CertificateEntry>,
    /// Certificates that OpenSSL cannot read.
    pub(super) unreadable: usize,
    /// Keys that have another password.
    pub(super) closed: usize,
    /// The password that fitted.
    pub(super) password: Option<Secret>,
    /// The key's own password, if that fitted.
    pub(super) key_password: Option<Secret>,
    /// How it had to be written, where that is unusual.
    pub(super) unusual: Option<&'static str>,
    /// How it was found in its source, where that is unusual.
    pub(super) reading: Option<String>,
    pub(super) others: Vec<OtherBag>,
    pub(super) warnings: Vec<String>,
}

pub(super) struct KeyEntry {
    pkcs8: Wiped,
    oid: String,
    key: OnceLock<Option<PKey<Private>>>,
    pub(super) label: Label,
    /// Its own encryption.
    pub(super) protection: Option<Protection>,
    /// Whether it is encrypted, by itself or by the safe around it.
    pub(super) encrypted: bool,
}

/// DSA, and the two forms of DH.
const FINITE_FIELD: &[&str] = &["1.2.840.10040.4.1", "1.2.840.113549.1.3.1", "1.2.840.10046.2.1"];

/// In bytes of PKCS#8: enough for DSA with 4096 bits. FIPS 186-4 ends at 3072.
const LARGEST_FINITE_FIELD: usize = 2048;

/// In bytes of PKCS#8: enough for RSA with 16384 bits, the most that OpenSSL verifies.
const LARGEST: usize = 16 * 1024;

/// In units of the budget: about 0.15 s for the largest finite-field key, 3 ms for the slowest other key.
const COSTS: (u64, u64) = (1_000_000, 13_000);

impl KeyEntry {
    /// A key in PKCS#8, not yet read. OpenSSL computes the public half of some keys: in time that grows with the cube of
    /// its size for a finite field. So size and number are bounded before it sees them.
    pub(super) fn new(
        pkcs8: Wiped,
        label: Label,
        protection: Option<Protection>,
        encrypted: bool,
        budget: &mut Budget,
    ) -> Parsed<Self> {
        let oid = key_algorithm(&pkcs8).ok_or_else(|| Fault::malformed("its key is not PKCS#8"))?;
        let (largest, cost) = match FINITE_FIELD.contains(&oid.as_str()) {
            true => (LARGEST_FINITE_FIELD, COSTS.0),
            false => (LARGEST, COSTS.1),
        };
        if pkcs8.len() > largest || budget.spend(cost).is_none() {
            let what = format!("its keys (OID {oid}) are larger or more than any real ones");
            return Err(Fault::unsupported(what)
                .with_hint("export only the key that is needed, with its certificates"));
        }
        Ok(Self { pkcs8, oid, key: OnceLock::new(), label, encrypted, protection })
    }

    /// The key, read when it is first needed; `None` if OpenSSL does not know its algorithm.
    pub(super) fn key(&self) -> Option<&PKey<Private>> {
        let read = || {
            let key = PKey::private_key_from_pkcs8(&self.pkcs8).ok();
            // OpenSSL's decoder frees a copy without wiping it. Decoding a key without the secret reuses that
            // memory and overwrites it.
            let _ = blank_key(&self.pkcs8).map(|blank| PKey::private_key_from_pkcs8(&blank));
            key
        };
        self.key.get_or_init(read).as_ref()
    }

    /// The key alone, so that no copy of its secret is kept.
    pub(super) fn into_key(self) -> Option<PKey<Private>> {
        self.key();
        self.key.into_inner().flatten()
    }

    /// Its algorithm's OID, with its name if it has one.
    pub(super) fn algorithm(&self) -> String {
        named(&self.oid)
    }
}

pub(super) struct CertificateEntry {
    pub(super) certificate: X509,
    pub(super) label: Label,
}
