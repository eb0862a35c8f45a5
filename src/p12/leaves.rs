//! Which certificate belongs to which key: by the keys themselves, not by what their bags say.

use std::collections::HashMap;

use openssl::pkey::{HasPublic, PKeyRef};
use openssl::sha::sha256;

use super::contents::{CertificateEntry, KeyEntry};

/// The certificates of a file by their keys, each by its index.
pub(super) struct Leaves<'a> {
    certificates: &'a [CertificateEntry],
    by_key: HashMap<PublicKey, usize>,
    /// By key and localKeyID.
    by_both: HashMap<(PublicKey, &'a [u8]), usize>,
    by_id: HashMap<&'a [u8], usize>,
}

/// The SHA-256 of a key as OpenSSL writes it.
type PublicKey = [u8; 32];

/// Keys that can be written in more than one way are compared one by one in no more than so many pairs.
const MAX_PAIRS: usize = 10_000;

impl<'a> Leaves<'a> {
    pub(super) fn new(certificates: &'a [CertificateEntry]) -> Self {
        let (mut by_key, mut by_both, mut by_id) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (at, entry) in certificates.iter().enumerate() {
            let key = entry.certificate.public_key().ok().and_then(|key| digest(&key));
            let id = entry.label.key_id.as_deref();
            if let Some(key) = key {
                by_key.entry(key).or_insert(at);
            }
            if let Some(id) = id {
                by_id.entry(id).or_insert(at);
            }
            if let (Some(key), Some(id)) = (key, id) {
                by_both.entry((key, id)).or_insert(at);
            }
        }
        Self { certificates, by_key, by_both, by_id }
    }

    /// The certificate of a key, one of so many. A key that cannot be compared goes by its localKeyID, or by there being
    /// one certificate only.
    pub(super) fn find(&self, entry: &'a KeyEntry, keys: usize) -> Option<usize> {
        let id = entry.label.key_id.as_deref();
        let Some(private) = entry.key() else {
            let single = || (self.certificates.len() == 1).then_some(0);
            return id.and_then(|id| self.by_id.get(id)).copied().or_else(single);
        };
        let key = digest(private)?;
        // A renewed certificate may keep its key: then the localKeyID tells which one this key is stored with.
        let both = id.and_then(|id| self.by_both.get(&(key, id)));
        both.or_else(|| self.by_key.get(&key)).copied().or_else(|| self.compare(private, keys))
    }

    /// The same key may be written in another way, such as with a compressed point.
    fn compare<T: HasPublic>(&self, private: &PKeyRef<T>, keys: usize) -> Option<usize> {
        let is_same = |entry: &CertificateEntry| {
            entry.certificate.public_key().is_ok_and(|public| public.public_eq(private))
        };
        let few = keys * self.certificates.len() <= MAX_PAIRS;
        self.certificates.iter().filter(|_| few).position(is_same)
    }
}

fn digest<T: HasPublic>(key: &PKeyRef<T>) -> Option<PublicKey> {
    Some(sha256(&key.public_key_to_der().ok()?))
}
