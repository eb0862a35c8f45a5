//! Which key of a P12, which leaf, which chain: by the keys themselves, not by what their bags say.

use openssl::pkey::{Id, PKey, Private};
use openssl::x509::X509;

use super::bag::OtherBag;
use super::chain::Issuers;
use super::contents::{CertificateEntry, Contents};
use super::fault::{Fault, Parsed};
use super::file::P12File;
use super::identity::Identity;
use super::leaves::Leaves;
use crate::certificate::{self, KeyKind};
use crate::error::{Error, Kind, Result};
use crate::words::counted;

/// The identity that was chosen.
pub(super) struct Picked {
    key: Option<PKey<Private>>,
    algorithm: String,
    pub(super) leaf: X509,
    pub(super) chain: Vec<X509>,
    pub(super) alias: Option<String>,
}

impl Picked {
    /// The identity for TLS, which knows signature keys only (RFC 8446 section 4.2.3).
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
    let Candidate { key, leaf, alias } = choose(candidates, alias, &contents.certificates)?;
    let chain = Issuers::new(&contents.certificates).build_chain(leaf).into_iter().skip(1);
    let chain =
        chain.filter_map(|at| contents.certificates.get(at)).map(|entry| entry.certificate.clone()).collect();
    if contents.unreadable > 0 {
        let unreadable = counted(contents.unreadable, "unreadable certificate");
        warnings.push(format!("left out: {unreadable} in it"));
    }
    let leaf = contents.certificates.swap_remove(leaf).certificate;
    let key = contents.keys.swap_remove(key);
    Ok(Picked { algorithm: key.algorithm(), key: key.into_key(), leaf, chain, alias })
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

/// Each key that has a certificate; the same key twice is one.
fn find_candidates(contents: &Contents) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let leaves = Leaves::new(&contents.certificates);
    for (at, key) in contents.keys.iter().enumerate() {
        let Some(leaf) = leaves.find(key, contents.keys.len()) else { continue };
        if candidates.iter().any(|known| known.leaf == leaf) {
            continue;
        }
        let named = contents.certificates.get(leaf).and_then(|entry| entry.label.alias.clone());
        let alias = key.label.alias.clone().or(named);
        candidates.push(Candidate { key: at, leaf, alias });
    }
    candidates
}

fn choose(
    mut candidates: Vec<Candidate>,
    alias: Option<&str>,
    certificates: &[CertificateEntry],
) -> Parsed<Candidate> {
    let list = || {
        let named = candidates.iter().enumerate().map(|(at, candidate)| {
            let subject =
                certificates.get(candidate.leaf).map(|c| certificate::name(c.certificate.subject_name()));
            let name = candidate.alias.as_deref().map_or(String::new(), |alias| format!(" {alias:?}"));
            format!("#{}{name} ({})", at + 1, subject.unwrap_or_default())
        });
        named.collect::<Vec<_>>().join(", ")
    };
    let Some(wanted) = alias else {
        return match candidates.len() {
            1 => Ok(candidates.swap_remove(0)),
            count => Err(Fault::new(Kind::SeveralKeys, format!("it holds {count} keys: {}", list()))),
        };
    };
    let exact = |candidate: &Candidate| candidate.alias.as_deref() == Some(wanted);
    let folded = |candidate: &Candidate| {
        candidate.alias.as_deref().is_some_and(|alias| alias.to_lowercase() == wanted.to_lowercase())
    };
    let number = || {
        let number: usize = wanted.strip_prefix('#')?.parse().ok()?;
        number.checked_sub(1).filter(|at| *at < candidates.len())
    };
    let found =
        candidates.iter().position(exact).or_else(|| candidates.iter().position(folded)).or_else(number);
    match found {
        Some(at) => Ok(candidates.swap_remove(at)),
        None => {
            let what = format!("no key in it is called {wanted:?}; there are {}", list());
            Err(Fault::new(Kind::UnknownAlias, what))
        }
    }
}
