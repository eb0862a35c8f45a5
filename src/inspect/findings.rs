//! All findings about a file.

use super::finding::{Finding, Severity};
use super::fix::{Fix, Inspected};
use crate::error::{Error, Kind};
use crate::p12::anatomy::StoredCertificate;

/// All that is found in what could be opened, and why it cannot be used as it is.
pub(super) fn of(inspected: &Inspected<'_>) -> Vec<Finding> {
    let mut findings = inspected.keys();
    findings.extend(inspected.container());
    findings.extend(inspected.leftovers());
    findings.extend(inspected.labels());
    findings
}

/// Why the file cannot be used as it is.
pub(super) fn refused(inspected: Option<&Inspected<'_>>, error: &Error) -> Finding {
    let finding = Finding::fault(error);
    match (error.kind, inspected) {
        (Kind::SeveralKeys, _) => Finding { severity: Severity::Warning, ..finding },
        (Kind::KeyMismatch | Kind::NoCertificate, Some(inspected)) => {
            let words = "first save the certificate that was issued for this very key, and those above it, as client.pem";
            let Fix { words, command } = inspected.repacked(words, &["--certificate", "client.pem"]);
            Finding { fix: words, command, ..finding }
        }
        _ => finding,
    }
}

impl Inspected<'_> {
    /// Findings about each key's certificates. If one key is fine, a test can pass, so findings about the
    /// others are not errors.
    fn keys(&self) -> Vec<Finding> {
        let keys = || self.anatomy.keys.iter().filter(|_| self.anatomy.opened);
        let fails = |findings: &[Finding]| findings.iter().any(|one| one.severity == Severity::Error);
        let mut certified: Vec<_> =
            keys().filter(|key| !key.chain.is_empty()).map(|key| self.of_key(key)).collect();
        if certified.iter().any(|findings| !fails(findings)) {
            let errors = certified.iter_mut().flatten().filter(|finding| finding.severity == Severity::Error);
            errors.for_each(|finding| finding.severity = Severity::Warning);
        }
        let uncertified = keys().filter(|key| key.chain.is_empty() && !certified.is_empty());
        let uncertified: Vec<_> = uncertified.map(|key| self.uncertified(key)).collect();
        certified.into_iter().flatten().chain(uncertified).collect()
    }

    pub(super) fn held(&self, at: usize) -> Option<&StoredCertificate> {
        self.anatomy.certificates.get(at)
    }
}
