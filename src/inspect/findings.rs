//! What is wrong or odd about a file, how bad it is, and the command that mends it.

use serde::Serialize;

use crate::error::{Error, Kind};
use crate::evidence::Certificate;
use crate::p12::anatomy::{Anatomy, Held, Key, Protection};
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

struct Look<'a> {
    /// Quoted for a shell.
    file: String,
    anatomy: &'a Anatomy,
    within: i32,
}

impl Look<'_> {
    fn finding(
        &self,
        name: &'static str,
        severity: Severity,
        what: impl Into<String>,
        mend: String,
    ) -> Finding {
        Finding { name, severity, what: what.into(), mend }
    }

    /// The contents taken out by OpenSSL, for a pipe.
    fn unpacked(&self) -> String {
        format!("openssl pkcs12 -legacy -in {} -noenc", self.file)
    }

    /// The same contents as a new file.
    fn exported(&self, options: &str) -> String {
        format!("{} | openssl pkcs12 -export {options}-out new.p12", self.unpacked())
    }

    /// A request for a new certificate on the same key.
    fn requested(&self, certificate: &Certificate) -> String {
        format!(
            "{} -nocerts | openssl req -new -key /dev/stdin -subj {} -addext extendedKeyUsage=clientAuth -out request.csr # for its CA",
            self.unpacked(),
            quoted(&subject(certificate))
        )
    }

    /// A request for a new certificate on a new key.
    fn renewed(&self, certificate: &Certificate) -> String {
        format!(
            "openssl req -new -newkey rsa:3072 -keyout client.key -subj {} -addext extendedKeyUsage=clientAuth -out request.csr # for its CA",
            quoted(&subject(certificate))
        )
    }

    fn held(&self, at: usize) -> Option<&Held> {
        self.anatomy.certificates.get(at)
    }

    /// The certificate of a key.
    fn leaf(&self, key: &Key) -> Vec<Finding> {
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
    fn above(&self, key: &Key) -> Vec<Finding> {
        let chain: Vec<_> =
            key.chain.iter().filter_map(|at| self.held(*at)).map(|held| &held.certificate).collect();
        let Some(last) = chain.last() else { return Vec::new() };
        let with_new = |what: &str| {
            format!("({} -clcerts; cat {what}) | openssl pkcs12 -export -out new.p12", self.unpacked())
        };
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
                format!("({}; cat intermediate.pem) | openssl pkcs12 -export -out new.p12", self.unpacked()),
            ));
        } else if chain.len() == 1 && !last.authority {
            let what =
                format!("its certificate {} is self-signed: endpoints take it only by name", last.subject);
            findings.push(self.finding("self-signed", Severity::Warning, what, self.requested(last)));
        }
        findings
    }

    /// How the file is protected.
    fn container(&self) -> Vec<Finding> {
        let Anatomy { mac, safes, keys, .. } = self.anatomy;
        let by_key = keys.iter().filter_map(|key| key.protection.as_ref());
        let all: Vec<&Protection> = safes.iter().flatten().chain(by_key).collect();
        let mut findings = Vec::new();
        let legacy: Vec<_> = ["RC2", "RC4", "DES-CBC", "CAST5", "SEED"]
            .into_iter()
            .filter(|old| all.iter().any(|used| used.algorithm.starts_with(old)))
            .collect();
        if !legacy.is_empty() {
            let what = format!(
                "it is encrypted with {}: OpenSSL 3 without its legacy provider refuses this file, and so does what is built on it (curl, Node, Python)",
                legacy.join(", ")
            );
            findings.push(self.finding("legacy-cipher", Severity::Warning, what, self.exported("")));
        } else if all.iter().any(|used| used.algorithm.starts_with("DES-EDE")) {
            let what = "it is encrypted with 3DES: OpenSSL 3 reads it, strict policies (FIPS) do not";
            findings.push(self.finding("old-cipher", Severity::Note, what, self.exported("")));
        }
        let aes = all.iter().any(|used| used.kdf == "PBKDF2");
        match mac {
            None => {
                let what =
                    "it has no MAC: nothing shows whether it was changed, and Java loads it without its keys";
                findings.push(self.finding("no-mac", Severity::Warning, what, self.exported("")));
            }
            Some(mac) if mac.kdf == "PBKDF2" => {
                let what = "its MAC is PBMAC1 (RFC 9879): no Java reads it yet, nor OpenSSL before 3.4";
                findings.push(self.finding("pbmac1", Severity::Warning, what, self.exported("")));
            }
            Some(mac) if aes && mac.algorithm != "HMAC-SHA1" => {
                let what = format!(
                    "AES and {}: Java before 8u301 and 11.0.12 says of this file that the password was incorrect",
                    mac.algorithm
                );
                findings.push(self.finding(
                    "not-for-old-java",
                    Severity::Note,
                    what,
                    self.exported("-legacy "),
                ));
            }
            Some(_) => {}
        }
        let fewest = all.iter().copied().chain(mac).map(|used| used.iterations).min();
        if let Some(fewest @ ..1000) = fewest {
            let what = format!(
                "{fewest} iterations of key derivation: its password is guessed quickly by whoever has the file"
            );
            findings.push(self.finding(
                "few-iterations",
                Severity::Note,
                what,
                self.exported("-iter 100000 "),
            ));
        }
        let open = keys.iter().any(|key| key.protection.is_none()) && safes.iter().any(Option::is_none);
        if open && all.is_empty() && !keys.is_empty() {
            let what = "its private key is not encrypted: whoever has the file has the key, and Java loads it without";
            findings.push(self.finding("key-in-the-open", Severity::Warning, what, self.exported("")));
        }
        findings
    }

    /// What belongs to no key, and what cannot be read.
    fn leftovers(&self) -> Vec<Finding> {
        let Anatomy { keys, certificates, unreadable, others, trailing, .. } = self.anatomy;
        let used = |at: &usize| keys.iter().any(|key| key.chain.contains(at));
        let extra: Vec<_> =
            (0..certificates.len()).filter(|at| !used(at)).filter_map(|at| self.held(at)).collect();
        let mut findings = Vec::new();
        let clean =
            format!("({} -clcerts; cat chain.pem) | openssl pkcs12 -export -out new.p12", self.unpacked());
        if !extra.is_empty() && !keys.is_empty() && self.anatomy.opened {
            let names: Vec<_> = extra.iter().take(3).map(|held| held.certificate.subject.as_str()).collect();
            let more = if extra.len() > 3 { " and others" } else { "" };
            let what = format!(
                "{} certificates belong to no key's chain: {}{more}; they are not sent",
                extra.len(),
                names.join("; ")
            );
            findings.push(self.finding("extra-certificates", Severity::Note, what, clean.clone()));
        }
        if *unreadable > 0 {
            let what = format!("{unreadable} certificates in it are not readable as X.509");
            findings.push(self.finding("unreadable-certificates", Severity::Warning, what, clean));
        }
        if !others.is_empty() {
            let what = format!("it also holds what is no part of an identity: {}", others.join(", "));
            findings.push(self.finding("other-contents", Severity::Note, what, self.exported("")));
        }
        if *trailing > 0 {
            let what = format!("{trailing} bytes follow its end; strict readers refuse that");
            findings.push(self.finding("trailing-bytes", Severity::Warning, what, self.exported("")));
        }
        for warning in &self.anatomy.warnings {
            if warning.contains("password") {
                findings.push(self.finding(
                    "password-encoding",
                    Severity::Warning,
                    warning.clone(),
                    self.exported(""),
                ));
            }
        }
        findings
    }

    /// friendlyNames that programs stumble over.
    fn labels(&self) -> Vec<Finding> {
        let keys = &self.anatomy.keys;
        let aliases: Vec<_> = keys.iter().filter_map(|key| key.alias.as_deref()).collect();
        let odd =
            |alias: &&str| alias.is_empty() || alias.trim() != *alias || alias.contains(char::is_control);
        let mend = self.exported("-name client ");
        let mut findings = Vec::new();
        if let Some(alias) = aliases.iter().copied().find(|alias| odd(alias)) {
            let what = format!(
                "the friendlyName {alias:?} is empty, or has blanks at its ends or control characters"
            );
            findings.push(self.finding("odd-friendly-name", Severity::Note, what, mend.clone()));
        }
        let folded = |alias: &str| alias.to_lowercase();
        let twice = aliases
            .iter()
            .enumerate()
            .find(|(at, alias)| aliases.iter().take(*at).any(|other| folded(other) == folded(alias)));
        if let Some((_, alias)) = twice {
            let what = format!("two keys have the friendlyName {alias:?}: Java sees one of them only");
            findings.push(self.finding("friendly-name-twice", Severity::Warning, what, mend));
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

/// A subject as `openssl req -subj` takes it.
fn subject(certificate: &Certificate) -> String {
    let parts: Vec<_> = certificate.subject.split(", ").filter(|part| part.contains('=')).collect();
    let parts = parts.iter().rev().map(|part| part.replace('\\', "\\\\").replace('/', "\\/"));
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

/// A word of a shell's command line.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
