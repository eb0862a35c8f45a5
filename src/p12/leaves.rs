//! Which certificate belongs to which key, decided by the keys themselves, not by their labels.

use std::collections::{HashMap, HashSet};

use openssl::asn1::Asn1Time;
use openssl::pkey::{HasPublic, PKeyRef};
use openssl::sha::sha256;
use openssl::x509::X509Ref;

use super::contents::{CertificateEntry, KeyEntry};

/// The certificates of a file by their keys, each by its index.
pub(super) struct Leaves<'a> {
    certificates: &'a [CertificateEntry],
    /// How many keys there are, and their localKeyIDs.
    keys: usize,
    key_ids: HashSet<&'a [u8]>,
    by_key: HashMap<PublicKey, Vec<usize>>,
    by_id: HashMap<&'a [u8], usize>,
}

/// The SHA-256 of a key as OpenSSL writes it.
type PublicKey = [u8; 32];

/// How many pairs of keys with several encodings are compared at most.
const MAX_PAIRS: usize = 10_000;

impl<'a> Leaves<'a> {
    pub(super) fn new(keys: &'a [KeyEntry], certificates: &'a [CertificateEntry]) -> Self {
        let (mut by_key, mut by_id) = (HashMap::<PublicKey, Vec<usize>>::new(), HashMap::new());
        let mut known = HashSet::new();
        for (at, entry) in certificates.iter().enumerate() {
            let key = entry.certificate.public_key().ok().and_then(|key| digest(&key));
            let id = entry.label.key_id.as_deref();
            let is_new = entry.certificate.to_der().is_ok_and(|der| known.insert((sha256(&der), id)));
            if let Some(key) = key.filter(|_| is_new) {
                by_key.entry(key).or_default().push(at);
            }
            if let Some(id) = id {
                by_id.entry(id).or_insert(at);
            }
        }
        let key_ids = keys.iter().filter_map(|key| key.label.key_id.as_deref()).collect();
        Self { certificates, keys: keys.len(), key_ids, by_key, by_id }
    }

    /// The certificates of one of so many keys, the one to send first. If a key cannot be compared, its
    /// localKeyID decides, or that there is only one certificate. A renewed certificate may have the same
    /// key. Then the valid one is sent, and of several valid ones the one with the key's localKeyID.
    pub(super) fn find(&self, entry: &'a KeyEntry) -> Vec<usize> {
        let id = entry.label.key_id.as_deref();
        let Some(private) = entry.key() else {
            let single = || (self.certificates.len() == 1).then_some(0);
            return id.and_then(|id| self.by_id.get(id)).copied().or_else(single).into_iter().collect();
        };
        let found = digest(private).and_then(|key| self.by_key.get(&key)).cloned();
        let mut leaves = found.unwrap_or_else(|| self.compare(private).into_iter().collect());
        let has_id = |entry: &CertificateEntry| id.is_some() && entry.label.key_id.as_deref() == id;
        let entry = |at: &usize| self.certificates.get(*at);
        // One that is stored with another key is that key's, even if the two keys are the same.
        let is_anothers = |entry: &CertificateEntry| {
            let other = entry.label.key_id.as_deref().filter(|other| Some(*other) != id);
            other.is_some_and(|other| self.key_ids.contains(other))
        };
        leaves.retain(|at| !entry(at).is_some_and(is_anothers));
        leaves
            .sort_by_cached_key(|at| entry(at).map(|entry| (!is_valid(&entry.certificate), !has_id(entry))));
        // One that is there twice, as with and without a localKeyID, is one.
        let mut known = HashSet::new();
        let der = |at: &usize| entry(at)?.certificate.to_der().ok();
        leaves.retain(|at| der(at).is_none_or(|der| known.insert(sha256(&der))));
        leaves
    }

    /// The same key can have another encoding, such as a compressed point.
    fn compare<T: HasPublic>(&self, private: &PKeyRef<T>) -> Option<usize> {
        let is_same = |entry: &CertificateEntry| {
            entry.certificate.public_key().is_ok_and(|public| public.public_eq(private))
        };
        let few = self.keys * self.certificates.len() <= MAX_PAIRS;
        self.certificates.iter().filter(|_| few).position(is_same)
    }
}

fn digest<T: HasPublic>(key: &PKeyRef<T>) -> Option<PublicKey> {
    Some(sha256(&key.public_key_to_der().ok()?))
}

fn is_valid(certificate: &X509Ref) -> bool {
    Asn1Time::days_from_now(0)
        .is_ok_and(|now| certificate.not_before() <= now.as_ref() && certificate.not_after() >= now.as_ref())
}
