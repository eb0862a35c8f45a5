//! Which key of a P12, which leaf, which chain: by the keys themselves, not by what their bags say.

use std::cmp::Ordering;

use openssl::x509::{X509, X509Ref, X509VerifyResult};

use super::contents::{CertificateEntry, Contents, KeyEntry};
use crate::certificate;
use crate::error::Kind;
use crate::words::counted;

/// The identity that was chosen.
pub(super) struct Picked {
    pub(super) key: KeyEntry,
    pub(super) leaf: X509,
    pub(super) chain: Vec<X509>,
    pub(super) alias: Option<String>,
}

type Refused = (Kind, String);

struct Choice {
    key: usize,
    leaf: usize,
    alias: Option<String>,
}

pub(super) fn pick(
    mut contents: Contents,
    alias: Option<&str>,
    warnings: &mut Vec<String>,
) -> Result<Picked, Refused> {
    missing(&contents)?;
    let choices = choices(&contents);
    if choices.is_empty() {
        return Err(mismatch(&contents));
    }
    let Choice { key, leaf, alias } = choose(choices, alias, &contents.certificates)?;
    let chain = chain(leaf, &contents.certificates).into_iter().skip(1);
    let chain =
        chain.filter_map(|at| contents.certificates.get(at)).map(|entry| entry.certificate.clone()).collect();
    if contents.unreadable > 0 {
        let unreadable = counted(contents.unreadable, "unreadable certificate");
        warnings.push(format!("left out: {unreadable} in it"));
    }
    let leaf = contents.certificates.swap_remove(leaf).certificate;
    Ok(Picked { key: contents.keys.swap_remove(key), leaf, chain, alias })
}

fn missing(contents: &Contents) -> Result<(), Refused> {
    let Contents { keys, certificates, unreadable, others, .. } = contents;
    let count = certificates.len() + unreadable;
    let list = |what: String| match others.as_slice() {
        [] => what,
        [first, ..] => format!("{what}, and {} other items such as {first}", others.len()),
    };
    match (keys.len(), count) {
        (0, 0) if others.is_empty() => Err((Kind::Empty, "there is nothing in it".into())),
        (0, 0) if others.contains(&"a secret key") => {
            Err((Kind::NoKey, list("it holds no private key and no certificate".into())))
        }
        (0, 0) => Err((Kind::Empty, list("it holds neither a key nor a certificate".into()))),
        (0, count) => {
            Err((Kind::NoKey, list(format!("it holds {} but no private key", counted(count, "certificate")))))
        }
        (_, 0) => Err((Kind::NoCertificate, list("it holds a private key but no certificate".into()))),
        _ => Ok(()),
    }
}

fn mismatch(contents: &Contents) -> Refused {
    match contents.certificates.first() {
        Some(entry) if contents.unreadable == 0 => {
            let subject = certificate::name(entry.certificate.subject_name());
            let what = format!("its key belongs to none of its certificates (the first is {subject})");
            (Kind::KeyMismatch, what)
        }
        _ => (Kind::Malformed, "its certificate is not readable as X.509".into()),
    }
}

/// Each key that has a certificate; the same key twice is one.
fn choices(contents: &Contents) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for (at, key) in contents.keys.iter().enumerate() {
        let Some(leaf) = leaf_of(key, &contents.certificates) else { continue };
        if choices.iter().any(|known| known.leaf == leaf) {
            continue;
        }
        let named = contents.certificates.get(leaf).and_then(|entry| entry.label.alias.clone());
        let alias = key.label.alias.clone().or(named);
        choices.push(Choice { key: at, leaf, alias });
    }
    choices
}

/// The certificate of a key. A key that cannot be compared goes by its localKeyID, or by there being one only.
pub(super) fn leaf_of(key: &KeyEntry, certificates: &[CertificateEntry]) -> Option<usize> {
    let same_id =
        |entry: &CertificateEntry| key.label.key_id.is_some() && entry.label.key_id == key.label.key_id;
    if let Some(public) = &key.key {
        let fits = |entry: &CertificateEntry| {
            entry.certificate.public_key().is_ok_and(|known| known.public_eq(public))
        };
        // A renewed certificate may keep its key: then the localKeyID tells which one this key is stored with.
        let both = certificates.iter().position(|entry| same_id(entry) && fits(entry));
        return both.or_else(|| certificates.iter().position(fits));
    }
    let single = || (certificates.len() == 1).then_some(0);
    certificates.iter().position(same_id).or_else(single)
}

fn choose(
    mut choices: Vec<Choice>,
    alias: Option<&str>,
    certificates: &[CertificateEntry],
) -> Result<Choice, Refused> {
    let list = || {
        let named = choices.iter().enumerate().map(|(at, choice)| {
            let subject =
                certificates.get(choice.leaf).map(|c| certificate::name(c.certificate.subject_name()));
            let name = choice.alias.as_deref().map_or(String::new(), |alias| format!(" {alias:?}"));
            format!("#{}{name} ({})", at + 1, subject.unwrap_or_default())
        });
        named.collect::<Vec<_>>().join(", ")
    };
    let Some(wanted) = alias else {
        return match choices.len() {
            1 => Ok(choices.swap_remove(0)),
            count => Err((Kind::SeveralKeys, format!("it holds {count} keys: {}", list()))),
        };
    };
    let exact = |choice: &Choice| choice.alias.as_deref() == Some(wanted);
    let folded = |choice: &Choice| {
        choice.alias.as_deref().is_some_and(|alias| alias.to_lowercase() == wanted.to_lowercase())
    };
    let number = || {
        let number: usize = wanted.strip_prefix('#')?.parse().ok()?;
        number.checked_sub(1).filter(|at| *at < choices.len())
    };
    let found = choices.iter().position(exact).or_else(|| choices.iter().position(folded)).or_else(number);
    match found {
        Some(at) => Ok(choices.swap_remove(at)),
        None => Err((Kind::UnknownAlias, format!("no key in it is called {wanted:?}; there are {}", list()))),
    }
}

/// From the leaf on, by index, as far as the file has them. A certificate is an issuer by its name and by
/// the signature, or, where none has signed, by what it says of itself; no certificate comes twice, so that a circle
/// ends. Signatures cost time, so only so many are checked.
pub(super) fn chain(leaf: usize, certificates: &[CertificateEntry]) -> Vec<usize> {
    let mut used = vec![leaf];
    let mut checks = MAX_CHECKS;
    while let Some(last) = used.last().and_then(|at| certificates.get(*at)) {
        let last = &last.certificate;
        if self_issued(last) || checks == 0 {
            break;
        }
        let named = |at: &usize| {
            let entry = certificates.get(*at).filter(|_| !used.contains(at));
            entry.is_some_and(|entry| is_named(&entry.certificate, last))
        };
        let named: Vec<_> = (0..certificates.len()).filter(named).collect();
        let issuer = |at: &usize| certificates.get(*at).map(|entry| &entry.certificate);
        let mut has_signed = |at: &usize| {
            checks = checks.saturating_sub(1);
            checks > 0 && issuer(at).is_some_and(|issuer| signature(issuer, last) == Some(true))
        };
        let seems = |at: &usize| issuer(at).is_some_and(|issuer| issuer.issued(last) == X509VerifyResult::OK);
        match named.iter().find(|at| has_signed(at)).or_else(|| named.iter().find(|at| seems(at))) {
            Some(at) => used.push(*at),
            None => break,
        }
    }
    used
}

fn self_issued(certificate: &X509Ref) -> bool {
    certificate.issuer_name().try_cmp(certificate.subject_name()).is_ok_and(Ordering::is_eq)
}

/// Signatures checked for one chain. Real files need one or two for each of its certificates.
const MAX_CHECKS: u32 = 200;

fn is_named(issuer: &X509Ref, certificate: &X509Ref) -> bool {
    issuer.subject_name().try_cmp(certificate.issuer_name()).is_ok_and(Ordering::is_eq)
}

/// Whether an issuer's key has signed a certificate; `None` where OpenSSL cannot tell.
fn signature(issuer: &X509Ref, certificate: &X509Ref) -> Option<bool> {
    issuer.public_key().and_then(|key| certificate.verify(&key)).ok()
}

/// Where a chain is broken: at the place of the first certificate that the next one names, but did not sign.
pub(super) fn broken(chain: &[usize], certificates: &[CertificateEntry]) -> Option<usize> {
    let signed = |pair: &[usize]| match pair {
        [below, above] => {
            let (below, above) = (certificates.get(*below)?, certificates.get(*above)?);
            signature(&above.certificate, &below.certificate)
        }
        _ => None,
    };
    chain.windows(2).position(|pair| signed(pair) == Some(false))
}
