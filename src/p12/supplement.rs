//! Certificates that a file lacks, given beside it.

use std::cmp::Ordering;

use openssl::x509::{X509, X509Ref};

use super::bag::Label;
use super::contents::{CertificateEntry, Contents};
use crate::certificate;

#[derive(Debug, Clone, Default)]
pub struct Supplement {
    /// A key's certificate and those above it. Each takes the place of all in the file that have its key.
    pub renewed: Vec<X509>,
    /// Certificates for the chain. They come before those of the file, so that a CA's new certificate is taken.
    pub chain: Vec<X509>,
}

impl Supplement {
    pub(super) fn add_to(self, contents: &mut Contents) {
        let Self { mut renewed, chain } = self;
        // Of two certificates of one key, the newer one is meant.
        renewed.sort_by(|one, other| {
            other.not_before().partial_cmp(one.not_before()).unwrap_or(Ordering::Equal)
        });
        let known = std::mem::take(&mut contents.certificates);
        let label = |fresh: &X509| {
            let old = known.iter().find(|old| is_same_key(&old.certificate, fresh));
            old.map(|old| old.label.clone()).unwrap_or_default()
        };
        let mut entries: Vec<_> = renewed
            .iter()
            .map(|fresh| CertificateEntry { certificate: fresh.clone(), label: label(fresh) })
            .collect();
        // What is no CA's cannot be a better issuer, and must not be taken for the key's own.
        let (authorities, others): (Vec<_>, Vec<_>) =
            chain.into_iter().partition(|certificate| certificate::describe(certificate).authority);
        let bare = |certificate| CertificateEntry { certificate, label: Label::default() };
        entries.extend(authorities.into_iter().map(bare));
        let is_replaced =
            |old: &CertificateEntry| renewed.iter().any(|fresh| is_same_key(&old.certificate, fresh));
        entries.extend(known.into_iter().filter(|old| !is_replaced(old)));
        entries.extend(others.into_iter().map(bare));
        contents.certificates = entries;
    }
}

fn is_same_key(one: &X509Ref, other: &X509Ref) -> bool {
    one.public_key().is_ok_and(|key| other.public_key().is_ok_and(|other| other.public_eq(&key)))
}
