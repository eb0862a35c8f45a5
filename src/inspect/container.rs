//! Findings about the file: how it is protected, what else is in it, what things are called.

use super::findings::{Finding, Look, Severity};
use crate::p12::anatomy::{Anatomy, Protection};

impl Look<'_> {
    /// How the file is protected.
    pub(super) fn container(&self) -> Vec<Finding> {
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
                let what = "it has no MAC: nothing shows whether it was changed, and a wrong password shows late or not at all";
                findings.push(self.finding("no-mac", Severity::Warning, what, self.exported("")));
            }
            Some(mac) if mac.kdf == "PBKDF2" => {
                let what =
                    "its MAC is PBMAC1 (RFC 9879): Java (17 at least) and OpenSSL before 3.4 refuse it";
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
    pub(super) fn leftovers(&self) -> Vec<Finding> {
        let Anatomy { keys, certificates, unreadable, others, trailing, .. } = self.anatomy;
        let used = |at: &usize| keys.iter().any(|key| key.chain.contains(at));
        let extra: Vec<_> =
            (0..certificates.len()).filter(|at| !used(at)).filter_map(|at| self.held(at)).collect();
        let mut findings = Vec::new();
        let clean = self.joined(" -clcerts", "chain.pem", "");
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
    pub(super) fn labels(&self) -> Vec<Finding> {
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
