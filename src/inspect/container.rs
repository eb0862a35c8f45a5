//! Findings about the file: how it is protected, what else is in it, what things are called.

use std::collections::HashSet;

use super::finding::{Finding, Name, Severity};
use super::fix::{Changes, Fix, Inspected};
use crate::p12::anatomy::{Algorithm, Anatomy, Cipher, Digest, KdfName, OtherBag, Protection};
use crate::words::counted;

impl Inspected<'_> {
    /// How the file is protected.
    pub(super) fn container(&self) -> Vec<Finding> {
        [self.cipher(), self.mac(), self.iterations(), self.open_key()].into_iter().flatten().collect()
    }

    fn cipher(&self) -> Option<Finding> {
        let fix = || self.packed("pack it again with AES-256, OpenSSL's default");
        if self.anatomy.is_legacy() {
            let mut used: Vec<_> = self.anatomy.protections().collect();
            used.sort_by_key(|used| used.algorithm);
            let mut used: Vec<_> = used.into_iter().filter_map(Protection::legacy).collect();
            used.dedup();
            let what = format!(
                "it uses {}: OpenSSL 3 servers and clients refuse this file unless their legacy provider is on (curl, Node, Python and others are built on it)",
                used.join(", ")
            );
            return Some(Finding::new(Name::LegacyCipher, Severity::Warning, what, fix()));
        }
        let what = "it is encrypted with 3DES: OpenSSL 3 reads it, strict policies (FIPS) do not";
        let uses = self.anatomy.protections().filter_map(Protection::cipher).any(Cipher::is_triple_des);
        uses.then(|| Finding::new(Name::OldCipher, Severity::Note, what, fix()))
    }

    fn mac(&self) -> Option<Finding> {
        let mac = self.anatomy.mac.as_ref();
        if mac.is_none() {
            let what = "it has no MAC: nothing shows whether it was changed, and a wrong password shows late or not at all";
            let fix = self.packed("pack it again, with a MAC");
            return Some(Finding::new(Name::NoMac, Severity::Warning, what, fix));
        }
        let what = "its MAC is PBMAC1 (RFC 9879): Java, current ones too, and OpenSSL before 3.4 refuse it";
        let fix = || self.packed("pack it again with the usual MAC, which all programs know");
        mac.is_some_and(Protection::is_pbmac1)
            .then(|| Finding::new(Name::PbMac1, Severity::Warning, what, fix()))
    }

    fn iterations(&self) -> Option<Finding> {
        let fewest = self.anatomy.protections().map(|used| used.iterations).min()?;
        let what = format!(
            "{} of key derivation: anyone who has the file can guess its password quickly",
            counted(usize::try_from(fewest).unwrap_or_default(), "iteration")
        );
        let changes = Changes { options: "-iter 100000 ", ..Changes::default() };
        let fix = || self.changed("pack it again with 100000 iterations", &changes);
        (fewest < 1000).then(|| Finding::new(Name::FewIterations, Severity::Note, what, fix()))
    }

    fn open_key(&self) -> Option<Finding> {
        let open = self.anatomy.keys.iter().any(|key| !key.encrypted);
        let what = "its private key is not encrypted: anyone who has the file has the key, and Java finds no entry in such a file";
        let fix =
            || self.packed("pack it again under a password; if others could read this file, replace the key");
        open.then(|| Finding::new(Name::KeyInTheOpen, Severity::Warning, what, fix()))
    }

    /// What Java makes of it, as tried with its versions 8 to 17.
    pub(super) fn java(&self) -> Vec<Finding> {
        let Anatomy { mac, keys, certificates, opened, .. } = self.anatomy;
        let aes = |used: &Protection| used.kdf == KdfName::Pbkdf2;
        let old = match mac {
            Some(mac)
                if !matches!(mac.algorithm, Algorithm::Hmac(Digest::Sha1) | Algorithm::Pbmac1(_))
                    && self.anatomy.protections().any(aes) =>
            {
                let what = format!(
                    "AES and {}: Java before 8u301 and 11.0.12 says of this file that the password was incorrect",
                    mac.algorithm
                );
                let options = "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 ";
                let words = "only if such an old Java must read it, pack it again with 3DES and SHA-1; the price: they protect the key less well, and strict policies (FIPS) refuse them";
                let fix = self.changed(words, &Changes { options, ..Changes::default() });
                Some(Finding::new(Name::NotForOldJava, Severity::Note, what, fix))
            }
            _ => None,
        };
        let what = "Java finds no entry in a file that holds certificates without a key, unless keytool has marked them as trusted";
        let fix = || {
            Fix::words(
                "if it is for a client, export it with its key; if it is a trust store, import it with keytool",
            )
        };
        let keyless = *opened && keys.is_empty() && !certificates.is_empty();
        let keyless = keyless.then(|| Finding::new(Name::NoEntryInJava, Severity::Note, what, fix()));
        old.into_iter().chain(keyless).collect()
    }

    /// What belongs to no key, and what cannot be read.
    pub(super) fn leftovers(&self) -> Vec<Finding> {
        let Anatomy { unreadable, others, trailing, closed, .. } = self.anatomy;
        let mut findings = Vec::new();
        findings.extend(self.extra());
        if *unreadable > 0 {
            let what = format!("{} in it cannot be read as X.509", counted(*unreadable, "certificate"));
            let fix = Fix::words("export it again from where it was made, without them");
            findings.push(Finding::new(Name::UnreadableCertificates, Severity::Warning, what, fix));
        }
        if *closed > 0 {
            let what = format!("{} with another password, left out here", counted(*closed, "key"));
            let fix = Fix::words("export it again from where it was made, under one password");
            findings.push(Finding::new(Name::KeysLeftOut, Severity::Warning, what, fix));
        }
        if !others.is_empty() {
            let mut kinds = others.clone();
            kinds.sort();
            kinds.dedup();
            let count = |kind: &OtherBag| others.iter().filter(|other| *other == kind).count();
            let kinds: Vec<_> = kinds.iter().map(|kind| format!("{kind} ({})", count(kind))).collect();
            let what =
                format!("it also holds things that are neither key nor certificate: {}", kinds.join(", "));
            let fix = self.packed("pack only the key and the certificates");
            findings.push(Finding::new(Name::OtherContents, Severity::Note, what, fix));
        }
        if *trailing > 0 {
            let what = format!("{} after its end; strict readers refuse that", counted(*trailing, "byte"));
            let fix = self.packed("pack it again");
            findings.push(Finding::new(Name::TrailingBytes, Severity::Warning, what, fix));
        }
        findings
    }

    fn extra(&self) -> Option<Finding> {
        let Anatomy { keys, certificates, .. } = self.anatomy;
        let chain: Vec<_> = keys.iter().flat_map(|key| key.chain.iter().copied()).collect();
        let extra: Vec<_> = (0..certificates.len()).filter(|at| !chain.contains(at)).collect();
        let subjects =
            extra.iter().filter_map(|at| self.held(*at)).map(|held| held.certificate.subject.as_str());
        let what = format!(
            "{} not sent, as no key's chain needs it: {}{}",
            counted(extra.len(), "certificate"),
            subjects.take(3).collect::<Vec<_>>().join("; "),
            if extra.len() > 3 { "; and others" } else { "" }
        );
        let changes = Changes { only: Some(&chain), ..Changes::default() };
        let fix = || self.changed("pack it again without them", &changes);
        (!chain.is_empty() && !extra.is_empty())
            .then(|| Finding::new(Name::ExtraCertificates, Severity::Note, what, fix()))
    }

    /// friendlyNames that programs stumble over.
    pub(super) fn labels(&self) -> Vec<Finding> {
        let Anatomy { keys, certificates, .. } = self.anatomy;
        let of_keys = || keys.iter().filter_map(|key| key.alias.as_deref());
        let all = of_keys().chain(certificates.iter().filter_map(|held| held.alias.as_deref()));
        let odd = all.filter_map(|alias| Some((alias, oddity(alias)?))).next().map(|(alias, oddity)| {
            let start: String = alias.chars().take(LONG_NAME).collect();
            let what =
                format!("the friendlyName {start:?} {oddity}: some programs cannot find the key by it");
            let changes = Changes { name: Some("client"), ..Changes::default() };
            let fix = self.changed("pack it again under the plain name \"client\"", &changes);
            Finding::new(Name::OddFriendlyName, Severity::Note, what, fix)
        });
        let mut seen = HashSet::new();
        let twice = of_keys().find(|alias| !seen.insert(alias.to_lowercase())).map(|alias| {
            let what = format!("two keys have the friendlyName {alias:?}: Java sees only one of them");
            let fix = Fix::words("export them again from where they were made, each under a different name");
            Finding::new(Name::FriendlyNameTwice, Severity::Warning, what, fix)
        });
        odd.into_iter().chain(twice).collect()
    }

    /// How the password is written.
    pub(super) fn password(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(unusual) = self.anatomy.unusual {
            let what = format!("the password fits only as {unusual}; other programs may refuse the file");
            let fix = Fix::words("export it again from where it was made, under a password of ASCII letters");
            findings.push(Finding::new(Name::PasswordEncoding, Severity::Warning, what, fix));
        }
        if let Some(reading) = &self.anatomy.reading {
            let fix = Fix::words("give other programs the password alone");
            findings.push(Finding::new(Name::PasswordSource, Severity::Warning, reading.clone(), fix));
        }
        if self.anatomy.password.as_ref().is_some_and(|password| !password.expose().is_ascii()) {
            let what = "the password has letters that are not ASCII: programs encode them differently, and Java refuses the file";
            let fix = self.packed("pack it again under a new password of ASCII letters");
            findings.push(Finding::new(Name::PasswordNotAscii, Severity::Warning, what, fix));
        }
        findings
    }
}

/// In letters: more than any tool makes of itself.
const LONG_NAME: usize = 128;

fn oddity(alias: &str) -> Option<String> {
    Some(match alias.chars().count() {
        0 => "is empty".into(),
        count @ LONG_NAME.. => format!("has {count} letters"),
        _ if alias.contains(char::is_control) => "has control characters".into(),
        _ if alias.trim() != alias => "begins or ends with a blank".into(),
        _ => return None,
    })
}
