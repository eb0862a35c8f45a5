//! Which key of a P12, which leaf, which chain: by the keys themselves, not by what their bags say.

use std::cmp::Ordering;

use openssl::asn1::Asn1Time;
use openssl::pkey::{Id, PKey, Private};
use openssl::x509::{X509, X509Ref, X509VerifyResult};

use super::bag::OtherBag;
use super::contents::{CertificateEntry, Contents, KeyEntry};
use super::fault::{Fault, Parsed};
use super::file::P12File;
use super::identity::Identity;
use crate::certificate::{self, Certificate, KeyKind};
use crate::error::{Error, Kind, Result};
use crate::words::counted;

/// The identity that was chosen.
pub(super) struct Picked {
    key: KeyEntry,
    pub(super) leaf: X509,
    pub(super) chain: Vec<X509>,
    pub(super) alias: Option<String>,
}

impl Picked {
    /// The identity for TLS, which knows signature keys only (RFC 8446 section 4.2.3).
    pub(super) fn identity(&self, file: &P12File) -> Result<Identity> {
        let unusable = || {
            let name = file.name();
            let algorithm = match certificate::describe(&self.leaf).key {
                KeyKind::Unreadable => self.key.algorithm(),
                kind => kind.name_and_oid(),
            };
            Error::new(
                Kind::KeyNotForTls,
                format!("TLS cannot use the key of {name}: it is of type {algorithm}"),
            )
        };
        let key = self.key.key.clone().filter(can_sign).ok_or_else(unusable)?;
        Ok(Identity { key, leaf: self.leaf.clone(), chain: self.chain.clone() })
    }
}

/// Whether TLS can use a key.
fn can_sign(key: &PKey<Private>) -> bool {
    [Id::RSA, Id::RSA_PSS, Id::EC, Id::DSA, Id::ED25519, Id::ED448].contains(&key.id())
        || matches!(KeyKind::of(key).0, KeyKind::MlDsa(_))
}

/// A key that has a certificate, by index.
struct Candidate {
    key: usize,
    leaf: usize,
    alias: Option<String>,
}

/// Chooses by alias; without one there has to be a single key.
pub(super) fn pick(
    mut contents: Contents,
    alias: Option<&str>,
    warnings: &mut Vec<String>,
) -> Parsed<Picked> {
    check_complete(&contents)?;
    let candidates = find_candidates(&contents);
    if candidates.is_empty() {
        return Err(explain_mismatch(&contents));
    }
    let (chosen, others) = choose(candidates, alias, &contents.certificates)?;
    warnings.extend(others);
    let Candidate { key, leaf, alias } = chosen;
    let chain = build_chain(leaf, &contents.certificates).into_iter().skip(1);
    let chain =
        chain.filter_map(|at| contents.certificates.get(at)).map(|entry| entry.certificate.clone()).collect();
    if contents.unreadable > 0 {
        let unreadable = counted(contents.unreadable, "unreadable certificate");
        warnings.push(format!("left out: {unreadable} in it"));
    }
    let leaf = contents.certificates.swap_remove(leaf).certificate;
    Ok(Picked { key: contents.keys.swap_remove(key), leaf, chain, alias })
}

/// Whether there is a key and a certificate at all.
fn check_complete(contents: &Contents) -> Parsed<()> {
    let Contents { keys, certificates, unreadable, others, .. } = contents;
    let count = certificates.len() + unreadable;
    let list = |what: &str| match others.as_slice() {
        [] => what.to_owned(),
        [one] => format!("{what}, and one other item, {one}"),
        [first, ..] => format!("{what}, and {} other items such as {first}", others.len()),
    };
    let (kind, what) = match (keys.len(), count) {
        (0, 0) if others.is_empty() => (Kind::Empty, "there is nothing in it".to_owned()),
        (0, 0) if others.contains(&OtherBag::Secret) => {
            (Kind::NoKey, list("it holds no private key and no certificate"))
        }
        (0, 0) => (Kind::Empty, list("it holds neither a key nor a certificate")),
        (0, count) => {
            (Kind::NoKey, list(&format!("it holds {} but no private key", counted(count, "certificate"))))
        }
        (_, 0) => (Kind::NoCertificate, list("it holds a private key but no certificate")),
        _ => return Ok(()),
    };
    Err(Fault::new(kind, what))
}

fn explain_mismatch(contents: &Contents) -> Fault {
    match contents.certificates.first() {
        Some(entry) if contents.unreadable == 0 => {
            let subject = certificate::name(entry.certificate.subject_name());
            let what = format!("its key belongs to none of its certificates (the first is {subject})");
            Fault::new(Kind::KeyMismatch, what)
        }
        _ => Fault::malformed("its certificate is not readable as X.509"),
    }
}

/// Each key with each of its certificates; the same key twice is one.
fn find_candidates(contents: &Contents) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (at, key) in contents.keys.iter().enumerate() {
        for leaf in find_leaves(key, &contents.certificates) {
            if candidates.iter().any(|known| known.leaf == leaf) {
                continue;
            }
            let named = contents.certificates.get(leaf).and_then(|entry| entry.label.alias.clone());
            let alias = key.label.alias.clone().or(named);
            candidates.push(Candidate { key: at, leaf, alias });
        }
    }
    candidates
}

/// The certificates of a key, the one to send first. A key that cannot be compared goes by its localKeyID, or by there
/// being one only. A renewed certificate may keep its key: then the valid one counts, and of several that are valid the
/// one whose localKeyID is the key's.
pub(super) fn find_leaves(key: &KeyEntry, certificates: &[CertificateEntry]) -> Vec<usize> {
    let same_id =
        |entry: &CertificateEntry| key.label.key_id.is_some() && entry.label.key_id == key.label.key_id;
    let Some(public) = &key.key else {
        let single = || (certificates.len() == 1).then_some(0);
        return certificates.iter().position(same_id).or_else(single).into_iter().collect();
    };
    let fits =
        |entry: &CertificateEntry| entry.certificate.public_key().is_ok_and(|known| known.public_eq(public));
    let mut leaves: Vec<usize> = Vec::new();
    for (at, entry) in certificates.iter().enumerate().filter(|(_, entry)| fits(entry)) {
        let known = |leaf: &usize| certificates.get(*leaf).map(|known| &known.certificate);
        if !leaves.iter().any(|leaf| known(leaf) == Some(&entry.certificate)) {
            leaves.push(at);
        }
    }
    let entry = |at: &usize| certificates.get(*at);
    leaves.sort_by_key(|at| entry(at).map(|entry| (!is_valid(&entry.certificate), !same_id(entry))));
    leaves
}

fn is_valid(certificate: &X509Ref) -> bool {
    Asn1Time::days_from_now(0)
        .is_ok_and(|now| certificate.not_before() <= now.as_ref() && certificate.not_after() >= now.as_ref())
}

/// Also says which certificates of the same key were left out, where nobody has chosen.
fn choose(
    mut candidates: Vec<Candidate>,
    alias: Option<&str>,
    certificates: &[CertificateEntry],
) -> Parsed<(Candidate, Option<String>)> {
    let describe = |(at, candidate): (usize, &Candidate)| {
        let facts = certificates.get(candidate.leaf).map(|entry| certificate::describe(&entry.certificate));
        let Certificate { subject, issuer, not_after, .. } = facts.unwrap_or_default();
        let name = candidate.alias.as_deref().map_or(String::new(), |alias| format!(" {alias:?}"));
        format!("#{}{name} ({subject}, until {not_after}, issued by {issuer})", at + 1)
    };
    let list = || candidates.iter().enumerate().map(describe).collect::<Vec<_>>().join(", ");
    let siblings = |at: usize| {
        let key = candidates.get(at)?.key;
        let same = candidates.iter().filter(|candidate| candidate.key == key).count();
        let count = counted(same, "certificate");
        (same > 1).then(|| {
            format!(
                "its key has {count}, of which #{} is used: {}; --alias '#N' chooses another",
                at + 1,
                list()
            )
        })
    };
    let Some(wanted) = alias else {
        let mut keys: Vec<_> = candidates.iter().map(|candidate| candidate.key).collect();
        keys.dedup();
        if keys.len() > 1 {
            let what = format!("it holds {}: {}", counted(keys.len(), "key"), list());
            return Err(Fault::new(Kind::SeveralKeys, what));
        }
        let others = siblings(0);
        return Ok((candidates.swap_remove(0), others));
    };
    let exact = |candidate: &Candidate| candidate.alias.as_deref() == Some(wanted);
    let folded = |candidate: &Candidate| {
        candidate.alias.as_deref().is_some_and(|alias| alias.to_lowercase() == wanted.to_lowercase())
    };
    let number = || {
        let number: usize = wanted.strip_prefix('#')?.parse().ok()?;
        number.checked_sub(1).filter(|at| *at < candidates.len())
    };
    let named = candidates.iter().position(exact).or_else(|| candidates.iter().position(folded));
    match (named, number()) {
        (Some(at), _) => {
            let others = siblings(at);
            Ok((candidates.swap_remove(at), others))
        }
        (None, Some(at)) => Ok((candidates.swap_remove(at), None)),
        (None, None) => {
            let what = format!("no key in it is called {wanted:?}; there are {}", list());
            Err(Fault::new(Kind::UnknownAlias, what))
        }
    }
}

/// From the leaf on, by index, as far as the file has them. A certificate is an issuer by its name and by
/// the signature, or, where none has signed, by what it says of itself; no certificate comes twice, so that a circle
/// ends. Signatures cost time, so only so many are checked.
pub(super) fn build_chain(leaf: usize, certificates: &[CertificateEntry]) -> Vec<usize> {
    let mut used = vec![leaf];
    let mut checks = MAX_CHECKS;
    while let Some(last) = used.last().and_then(|at| certificates.get(*at)) {
        let last = &last.certificate;
        if is_self_issued(last) || checks == 0 {
            break;
        }
        let named = |at: &usize| {
            let entry = certificates.get(*at).filter(|_| !used.contains(at));
            entry.is_some_and(|entry| is_named(&entry.certificate, last))
        };
        let named: Vec<_> = (0..certificates.len()).filter(named).collect();
        let issuer = |at: &usize| certificates.get(*at).map(|entry| &entry.certificate);
        let mut signer = |at: &usize| {
            checks = checks.saturating_sub(1);
            checks > 0 && issuer(at).is_some_and(|issuer| has_signed(issuer, last) == Some(true))
        };
        let seems = |at: &usize| issuer(at).is_some_and(|issuer| issuer.issued(last) == X509VerifyResult::OK);
        match named.iter().find(|at| signer(at)).or_else(|| named.iter().find(|at| seems(at))) {
            Some(at) => used.push(*at),
            None => break,
        }
    }
    used
}

fn is_self_issued(certificate: &X509Ref) -> bool {
    certificate.issuer_name().try_cmp(certificate.subject_name()).is_ok_and(Ordering::is_eq)
}

/// Signatures checked for one chain. Real files need one or two for each of its certificates.
const MAX_CHECKS: u32 = 200;

fn is_named(issuer: &X509Ref, certificate: &X509Ref) -> bool {
    issuer.subject_name().try_cmp(certificate.issuer_name()).is_ok_and(Ordering::is_eq)
}

/// Whether an issuer's key has signed a certificate; `None` where OpenSSL cannot tell.
fn has_signed(issuer: &X509Ref, certificate: &X509Ref) -> Option<bool> {
    issuer.public_key().and_then(|key| certificate.verify(&key)).ok()
}
