//! What is wrong or odd about a file, how bad it is, and the command that mends it.

use serde::Serialize;

use crate::error::{Error, Kind};
use crate::evidence::Certificate;
use crate::p12::anatomy::{Anatomy, Held};
use crate::secret::Secret;
use crate::shell;

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
    /// The command that mends it, or the next step where no command can.
    pub mend: String,
}

/// Why the file cannot be used as it is.
pub(super) fn unusable(file: &str, error: &Error) -> Finding {
    let (severity, mend) = match error.kind {
        Kind::SeveralKeys => (Severity::Warning, format!("p12-test --alias NAME {} URL", quoted(file))),
        Kind::KeyMismatch => (
            Severity::Error,
            "openssl pkcs12 -export -inkey client.key -in client.pem -out new.p12 # with the certificate of that key"
                .into(),
        ),
        _ => (Severity::Error, error.hint().to_owned()),
    };
    Finding { name: error.kind.name(), severity, what: error.message.clone(), mend }
}

/// A fault as a finding.
pub(super) fn plain(error: &Error) -> Finding {
    let (what, mend) = (error.message.clone(), error.hint().to_owned());
    Finding { name: error.kind.name(), severity: Severity::Error, what, mend }
}

/// All that is found in what could be opened. `within` is in days.
pub(super) fn of(
    file: &str,
    anatomy: Option<&Anatomy>,
    password: Option<&Secret>,
    within: i32,
) -> Vec<Finding> {
    let Some(anatomy) = anatomy else { return Vec::new() };
    let look = Look { file: quoted(file), anatomy, within };
    let mut findings = Vec::new();
    for key in anatomy.keys.iter().filter(|_| anatomy.opened) {
        findings.extend(look.leaf(key));
        findings.extend(look.above(key));
    }
    findings.extend(look.container());
    findings.extend(look.leftovers());
    findings.extend(look.labels());
    if password.is_some_and(|password| !password.expose().is_ascii()) {
        let what = "the password holds letters beyond ASCII: programs write them in different ways, and Java refuses the file";
        findings.push(look.finding("password-not-ascii", Severity::Warning, what, look.exported("")));
    }
    findings
}

pub(super) struct Look<'a> {
    /// Quoted for a shell.
    file: String,
    pub(super) anatomy: &'a Anatomy,
    pub(super) within: i32,
}

impl Look<'_> {
    pub(super) fn finding(
        &self,
        name: &'static str,
        severity: Severity,
        what: impl Into<String>,
        mend: String,
    ) -> Finding {
        Finding { name, severity, what: what.into(), mend }
    }

    /// The contents taken out by OpenSSL.
    fn unpacked(&self) -> String {
        format!("openssl pkcs12 -legacy -in {} -noenc", self.file)
    }

    /// The same contents as a new file.
    pub(super) fn exported(&self, options: &str) -> String {
        self.joined("", "", options)
    }

    /// What OpenSSL takes out by `chosen`, and the file `more`, as a new P12. OpenSSL reads its input twice, so no pipe
    /// will do.
    pub(super) fn joined(&self, chosen: &str, more: &str, options: &str) -> String {
        let more = if more.is_empty() { String::new() } else { format!("cat {more} >> all.pem && ") };
        format!(
            "(umask 077; {}{chosen} -out all.pem && {more}openssl pkcs12 -export {options}-in all.pem -out new.p12; rm -f all.pem)",
            self.unpacked()
        )
    }

    /// A request for a new certificate on the same key.
    pub(super) fn requested(&self, certificate: &Certificate) -> String {
        format!(
            "{} -nocerts | openssl req -new -key /dev/stdin -subj {} -addext extendedKeyUsage=clientAuth -out request.csr # for its CA",
            self.unpacked(),
            quoted(&subject(certificate))
        )
    }

    /// A request for a new certificate on a new key.
    pub(super) fn renewed(&self, certificate: &Certificate) -> String {
        format!(
            "openssl req -new -newkey rsa:3072 -keyout client.key -subj {} -addext extendedKeyUsage=clientAuth -out request.csr # for its CA",
            quoted(&subject(certificate))
        )
    }

    pub(super) fn held(&self, at: usize) -> Option<&Held> {
        self.anatomy.certificates.get(at)
    }
}

/// A subject as `openssl req -subj` takes it.
fn subject(certificate: &Certificate) -> String {
    let parts: Vec<_> = certificate.subject.split(", ").filter(|part| part.contains('=')).collect();
    let parts = parts.iter().rev().map(|part| part.replace('\\', "\\\\").replace('/', "\\/"));
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&shell::quoted(text.as_bytes())).into_owned()
}
