//! Findings about a key's certificate and the ones above it.

use super::findings::{Finding, Look, Severity};
use super::mend::{Changes, Mend};
use crate::certificate::timestamp;
use crate::evidence::Certificate;
use crate::p12::anatomy::{Key, StoredCertificate};

impl Look<'_> {
    /// The certificate of a key.
    pub(super) fn leaf(&self, key: &Key) -> Vec<Finding> {
        let Some(leaf) = key.chain.first().and_then(|at| self.held(*at)) else { return Vec::new() };
        let validity = self.validity(&leaf.certificate, "its certificate", || self.requested(leaf));
        [validity, self.purpose(leaf), self.authority(leaf), self.strength(leaf)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// A key without a certificate among others that have one.
    pub(super) fn lonely(&self, key: &Key) -> Finding {
        let alias = key.alias.as_ref().map_or(String::new(), |alias| format!(" {alias:?}"));
        let what = format!("its key{alias} ({}) has no certificate in the file", key.key);
        let mend =
            Mend::words("export it again without that key, or with the certificate that was issued for it");
        Finding::new("key-without-certificate", Severity::Warning, what, mend)
    }

    fn validity(&self, certificate: &Certificate, which: &str, mend: impl Fn() -> Mend) -> Option<Finding> {
        let Certificate { subject, not_before, not_after, days_left, not_yet_valid, .. } = certificate;
        let (name, severity, what) = match days_left {
            _ if *not_yet_valid => {
                let what = format!("{which} {subject} is not valid before {not_before} UTC");
                let mend =
                    format!("wait until then; or is this machine's clock wrong? It says {}", timestamp());
                return Some(Finding::new("not-yet-valid", Severity::Error, what, Mend::words(mend)));
            }
            ..0 => ("expired", Severity::Error, format!("{which} {subject} expired on {not_after} UTC")),
            days if *days <= self.within => {
                let what = format!("{which} {subject} expires in {days} days, on {not_after} UTC");
                ("expires-soon", Severity::Warning, what)
            }
            _ => return None,
        };
        Some(Finding::new(name, severity, what, mend()))
    }

    /// RFC 5280 section 4.2.1.12.
    fn purpose(&self, leaf: &StoredCertificate) -> Option<Finding> {
        let Certificate { subject, usages, .. } = &leaf.certificate;
        let usages = usages.as_deref()?;
        let has = |wanted: &str| usages.iter().any(|usage| usage == wanted);
        if has("clientAuth") || has("anyExtendedKeyUsage") {
            return None;
        }
        let (name, what) = match usages {
            [] => ("no-client-auth", "has an extended key usage that cannot be read".to_owned()),
            [only] if only == "serverAuth" => {
                ("server-auth-only", "is for servers only (serverAuth)".to_owned())
            }
            usages => {
                let usages = usages.join(", ");
                ("no-client-auth", format!("has the extended key usage {usages} without clientAuth"))
            }
        };
        let what = format!("its certificate {subject} {what}: most endpoints refuse it");
        Some(Finding::new(name, Severity::Error, what, self.requested(leaf)))
    }

    fn authority(&self, leaf: &StoredCertificate) -> Option<Finding> {
        let Certificate { subject, authority, .. } = &leaf.certificate;
        let what = || {
            format!(
                "its certificate {subject} is a CA's: endpoints may refuse it as a client's, and its key should not travel"
            )
        };
        let mend =
            || Mend::words("let that CA issue a client certificate, on a key of its own, and pack those");
        authority.then(|| Finding::new("ca-as-leaf", Severity::Warning, what(), mend()))
    }

    fn strength(&self, held: &StoredCertificate) -> Option<Finding> {
        let Certificate { subject, issuer, key, key_bits, signature, authority, .. } = &held.certificate;
        let small = match key.split([' ', '-']).next() {
            Some("EC") => *key_bits < 224,
            Some("RSA" | "DSA") => *key_bits < 2048,
            _ => false,
        };
        let of_authority =
            || Mend::words("ask for a certificate from a CA whose own is as strong as today's rules want it");
        if small {
            let what = format!("the key of {subject} is weak ({key}): TLS libraries of today refuse it");
            let mend = if *authority { of_authority() } else { self.renewed(held) };
            return Some(Finding::new("weak-key", Severity::Warning, what, mend));
        }
        let digest =
            ["sha1", "md5", "md4", "md2"].into_iter().find(|old| signature.to_lowercase().contains(old))?;
        let what =
            format!("{subject} is signed with {}: TLS libraries of today refuse that", digest.to_uppercase());
        let mend = if *authority { of_authority() } else { self.requested(held) };
        (subject != issuer).then(|| Finding::new("weak-signature", Severity::Warning, what, mend))
    }

    /// The certificates above a leaf, and what they lead to. An endpoint may have better ones of its own, so none of
    /// this is an error.
    pub(super) fn above(&self, key: &Key) -> Vec<Finding> {
        let chain: Vec<_> = key.chain.iter().filter_map(|at| self.held(*at)).collect();
        let mut findings = Vec::new();
        for (at, ca) in chain.iter().enumerate().skip(1) {
            let renewed = || {
                let words = "first save the new certificate of that CA, and those above it, as new-chain.pem";
                self.changed(
                    words,
                    &Changes { only: key.chain.get(..at), add: "new-chain.pem", ..Changes::default() },
                )
            };
            findings.extend(self.validity(&ca.certificate, "the CA certificate", renewed));
            findings.extend(self.strength(ca));
        }
        for finding in &mut findings {
            finding.severity = finding.severity.max(Severity::Warning);
        }
        findings.extend(self.broken(key));
        findings.extend(self.end(&chain));
        findings
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
        Some(Finding::new("chain-broken", Severity::Warning, what, self.changed(words, &changes)))
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
            let mend = self.changed(&words, &Changes { add: "intermediate.pem", ..Changes::default() });
            return Some(Finding::new("chain-open", severity, what, mend));
        }
        let what = || format!("its certificate {subject} is self-signed: endpoints take it only by name");
        (chain.len() == 1 && !authority)
            .then(|| Finding::new("self-signed", Severity::Warning, what(), self.requested(held)))
    }
}
