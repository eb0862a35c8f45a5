//! Findings about a key's certificate and the ones above it.

use std::collections::HashSet;

use super::criteria::Trusted;
use super::finding::{Finding, Name, Severity};
use super::fix::{Fix, Inspected, Remedy};
use crate::certificate::{Certificate, Usage, timestamp};
use crate::checks::{self, Flaw, FlawKind, Obstacle, Role};
use crate::p12::anatomy::{Key, StoredCertificate};
use crate::repack::fetch::issuer_urls;
use crate::words::counted;

impl Inspected<'_> {
    /// The chain of a key that has a certificate.
    pub(super) fn of_key(&self, key: &Key) -> Vec<Finding> {
        let held: Vec<_> = key.chain.iter().filter_map(|at| self.held(*at)).collect();
        let chain: Vec<_> = held.iter().map(|held| &held.certificate).collect();
        let flaws = checks::flaws(&chain, Role::Client);
        let mut findings: Vec<_> = flaws.iter().map(|flaw| self.flaw(*flaw, key, &chain)).collect();
        findings.extend(chain.iter().enumerate().filter_map(|(at, c)| self.expires_soon(key, at, c)));
        let trust = self.criteria.trusted.as_ref().map(|trusted| trust(&chain, trusted));
        // What the file lacks is where it belongs.
        let is_led_on = trust.as_ref().is_some_and(|finding| finding.name == Name::Trusted);
        findings.extend(trust);
        let open = self.open(key, &held).filter(|_| !is_led_on);
        let others = [open, self.unordered(key), self.key_id(key), self.siblings(key)];
        findings.extend(others.into_iter().flatten());
        findings
    }

    fn flaw(&self, flaw: Flaw, key: &Key, chain: &[&Certificate]) -> Finding {
        let subject = chain.first().map_or_else(Default::default, |leaf| leaf.title());
        let severity = match flaw.kind {
            _ if flaw.is_fatal() => Severity::Error,
            FlawKind::LongChain => Severity::Note,
            _ => Severity::Warning,
        };
        let what = flaw.sentence(chain, &format!("its certificate {subject}"));
        let fix = self.fix(flaw, key, chain).unwrap_or_else(|| Fix::words(flaw.fix(chain)));
        Finding::new(name(flaw, chain), severity, what, fix)
    }

    /// By a command; `None` where words have to do.
    fn fix(&self, flaw: Flaw, key: &Key, chain: &[&Certificate]) -> Option<Fix> {
        // A CA's certificate cannot be had by a client's request.
        let is_own = flaw.at == 0 && chain.first().is_some_and(|leaf| !leaf.authority);
        match flaw.kind {
            FlawKind::NotYetValid => {
                let clock = timestamp();
                Some(Fix::words(format!(
                    "wait until then; or is this machine's clock wrong? It says {clock}"
                )))
            }
            FlawKind::Expired if flaw.at > 0 => Some(self.replaced(key)),
            FlawKind::WrongSignature => {
                let words =
                    "first save the CA certificate that did sign it, and those above it, as intermediate.pem";
                Some(self.repacked_key(key, words, Remedy::Intermediate))
            }
            FlawKind::Expired if is_own => Some(self.requested(key, RENEW)),
            FlawKind::SelfSigned
            | FlawKind::WrongPurpose
            | FlawKind::AnyPurposeAlone
            | FlawKind::BrokenDigest(_)
                if is_own =>
            {
                Some(self.requested(key, &flaw.fix(chain)))
            }
            _ => None,
        }
    }

    /// A key without a certificate, while other keys have one.
    pub(super) fn uncertified(&self, key: &Key) -> Finding {
        let alias = key.alias.as_ref().map_or(String::new(), |alias| format!(" {alias:?}"));
        let what = format!("its key{alias} ({}) has no certificate in the file", key.key);
        let words =
            "pack it again without that key, or export it with the certificate that was issued for it";
        let fix = self.repacked(words, Remedy::Again);
        Finding::warning(Name::KeyWithoutCertificate, what, fix)
    }

    fn expires_soon(&self, key: &Key, at: usize, certificate: &Certificate) -> Option<Finding> {
        let Certificate { not_after, days_left, not_yet_valid, .. } = certificate;
        if *not_yet_valid || !(0..=self.criteria.within).contains(days_left) {
            return None;
        }
        let which = if at == 0 { "its certificate" } else { "the CA certificate" };
        let what =
            format!("{which} {} expires in {}, on {not_after}", certificate.title(), certificate.distance());
        let fix = match at {
            0 if certificate.authority => Fix::words("ask its CA for a new certificate"),
            0 => self.requested(key, RENEW),
            _ => self.replaced(key),
        };
        Some(Finding::warning(Name::ExpiresSoon, what, fix))
    }

    /// The chain of a key with another CA's certificate.
    fn replaced(&self, key: &Key) -> Fix {
        let words =
            "ask the CA for its current certificate, and save it, with those above it, as new-chain.pem";
        self.repacked_key(key, words, Remedy::NewChain)
    }

    fn open(&self, key: &Key, chain: &[&StoredCertificate]) -> Option<Finding> {
        let top = chain.last().map(|held| &held.certificate).filter(|top| !top.is_self_issued())?;
        let (Certificate { issuer, x509, .. }, subject) = (top, top.title());
        let what = format!(
            "the chain ends with {subject}, issued by {issuer}, which is not in the file: fine where the endpoint has that certificate (a root it trusts), else an intermediate is missing"
        );
        let severity = if chain.len() == 1 { Severity::Warning } else { Severity::Note };
        let at_hand =
            x509.as_ref().is_some_and(|top| issuer_urls(top).iter().any(|url| url.starts_with("http://")));
        let fix = match at_hand {
            true => self.repacked_key(key, "where that is needed, get it from its CA", Remedy::FetchChain),
            false => {
                let words = format!(
                    "where that is needed, first save the certificate of {issuer} as intermediate.pem"
                );
                self.repacked_key(key, &words, Remedy::Intermediate)
            }
        };
        Some(Finding::new(Name::ChainOpen, severity, what, fix))
    }

    /// Some programs send the certificates in the order of the file, which must be that of RFC 5246 section
    /// 7.4.2.
    fn unordered(&self, key: &Key) -> Option<Finding> {
        if key.chain.is_sorted() {
            return None;
        }
        let mut stored: Vec<_> = key.chain.clone();
        stored.sort_unstable();
        let names = |order: &[usize]| {
            let held = order.iter().filter_map(|at| self.held(*at));
            held.map(|held| held.certificate.subject.as_str()).collect::<Vec<_>>().join("; ")
        };
        let what = format!(
            "its certificates are stored in another order than a chain has, which p12-test puts right and other programs may send as it is: {}",
            names(&stored)
        );
        let words = format!("pack it again in this order: {}", names(&key.chain));
        let fix = self.repacked_key(key, &words, Remedy::Again);
        Some(Finding::warning(Name::ChainUnordered, what, fix))
    }

    /// Programs that use the localKeyID take the wrong certificate.
    fn key_id(&self, key: &Key) -> Option<Finding> {
        let (id, leaf) = (key.key_id.as_ref()?, *key.chain.first()?);
        let has_id = |at: &usize| self.held(*at).is_some_and(|held| held.key_id.as_ref() == Some(id));
        let other = (0..self.anatomy.certificates.len()).find(|at| *at != leaf && has_id(at))?;
        if has_id(&leaf) || self.same_key(key).contains(&other) {
            return None;
        }
        let subject = |at: usize| self.held(at).map_or("", |held| held.certificate.subject.as_str());
        let what = format!(
            "the localKeyID of its key is that of {}, but the key belongs to {}: programs that go by it send the wrong certificate, or none",
            subject(other),
            subject(leaf)
        );
        let words = "pack it again: the new file has the localKeyID where it belongs";
        let fix = self.repacked_key(key, words, Remedy::Again);
        Some(Finding::warning(Name::KeyIdElsewhere, what, fix))
    }

    /// Several certificates for one key, such as an expired one and its successor.
    fn siblings(&self, key: &Key) -> Option<Finding> {
        let leaf = key.chain.first().copied().unwrap_or_default();
        // The same certificate twice is one.
        let digest = |at: usize| self.held(at).map(|held| held.certificate.sha256.as_str());
        let mut known = HashSet::from([digest(leaf)]);
        let others: Vec<_> = self.same_key(key).into_iter().filter(|at| known.insert(digest(*at))).collect();
        if others.is_empty() {
            return None;
        }
        let described = |at: usize| {
            let facts = self.held(at).map(|held| &held.certificate);
            facts.map_or(String::new(), |c| {
                format!("{} until {}, issued by {}", c.title(), c.not_after, c.issuer)
            })
        };
        let others: Vec<_> = others.into_iter().map(described).collect();
        let what = format!(
            "its key has {}: sent is {}; not sent: {}; other programs may choose differently",
            counted(others.len() + 1, "certificate"),
            described(leaf),
            others.join("; ")
        );
        let fix = self.repacked_key(key, "pack it again with the one that is sent", Remedy::Again);
        Some(Finding::warning(Name::SeveralCertificates, what, fix))
    }

    /// The certificates that have the same key as a key's leaf, by index.
    fn same_key(&self, key: &Key) -> Vec<usize> {
        let public = |at: usize| self.held(at)?.certificate.x509.as_ref()?.public_key().ok();
        let Some(own) = key.chain.first().and_then(|leaf| public(*leaf)) else { return Vec::new() };
        let same = |at: &usize| public(*at).is_some_and(|other| other.public_eq(&own));
        (0..self.anatomy.certificates.len()).filter(same).collect()
    }
}

const RENEW: &str = "renew the certificate";

/// Whether a server that trusts these CAs would accept the chain.
fn trust(chain: &[&Certificate], trusted: &Trusted) -> Finding {
    let asked = format!("would a server that trusts {} accept it?", trusted.name);
    match checks::obstacle(chain, &trusted.certificates) {
        None => {
            let fix = "nothing has to be fixed, unless the server asks for more than a trusted CA";
            Finding::note(Name::Trusted, format!("{asked} Yes"), Fix::words(fix))
        }
        Some(Obstacle { because, fix }) => {
            let what = format!("{asked} No, because {because}");
            Finding::new(Name::NotTrusted, Severity::Error, what, Fix::words(fix))
        }
    }
}

fn name(flaw: Flaw, chain: &[&Certificate]) -> Name {
    let usages = chain.get(flaw.at).and_then(|culprit| culprit.usages.as_deref());
    match flaw.kind {
        FlawKind::Expired => Name::Expired,
        FlawKind::NotYetValid => Name::NotYetValid,
        FlawKind::SelfSigned => Name::SelfSigned,
        FlawKind::WrongPurpose if flaw.at > 0 => Name::CaNotForClients,
        FlawKind::WrongPurpose if usages == Some(&[Usage::ServerAuth]) => Name::ServerAuthOnly,
        FlawKind::WrongPurpose => Name::NoClientAuth,
        FlawKind::AnyPurposeAlone => Name::AnyUsageOnly,
        FlawKind::NoDigitalSignature | FlawKind::KeyAgreementAlone => Name::NoDigitalSignature,
        FlawKind::NetscapeType => Name::NetscapeType,
        FlawKind::AuthorityAsLeaf => Name::CaAsLeaf,
        FlawKind::NotAnAuthority => Name::NotACa,
        FlawKind::PathLength => Name::PathLength,
        FlawKind::NameConstraints => Name::NameConstraints,
        FlawKind::UnknownCritical => Name::UnknownCritical,
        FlawKind::WrongSignature => Name::ChainBroken,
        FlawKind::ExplicitCurve => Name::ExplicitCurve,
        FlawKind::UnusualKey => Name::UnusualKey,
        FlawKind::SmallKey => Name::WeakKey,
        FlawKind::BrokenDigest(_) => Name::WeakSignature,
        FlawKind::Invalid(_) => Name::InvalidCertificate,
        FlawKind::LongChain => Name::ChainLong,
    }
}
