//! All findings about a file, put together.

use super::criteria::Criteria;
use super::finding::{Finding, Severity};
use super::fix::{Changes, Fix, Inspected, quoted};
use crate::error::{Error, Kind};
use crate::p12::anatomy::{Anatomy, StoredCertificate};

/// All that is found in what could be opened.
pub(super) fn of(file: &str, anatomy: &Anatomy, criteria: &Criteria) -> Vec<Finding> {
    let inspected = Inspected { file: quoted(file), anatomy, criteria };
    let mut findings = inspected.keys();
    findings.extend(inspected.container());
    findings.extend(inspected.java());
    findings.extend(inspected.leftovers());
    findings.extend(inspected.labels());
    findings.extend(inspected.password());
    findings
}

/// Why the file cannot be used as it is.
pub(super) fn refused(file: &str, anatomy: Option<&Anatomy>, error: &Error) -> Finding {
    let finding = Finding::fault(error);
    match (error.kind, anatomy) {
        (Kind::SeveralKeys, _) => Finding { severity: Severity::Warning, ..finding },
        (Kind::KeyMismatch | Kind::NoCertificate, Some(anatomy)) => {
            let inspected = Inspected { file: quoted(file), anatomy, criteria: &Criteria::default() };
            let words = "first save the certificate that was issued for this very key, and those above it, as client.pem";
            let changes = Changes { only: Some(&[]), add: "client.pem", ..Changes::default() };
            let Fix { words, command } = inspected.changed(words, &changes);
            Finding { fix: words, command, ..finding }
        }
        _ => finding,
    }
}

impl Inspected<'_> {
    /// What each key's certificates are like. With one key that is fine a test can pass, so what is wrong with another
    /// is no error.
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
