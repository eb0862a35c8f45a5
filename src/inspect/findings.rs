//! What is wrong or odd about a file, how bad it is, and what mends it.

use serde::Serialize;

use super::mend::{Changes, Mend, quoted};
use crate::error::{Error, Kind};
use crate::p12::anatomy::{Anatomy, StoredCertificate};
use crate::secret::Secret;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A test with this file fails.
    Error,
    /// Some endpoints or programs refuse it, or soon will.
    Warning,
    /// Good to know.
    Note,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its stable name.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is so, in a sentence.
    pub what: String,
    /// What to do about it, in words; also what the command needs or costs.
    pub mend: String,
    /// A command for a POSIX shell that does it; `None` where none can.
    pub command: Option<String>,
}

impl Finding {
    pub(super) fn new(name: &'static str, severity: Severity, what: impl Into<String>, mend: Mend) -> Self {
        Self { name, severity, what: what.into(), mend: mend.words, command: mend.command }
    }

    /// A fault as a finding.
    pub(super) fn fault(error: &Error) -> Self {
        Self::new(error.kind.name(), Severity::Error, error.message.clone(), Mend::words(error.hint()))
    }
}

/// All that is found in what could be opened. `within` is in days.
pub(super) fn of(file: &str, anatomy: &Anatomy, password: Option<&Secret>, within: i32) -> Vec<Finding> {
    let look = Look { file: quoted(file), anatomy, within };
    let mut findings = look.keys();
    findings.extend(look.container());
    findings.extend(look.java());
    findings.extend(look.leftovers());
    findings.extend(look.labels());
    findings.extend(look.password(password));
    findings
}

/// Why the file cannot be used as it is.
pub(super) fn refused(file: &str, anatomy: Option<&Anatomy>, error: &Error) -> Finding {
    let finding = Finding::fault(error);
    match (error.kind, anatomy) {
        (Kind::SeveralKeys, _) => Finding { severity: Severity::Warning, ..finding },
        (Kind::KeyMismatch | Kind::NoCertificate, Some(anatomy)) => {
            let look = Look { file: quoted(file), anatomy, within: 0 };
            let words = "first save the certificate that was issued for this very key, and those above it, as client.pem";
            let changes = Changes { only: Some(&[]), add: "client.pem", ..Changes::default() };
            let Mend { words, command } = look.changed(words, &changes);
            Finding { mend: words, command, ..finding }
        }
        _ => finding,
    }
}

pub(super) struct Look<'a> {
    /// Quoted for a shell.
    pub(super) file: String,
    pub(super) anatomy: &'a Anatomy,
    pub(super) within: i32,
}

impl Look<'_> {
    /// What each key's certificates are like. With one key that is fine a test can pass, so what is wrong with another
    /// is no error.
    fn keys(&self) -> Vec<Finding> {
        let keys = || self.anatomy.keys.iter().filter(|_| self.anatomy.opened);
        let fails = |findings: &[Finding]| findings.iter().any(|one| one.severity == Severity::Error);
        let mut leaves: Vec<_> =
            keys().filter(|key| !key.chain.is_empty()).map(|key| self.leaf(key)).collect();
        if leaves.iter().any(|findings| !fails(findings)) {
            let errors = leaves.iter_mut().flatten().filter(|finding| finding.severity == Severity::Error);
            errors.for_each(|finding| finding.severity = Severity::Warning);
        }
        let lonely = keys().filter(|key| key.chain.is_empty() && !leaves.is_empty());
        let lonely: Vec<_> = lonely.map(|key| self.lonely(key)).collect();
        let above = keys().flat_map(|key| self.above(key));
        leaves.into_iter().flatten().chain(lonely).chain(above).collect()
    }

    pub(super) fn held(&self, at: usize) -> Option<&StoredCertificate> {
        self.anatomy.certificates.get(at)
    }
}
