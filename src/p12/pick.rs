//! Chooses key, leaf and chain by the keys themselves, not by their labels.

use std::collections::HashSet;

use icu_normalizer::ComposingNormalizerBorrowed;
use openssl::pkey::{Id, PKey, Private};
use openssl::x509::X509;

use super::bag::OtherBag;
use super::chain::Issuers;
use super::contents::{CertificateEntry, Contents};
use super::fault::{Fault, Parsed};
use super::file::P12File;
use super::leaves::Leaves;
use crate::certificate::{self, Certificate, KeyKind};
use crate::error::{Error, Kind, Result};
use crate::words::counted;

/// What TLS needs.
#[derive(Clone)]
pub struct Identity {
    /// The private key; OpenSSL wipes it.
    pub key: PKey<Private>,
    pub leaf: X509,
    /// The leaf's issuer first.
    pub chain: Vec<X509>,
}

pub(super) struct Picked {
    key: Option<PKey<Private>>,
    algorithm: String,
    pub(super) leaf: X509,
    pub(super) chain: Vec<X509>,
    pub(super) alias: Option<String>,
}

impl Picked {
    /// The identity for TLS, which uses signature keys only (RFC 8446 section 4.2.3).
    pub(super) fn identity(&self, file: &P12File) -> Result<Identity> {
        let unusable = || {
            let (name, algorithm) = (file.name(), &self.algorithm);
            Error::new(
                Kind::KeyNotForTls,
                format!("TLS cannot use the key of {name}: it is of type {algorithm}"),
            )
        };
        let key = self.key.clone().filter(can_sign).ok_or_else(unusable)?;
        Ok(Identity { key, leaf: self.leaf.clone(), chain: self.chain.clone() })
    }
}

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

/// Chooses by alias. Without one, there must be a single key.
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
    let chain = Issuers::new(&contents.certificates).build_chain(leaf).into_iter().skip(1);
    let chain =
        chain.filter_map(|at| contents.certificates.get(at)).map(|entry| entry.certificate.clone()).collect();
    if contents.unreadable > 0 {
        let unreadable = counted(contents.unreadable, "unreadable certificate");
        warnings.push(format!("left out: {unreadable} in it"));
    }
    let leaf = contents.certificates.swap_remove(leaf).certificate;
    let key = contents.keys.swap_remove(key);
    let algorithm = match certificate::describe(&leaf).key {
        KeyKind::Unreadable => key.algorithm(),
        kind => kind.name_and_oid(),
    };
    Ok(Picked { algorithm, key: key.into_key(), leaf, chain, alias })
}

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
    let mut known = HashSet::new();
    let leaves = Leaves::new(&contents.keys, &contents.certificates);
    for (at, key) in contents.keys.iter().enumerate() {
        for leaf in leaves.find(key).into_iter().filter(|leaf| known.insert(*leaf)) {
            let named = contents.certificates.get(leaf).and_then(|entry| entry.label.alias.clone());
            let alias = key.label.alias.clone().or(named);
            candidates.push(Candidate { key: at, leaf, alias });
        }
    }
    candidates
}

/// If the user has not chosen, it also returns which certificates of the same key were left out.
fn choose(
    mut candidates: Vec<Candidate>,
    alias: Option<&str>,
    certificates: &[CertificateEntry],
) -> Parsed<(Candidate, Option<String>)> {
    let describe = |(at, candidate): (usize, &Candidate)| {
        let facts = certificates.get(candidate.leaf).map(|entry| certificate::describe(&entry.certificate));
        let facts = facts.unwrap_or_default();
        let (Certificate { issuer, not_after, .. }, subject) = (&facts, facts.title());
        let name = candidate.alias.as_deref().map_or(String::new(), |alias| format!(" {alias:?}"));
        format!("#{}{name} ({subject}, until {not_after}, issued by {issuer})", at + 1)
    };
    let list = || candidates.iter().enumerate().map(describe).collect::<Vec<_>>().join(", ");
    let mut keys: Vec<_> = candidates.iter().map(|candidate| candidate.key).collect();
    keys.dedup();
    let (at, is_number) = match alias {
        Some(wanted) => find(&candidates, wanted).ok_or_else(|| {
            let what = format!("no key in it is called {wanted:?}; there are {}", list());
            Fault::new(Kind::UnknownAlias, what)
        })?,
        None if keys.len() > 1 => {
            let what = format!("it holds {}: {}", counted(keys.len(), "key"), list());
            return Err(Fault::new(Kind::SeveralKeys, what));
        }
        None => (0, false),
    };
    let key = candidates.get(at).map(|chosen| chosen.key);
    let count = candidates.iter().filter(|other| Some(other.key) == key).count();
    let others = (count > 1 && !is_number).then(|| {
        let (count, number, list) = (counted(count, "certificate"), at + 1, list());
        format!("its key has {count}, of which #{number} is used: {list}; --alias '#N' chooses another")
    });
    Ok((candidates.swap_remove(at), others))
}

/// Which one is called so, and whether by its number.
fn find(candidates: &[Candidate], wanted: &str) -> Option<(usize, bool)> {
    let exact = |candidate: &Candidate| candidate.alias.as_deref() == Some(wanted);
    // Java's names have no case; macOS and Windows write the same accents in two ways.
    let fold = |name: &str| ComposingNormalizerBorrowed::new_nfc().normalize(name).to_lowercase();
    let folded =
        |candidate: &Candidate| candidate.alias.as_deref().is_some_and(|alias| fold(alias) == fold(wanted));
    let number = || {
        let number: usize = wanted.strip_prefix('#').unwrap_or(wanted).parse().ok()?;
        number.checked_sub(1).filter(|at| *at < candidates.len())
    };
    let named = candidates.iter().position(exact).or_else(|| candidates.iter().position(folded));
    named.map(|at| (at, false)).or_else(|| Some((number()?, true)))
}
