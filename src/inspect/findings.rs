//! All findings about a file.

use super::finding::{Finding, Name, Severity};
use super::fix::{Fix, Inspected, Remedy};
use crate::error::{Error, Kind};
use crate::p12::anatomy::{Key, StoredCertificate};
use crate::words::counted;

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
            let fix = inspected.repacked(words, Remedy::Certificate);
            Finding::new(finding.name, finding.severity, finding.what, fix)
        }
        _ => finding,
    }
}

/// How many certificates of chains are judged for one file: each takes a signature or two. Real files have a few.
const WORK: usize = 128;

impl Inspected<'_> {
    /// Findings about each key's certificates. If one key is fine, a test can pass, so findings about the
    /// others are not errors.
    fn keys(&self) -> Vec<Finding> {
        let keys = || self.anatomy.keys.iter().filter(|_| self.anatomy.opened);
        let fails = |findings: &[Finding]| findings.iter().any(|one| one.severity == Severity::Error);
        let all = || keys().filter(|key| !key.chain.is_empty());
        let mut work = WORK;
        let in_time = |key: &&Key| {
            let left = work.checked_sub(key.chain.len());
            work = left.unwrap_or_default();
            left.is_some()
        };
        let mut certified: Vec<_> = all().take_while(in_time).map(|key| self.of_key(key)).collect();
        let judged = certified.len();
        if certified.iter().any(|findings| !fails(findings)) {
            let errors = certified.iter_mut().flatten().filter(|finding| finding.severity == Severity::Error);
            errors.for_each(|finding| finding.severity = Severity::Warning);
        }
        let uncertified = keys().filter(|key| key.chain.is_empty() && judged > 0).take(WORK);
        let uncertified: Vec<_> = uncertified.map(|key| self.uncertified(key)).collect();
        let more = (all().count() > judged).then(|| {
            let what = format!("only the first {} were judged", counted(judged, "key"));
            let fix = Fix::words("pack each by itself (repack --alias), and inspect that");
            Finding::note(Name::ManyKeys, what, fix)
        });
        certified.into_iter().flatten().chain(uncertified).chain(more).collect()
    }

    pub(super) fn held(&self, at: usize) -> Option<&StoredCertificate> {
        self.anatomy.certificates.get(at)
    }
}
