//! Which certificate issued which, and the chains that result. The work is limited for the whole file, as
//! hostile files have thousands of certificates with the same name.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use openssl::x509::{X509Ref, X509VerifyResult};

use super::contents::CertificateEntry;
use crate::certificate::{is_same_name, is_self_issued};

/// The certificates of a file, each by its index.
pub(super) struct Issuers<'a> {
    certificates: &'a [CertificateEntry],
    by_subject: HashMap<u32, Vec<usize>>,
    /// The possible issuers of a certificate, the most likely first.
    known: RefCell<HashMap<usize, Vec<usize>>>,
    work: Cell<u64>,
}

/// How many certificates with the same subject are tried. Real files have one or two.
const MAX_NAMESAKES: usize = 32;

const MAX_CHAIN: usize = 32;

/// The cost of all signatures that are checked for one file: 250 of usual size. Real files need one per
/// certificate.
const WORK: u64 = 250 * LEAST_COST;

/// The least cost of a signature. The cost is the square of the sizes of key and signature, in bytes.
const LEAST_COST: u64 = 1 << 20;

impl<'a> Issuers<'a> {
    pub(super) fn new(certificates: &'a [CertificateEntry]) -> Self {
        let mut by_subject = HashMap::<_, Vec<_>>::new();
        for (at, entry) in certificates.iter().enumerate() {
            let namesakes = by_subject.entry(entry.certificate.subject_name_hash()).or_default();
            if namesakes.len() < MAX_NAMESAKES {
                namesakes.push(at);
            }
        }
        Self { certificates, by_subject, known: RefCell::default(), work: Cell::new(WORK) }
    }

    /// The chain from the leaf upwards, as far as the file has it. An issuer has the right name and has
    /// signed; if none has signed, OpenSSL's other checks decide. No certificate is used twice, so that a
    /// circle ends.
    pub(super) fn build_chain(&self, leaf: usize) -> Vec<usize> {
        let mut chain = vec![leaf];
        while let Some(last) = chain.last().filter(|_| chain.len() < MAX_CHAIN) {
            match self.issuers(*last).into_iter().find(|issuer| !chain.contains(issuer)) {
                Some(issuer) => chain.push(issuer),
                None => break,
            }
        }
        chain
    }

    fn issuers(&self, at: usize) -> Vec<usize> {
        if let Some(known) = self.known.borrow().get(&at) {
            return known.clone();
        }
        let issuers = self.find_issuers(at);
        self.known.borrow_mut().insert(at, issuers.clone());
        issuers
    }

    fn find_issuers(&self, at: usize) -> Vec<usize> {
        let Some(below) = self.certificate(at).filter(|below| !is_self_issued(below)) else {
            return Vec::new();
        };
        let is_named = |issuer: &usize| {
            let issuer = self.certificate(*issuer);
            issuer.is_some_and(|issuer| is_same_name(issuer.subject_name(), below.issuer_name()))
        };
        let seems = |issuer: &usize| {
            self.certificate(*issuer).is_some_and(|issuer| issuer.issued(below) == X509VerifyResult::OK)
        };
        let namesakes = self.by_subject.get(&below.issuer_name_hash());
        let named: Vec<_> = namesakes.into_iter().flatten().copied().filter(is_named).collect();
        let (mut issuers, others): (Vec<_>, Vec<_>) =
            named.into_iter().partition(|issuer| self.has_signed(*issuer, at) == Some(true));
        issuers.extend(others.into_iter().filter(seems));
        issuers
    }

    fn certificate(&self, at: usize) -> Option<&'a X509Ref> {
        self.certificates.get(at).map(|entry| &*entry.certificate)
    }

    /// Whether an issuer's key has signed a certificate; `None` if OpenSSL cannot check it, or the limit is
    /// reached.
    fn has_signed(&self, issuer: usize, below: usize) -> Option<bool> {
        let (above, signed) = (self.certificate(issuer)?, self.certificate(below)?);
        let key = above.public_key().ok()?;
        let bytes = key.public_key_to_der().ok()?.len() + signed.signature().len();
        let cost = (bytes as u64).pow(2).max(LEAST_COST);
        self.work.set(self.work.get().checked_sub(cost)?);
        signed.verify(&key).ok()
    }
}
