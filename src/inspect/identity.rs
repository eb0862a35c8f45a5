//! Findings about a key's certificate and the ones above it.

use super::findings::{Finding, Look, Severity};
use crate::evidence::Certificate;
use crate::p12::anatomy::Key;

impl Look<'_> {
    /// The certificate of a key.
    pub(super) fn leaf(&self, key: &Key) -> Vec<Finding> {
        let Some(leaf) = key.chain.first().and_then(|at| self.held(*at)) else {
            let what = format!("its key {} has no certificate in the file", named(key));
            let mend = "openssl pkcs12 -export -inkey client.key -in client.pem -out new.p12 # with the certificate of that key";
            return vec![self.finding("key-without-certificate", Severity::Warning, what, mend.into())];
        };
        let leaf = &leaf.certificate;
        [
            self.validity(leaf, "its certificate", self.requested(leaf)),
            self.purpose(leaf),
            self.authority(leaf),
            self.strength(leaf),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn validity(&self, certificate: &Certificate, which: &str, mend: String) -> Option<Finding> {
        let Certificate { subject, not_before, not_after, days_left, not_yet_valid, .. } = certificate;
        match days_left {
            _ if *not_yet_valid => {
                let what = format!("{which} {subject} is not valid before {not_before} UTC");
                Some(self.finding(
                    "not-yet-valid",
                    Severity::Error,
                    what,
                    "date -u # is this machine's clock right?".into(),
                ))
            }
            ..0 => {
                let what = format!("{which} {subject} expired on {not_after} UTC");
                Some(self.finding("expired", Severity::Error, what, mend))
            }
            days if *days <= self.within => {
                let what = format!("{which} {subject} expires in {days} days, on {not_after} UTC");
                Some(self.finding("expires-soon", Severity::Warning, what, mend))
            }
            _ => None,
        }
    }

    /// RFC 5280 section 4.2.1.12.
    fn purpose(&self, leaf: &Certificate) -> Option<Finding> {
        let usages = leaf.usages.as_ref()?;
        let has = |wanted: &str| usages.iter().any(|usage| usage == wanted);
        if has("clientAuth") || has("anyExtendedKeyUsage") {
            return None;
        }
        let (name, what) = match usages.as_slice() {
            [only] if only == "serverAuth" => {
                ("server-auth-only", "is for servers only (serverAuth)".to_owned())
            }
            usages => (
                "no-client-auth",
                format!("has the extended key usage {} without clientAuth", usages.join(", ")),
            ),
        };
        let what = format!("its certificate {} {what}: most endpoints refuse it", leaf.subject);
        Some(self.finding(name, Severity::Error, what, self.requested(leaf)))
    }

    fn authority(&self, leaf: &Certificate) -> Option<Finding> {
        let what = || {
            format!(
                "its certificate {} is a CA's: endpoints may refuse it as a client's, and its key should not travel",
                leaf.subject
            )
        };
        leaf.authority.then(|| self.finding("ca-as-leaf", Severity::Warning, what(), self.renewed(leaf)))
    }

    fn strength(&self, leaf: &Certificate) -> Option<Finding> {
        let Certificate { subject, key, key_bits, signature, .. } = leaf;
        let small = match key {
            key if key.starts_with("EC") || key.starts_with("ED") => *key_bits < 224,
            _ => *key_bits < 2048,
        };
        if *key_bits > 0 && small {
            let what = format!("the key of {subject} is weak ({key}): TLS libraries of today refuse it");
            return Some(self.finding("weak-key", Severity::Warning, what, self.renewed(leaf)));
        }
        let digest =
            ["sha1", "md5", "md4", "md2"].into_iter().find(|old| signature.to_lowercase().contains(old))?;
        let self_signed = leaf.subject == leaf.issuer;
        let what =
            format!("{subject} is signed with {}: TLS libraries of today refuse that", digest.to_uppercase());
        (!self_signed).then(|| self.finding("weak-signature", Severity::Warning, what, self.requested(leaf)))
    }

    /// The certificates above a leaf, and what they lead to.
    pub(super) fn above(&self, key: &Key) -> Vec<Finding> {
        let chain: Vec<_> =
            key.chain.iter().filter_map(|at| self.held(*at)).map(|held| &held.certificate).collect();
        let Some(last) = chain.last() else { return Vec::new() };
        let with_new = |what: &str| self.joined(" -clcerts", what, "");
        let above = chain.iter().skip(1);
        let mut findings: Vec<_> = above
            .clone()
            .filter_map(|ca| self.validity(ca, "the CA certificate", with_new("new-chain.pem")))
            .collect();
        findings.extend(above.filter_map(|ca| self.strength(ca)));
        if last.subject != last.issuer {
            let what = format!(
                "the chain ends with {}, issued by {}, which is not in the file: fine where the endpoint has that certificate (a root it trusts), else an intermediate is missing",
                last.subject, last.issuer
            );
            let severity = if chain.len() == 1 { Severity::Warning } else { Severity::Note };
            findings.push(self.finding(
                "chain-open",
                severity,
                what,
                self.joined("", "intermediate.pem", ""),
            ));
        } else if chain.len() == 1 && !last.authority {
            let what =
                format!("its certificate {} is self-signed: endpoints take it only by name", last.subject);
            findings.push(self.finding("self-signed", Severity::Warning, what, self.requested(last)));
        }
        findings
    }
}

fn named(key: &Key) -> String {
    match &key.alias {
        Some(alias) => format!("{alias:?} ({})", key.key),
        None => format!("({})", key.key),
    }
}
