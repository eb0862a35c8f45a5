//! What is in the safes once the password has opened them.

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
    /// Certificates that are none, by OpenSSL's judgement.
    pub(super) unreadable: usize,
    /// Keys that have another password.
    pub(super) closed: usize,
    /// The password that fitted.
    pub(super) password: Option<Secret>,
    /// How it had to be written, where that is unusual.
    pub(super) unusual: Option<&'static str>,
    /// How it was found in its source, where that is unusual.
    pub(super) reading: Option<String>,
    /// Other things, by name.
    pub(super) others: Vec<OtherBag>,
    pub(super) warnings: Vec<String>,
}

/// A private key.
pub(super) struct KeyEntry {
    pkcs8: Wiped,
    oid: String,
    key: OnceLock<Option<PKey<Private>>>,
    pub(super) label: Label,
    /// How it was encrypted by itself.
    pub(super) protection: Option<Protection>,
    /// Whether anything encrypts it: that, or the safe around it.
    pub(super) encrypted: bool,
}

/// DSA, and the two forms of DH.
const FINITE_FIELD: &[&str] = &["1.2.840.10040.4.1", "1.2.840.113549.1.3.1", "1.2.840.10046.2.1"];

/// In bytes of PKCS#8: room for DSA of 4096 bits, thrice what FIPS 186-4 knows.
const LARGEST_FINITE_FIELD: usize = 2048;

/// In bytes of PKCS#8: room for RSA of 16384 bits, the largest that OpenSSL verifies.
const LARGEST: usize = 16 * 1024;

/// In units of the budget: some 0.15 s for the largest finite-field key, 3 ms for the slowest of the others.
const COSTS: (u64, u64) = (1_000_000, 20_000);

impl KeyEntry {
    /// A key in PKCS#8, not yet read. OpenSSL computes the public half of some keys: in time that grows with the cube of
    /// its size for a finite field. So size and number are bounded before it sees them.
    pub(super) fn new(
        pkcs8: Wiped,
        label: Label,
        protection: Option<Protection>,
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
        Ok(Self { pkcs8, oid, key: OnceLock::new(), label, encrypted: protection.is_some(), protection })
    }

    /// The key, read when it is first needed; `None` where OpenSSL does not know its algorithm.
    pub(super) fn key(&self) -> Option<&PKey<Private>> {
        let read = || {
            let key = PKey::private_key_from_pkcs8(&self.pkcs8).ok();
            // OpenSSL's decoder lets go of a copy that it does not wipe. The same again without the secret gets that
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
