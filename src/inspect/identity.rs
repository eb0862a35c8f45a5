//! Findings about a key's certificate and the ones above it.

use super::finding::{Finding, Name, Severity};
use super::fix::{Changes, Fix, Inspected};
use crate::certificate::{Certificate, Usage, timestamp};
use crate::checks::{self, Defect, Purpose};
use crate::p12::anatomy::{Key, StoredCertificate};

impl Inspected<'_> {
    /// The certificate of a key.
    pub(super) fn leaf(&self, key: &Key) -> Vec<Finding> {
        let Some(leaf) = key.chain.first().and_then(|at| self.held(*at)) else { return Vec::new() };
        let soon = self.expires_soon("its certificate", &leaf.certificate, || self.requested(leaf));
        let flaws = self.flaws(key).into_iter().filter(|(at, _)| *at == 0);
        flaws.map(|(_, defect)| self.of_leaf(leaf, defect)).chain(soon).collect()
    }

    /// What `checks` finds: the place in the key's chain, and the defect.
    fn flaws(&self, key: &Key) -> Vec<(usize, Defect)> {
        let chain: Vec<_> = self.chain(key).map(|held| &held.certificate).collect();
        checks::flaws(&chain, Purpose::Client).into_iter().map(|flaw| (flaw.at, flaw.defect)).collect()
    }

    fn chain<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a StoredCertificate> {
        key.chain.iter().filter_map(|at| self.held(*at))
    }

    fn of_leaf(&self, leaf: &StoredCertificate, defect: Defect) -> Finding {
        let subject = &leaf.certificate.subject;
        match defect {
            Defect::Expired => expired("its certificate", &leaf.certificate, self.requested(leaf)),
            Defect::NotYetValid => not_yet_valid("its certificate", &leaf.certificate),
            Defect::WrongPurpose => self.wrong_purpose(leaf),
            Defect::AuthorityAsLeaf => {
                let what = format!(
                    "its certificate {subject} belongs to a CA: endpoints may refuse it as a client certificate, and a CA's key should stay with the CA"
                );
                let fix = "have that CA issue a client certificate on a new key, and pack those two";
                Finding::new(Name::CaAsLeaf, Severity::Warning, what, Fix::words(fix))
            }
            weakness @ (Defect::SmallKey | Defect::BrokenDigest(_)) => self.weak(leaf, weakness),
        }
    }

    /// A key without a certificate among others that have one.
    pub(super) fn uncertified(&self, key: &Key) -> Finding {
        let alias = key.alias.as_ref().map_or(String::new(), |alias| format!(" {alias:?}"));
        let what = format!("its key{alias} ({}) has no certificate in the file", key.key);
        let fix =
            Fix::words("export it again without that key, or with the certificate that was issued for it");
        Finding::new(Name::KeyWithoutCertificate, Severity::Warning, what, fix)
    }

    fn expires_soon(&self, which: &str, certificate: &Certificate, fix: impl Fn() -> Fix) -> Option<Finding> {
        let Certificate { subject, not_after, days_left, not_yet_valid, .. } = certificate;
        let what = || format!("{which} {subject} expires in {days_left} days, on {not_after} UTC");
        let soon = !not_yet_valid && (0..=self.within).contains(days_left);
        soon.then(|| Finding::new(Name::ExpiresSoon, Severity::Warning, what(), fix()))
    }

    fn wrong_purpose(&self, leaf: &StoredCertificate) -> Finding {
        let Certificate { subject, usages, .. } = &leaf.certificate;
        let (name, what) = match usages.as_deref().unwrap_or_default() {
            [] => (Name::NoClientAuth, "has an extended key usage that cannot be read".to_owned()),
            [Usage::ServerAuth] => (Name::ServerAuthOnly, "is for servers only (serverAuth)".to_owned()),
            usages => {
                let usages = Usage::list(usages);
                (Name::NoClientAuth, format!("has the extended key usage {usages} without clientAuth"))
            }
        };
        let what = format!("its certificate {subject} {what}: most endpoints refuse it");
        Finding::new(name, Severity::Error, what, self.requested(leaf))
    }

    fn weak(&self, held: &StoredCertificate, weakness: Defect) -> Finding {
        let Certificate { subject, key, authority, .. } = &held.certificate;
        let (name, what) = match weakness {
            Defect::BrokenDigest(digest) => (
                Name::WeakSignature,
                format!("{subject} is signed with {digest}: current TLS libraries refuse that"),
            ),
            _ => (
                Name::WeakKey,
                format!("the key of {subject} is weak ({key}): current TLS libraries refuse it"),
            ),
        };
        let fix = match (authority, name) {
            (true, _) => Fix::words(
                "ask for a certificate from a CA whose own certificate meets current rules (RSA 2048 bits or more, SHA-256)",
            ),
            (false, Name::WeakKey) => self.renewed(held),
            (false, _) => self.requested(held),
        };
        Finding::new(name, Severity::Warning, what, fix)
    }

    /// The certificates above a leaf, and what they lead to. An endpoint may have better ones of its own, so none of
    /// this is an error.
    pub(super) fn authorities(&self, key: &Key) -> Vec<Finding> {
        let chain: Vec<_> = self.chain(key).collect();
        let flaws = self.flaws(key).into_iter().filter(|(at, _)| *at > 0);
        let mut findings: Vec<_> = flaws
            .filter_map(|(at, defect)| {
                let ca = *chain.get(at)?;
                Some(match defect {
                    Defect::Expired => expired("the CA certificate", &ca.certificate, self.replaced(key, at)),
                    Defect::NotYetValid => not_yet_valid("the CA certificate", &ca.certificate),
                    weakness => self.weak(ca, weakness),
                })
            })
            .collect();
        findings.extend(chain.iter().enumerate().skip(1).filter_map(|(at, ca)| {
            self.expires_soon("the CA certificate", &ca.certificate, || self.replaced(key, at))
        }));
        for finding in &mut findings {
            finding.severity = finding.severity.max(Severity::Warning);
        }
        findings.extend(self.broken(key));
        findings.extend(self.end(&chain));
        findings
    }

    /// The chain of a key with another CA from this place on.
    fn replaced(&self, key: &Key, at: usize) -> Fix {
        let words = "first save the new certificate of that CA, and those above it, as new-chain.pem";
        let changes = Changes { only: key.chain.get(..at), add: "new-chain.pem", ..Changes::default() };
        self.changed(words, &changes)
    }

    /// A CA that got a new key under its old name, most often.
    fn broken(&self, key: &Key) -> Option<Finding> {
        let at = key.broken?;
        let (below, above) = (self.held(*key.chain.get(at)?)?, self.held(*key.chain.get(at + 1)?)?);
        let what = format!(
            "the chain is broken: {} was not signed by the key of {} that is in the file",
            below.certificate.subject, above.certificate.subject
        );
        let words = "first save the CA certificate that did sign it, and those above it, as intermediate.pem";
        let changes = Changes { only: key.chain.get(..=at), add: "intermediate.pem", ..Changes::default() };
        Some(Finding::new(Name::ChainBroken, Severity::Warning, what, self.changed(words, &changes)))
    }

    fn end(&self, chain: &[&StoredCertificate]) -> Option<Finding> {
        let held = *chain.last()?;
        let Certificate { subject, issuer, authority, .. } = &held.certificate;
        if subject != issuer {
            let what = format!(
                "the chain ends with {subject}, issued by {issuer}, which is not in the file: fine where the endpoint has that certificate (a root it trusts), else an intermediate is missing"
            );
            let severity = if chain.len() == 1 { Severity::Warning } else { Severity::Note };
            let words =
                format!("where that is needed, first save the certificate of {issuer} as intermediate.pem");
            let fix = self.changed(&words, &Changes { add: "intermediate.pem", ..Changes::default() });
            return Some(Finding::new(Name::ChainOpen, severity, what, fix));
        }
        let what = || {
            format!(
                "its certificate {subject} is self-signed: endpoints accept it only where this very certificate is trusted"
            )
        };
        (chain.len() == 1 && !authority)
            .then(|| Finding::new(Name::SelfSigned, Severity::Warning, what(), self.requested(held)))
    }
}

fn expired(which: &str, certificate: &Certificate, fix: Fix) -> Finding {
    let Certificate { subject, not_after, .. } = certificate;
    let what = format!("{which} {subject} expired on {not_after} UTC");
    Finding::new(Name::Expired, Severity::Error, what, fix)
}

fn not_yet_valid(which: &str, certificate: &Certificate) -> Finding {
    let Certificate { subject, not_before, .. } = certificate;
    let what = format!("{which} {subject} is not valid before {not_before} UTC");
    let fix = format!("wait until then; or is this machine's clock wrong? It says {}", timestamp());
    Finding::new(Name::NotYetValid, Severity::Error, what, Fix::words(fix))
}
