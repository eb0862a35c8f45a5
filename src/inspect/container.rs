//! Findings about the container: its protection, other contents, labels, the password.

use std::collections::HashSet;

use super::finding::{Finding, Name};
use super::fix::{Fix, Inspected, Remedy};
use crate::p12::anatomy::{Anatomy, Form, OtherBag, Protection};
use crate::password::MADE_WITH_IT;
use crate::readers::{ITERATIONS, Trait, refused_by};
use crate::words::counted;

impl Inspected<'_> {
    /// How the file is protected, and who refuses that.
    pub(super) fn container(&self) -> Vec<Finding> {
        if self.anatomy.form == Form::Loose {
            return self.unpacked().into_iter().collect();
        }
        let algorithms = [self.cipher(), self.old_readers(), self.mac(), self.iterations(), self.encoding()];
        algorithms.into_iter().flatten().chain(self.secrecy()).chain(self.keyless()).collect()
    }

    fn is(&self, one: Trait) -> bool {
        one.is_of(self.anatomy)
    }

    /// A certificate and its key that are in no P12.
    fn unpacked(&self) -> Option<Finding> {
        let what = "it holds a certificate and its key, and is no P12: what asks for one, such as Java, Windows and the platform, does not take it";
        let remedy = if self.is(Trait::NoPassword) { Remedy::NewPassword } else { Remedy::Again };
        let fix = || self.repacked("pack them, under a password", remedy);
        self.anatomy.opened.then(|| Finding::note(Name::Unpacked, what, fix()))
    }

    fn cipher(&self) -> Option<Finding> {
        let fix = || self.repacked("pack it again with AES-256", Remedy::Again);
        if self.is(Trait::OldCipher) {
            let mut used: Vec<_> = self.anatomy.protections().collect();
            used.sort_by_key(|used| used.algorithm);
            let mut used: Vec<_> = used.into_iter().filter_map(Protection::legacy).collect();
            used.dedup();
            let what = refused(&format!("it uses {}", used.join(", ")), &[Trait::OldCipher]);
            return Some(Finding::warning(Name::LegacyCipher, what, fix()));
        }
        let what = || refused("it is encrypted with 3DES", &[Trait::TripleDes]);
        self.is(Trait::TripleDes).then(|| Finding::note(Name::OldCipher, what(), fix()))
    }

    fn old_readers(&self) -> Option<Finding> {
        // A file without a MAC, or with PBMAC1, has a finding of its own.
        let mac = self.anatomy.mac.as_ref().filter(|_| !self.is(Trait::Pbmac1))?;
        let (what, traits): (_, &[_]) = match (self.is(Trait::Aes), self.is(Trait::Sha2Mac)) {
            (true, true) => (format!("it uses AES and {}", mac.algorithm), &[Trait::Aes, Trait::Sha2Mac]),
            (true, false) => ("it uses AES".into(), &[Trait::Aes]),
            (false, true) => (format!("its MAC is {}", mac.algorithm), &[Trait::Sha2Mac]),
            (false, false) => return None,
        };
        let what = refused(&what, traits) + "; most of them say that the password is wrong";
        let words = "only if one of them must read it, pack it again with 3DES and SHA-1 (--for has a name for each); the price: they protect the key less well, and strict policies (FIPS) refuse them";
        let fix = self.repacked(words, Remedy::ForOldReaders);
        Some(Finding::note(Name::NotForOldReaders, what, fix))
    }

    fn mac(&self) -> Option<Finding> {
        let missing = "it has no MAC: nothing shows whether it was changed, and a wrong password shows late or not at all";
        let (name, what, traits) = match (self.is(Trait::NoMac), self.is(Trait::Pbmac1)) {
            (true, _) => (Name::NoMac, missing, Trait::NoMac),
            (_, true) => (Name::PbMac1, "its MAC is PBMAC1 (RFC 9879)", Trait::Pbmac1),
            _ => return None,
        };
        let fix = self.repacked("pack it again with the usual MAC, which all programs know", Remedy::Again);
        Some(Finding::warning(name, refused(what, &[traits]), fix))
    }

    fn iterations(&self) -> Option<Finding> {
        let fix = || self.repacked(&format!("pack it again with {ITERATIONS} iterations"), Remedy::Again);
        if self.is(Trait::ManyIterations) {
            let what = refused("it takes more than 600000 iterations to open it", &[Trait::ManyIterations]);
            return Some(Finding::note(Name::ManyIterations, what, fix()));
        }
        let fewest = self.anatomy.protections().map(|used| used.iterations).min()?;
        let what = format!(
            "{} of key derivation: anyone who has the file can guess its password quickly",
            counted(fewest, "iteration")
        );
        (fewest < 1000).then(|| Finding::note(Name::FewIterations, what, fix()))
    }

    fn encoding(&self) -> Option<Finding> {
        let what = || refused("it is written in BER (indefinite lengths)", &[Trait::Ber]);
        let fix = || self.repacked("pack it again, in DER", Remedy::Again);
        self.is(Trait::Ber).then(|| Finding::note(Name::IndefiniteLengths, what(), fix()))
    }

    /// What others can see of the key, and what the password is like.
    fn secrecy(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let empty = self.is(Trait::NoPassword);
        if self.is(Trait::OpenKey) {
            let what = "its private key is not encrypted: anyone who has the file has the key";
            let words = "pack it again under a password; if others could read this file, replace the key";
            let fix = self.repacked(words, if empty { Remedy::NewPassword } else { Remedy::Again });
            findings.push(Finding::warning(Name::KeyInTheOpen, refused(what, &[Trait::OpenKey]), fix));
        } else if empty && !self.anatomy.keys.is_empty() {
            let what = "it opens without a password: anyone who has the file has the key";
            let fix = self.repacked("pack it again under a password", Remedy::NewPassword);
            findings.push(Finding::warning(Name::NoPassword, refused(what, &[Trait::NoPassword]), fix));
        }
        if let Some(unusual) = self.anatomy.unusual {
            let what = format!("the password fits only as {unusual}; other programs may refuse the file");
            let fix = self
                .repacked("pack it again, with the password written as the standard has it", Remedy::Again);
            findings.push(Finding::warning(Name::PasswordEncoding, what, fix));
        }
        if let Some(reading) = &self.anatomy.reading {
            let fix = match reading.ends_with(MADE_WITH_IT) {
                true => self.repacked("pack it again under a password without it", Remedy::NewPassword),
                false => Fix::words("give other programs the password alone"),
            };
            findings.push(Finding::warning(Name::PasswordSource, reading.clone(), fix));
        }
        if self.is(Trait::NotAscii) {
            let what = "the password has letters that are not ASCII: programs encode them differently";
            let fix =
                self.repacked("pack it again under a new password of ASCII letters", Remedy::NewPassword);
            findings.push(Finding::warning(Name::PasswordNotAscii, refused(what, &[Trait::NotAscii]), fix));
        }
        findings
    }

    fn keyless(&self) -> Option<Finding> {
        let Anatomy { keys, certificates, opened, .. } = self.anatomy;
        let what = "Java finds no entry in a file that holds certificates without a key, unless keytool has marked them as trusted";
        let fix =
            "if it is for a client, export it with its key; if it is a trust store, import it with keytool";
        (*opened && keys.is_empty() && !certificates.is_empty())
            .then(|| Finding::note(Name::NoEntryInJava, what, Fix::words(fix)))
    }

    /// Contents that belong to no key, or cannot be read.
    pub(super) fn leftovers(&self) -> Vec<Finding> {
        let Anatomy { unreadable, others, trailing, padding, closed, .. } = self.anatomy;
        let mut findings = Vec::new();
        findings.extend(self.extra());
        if *unreadable > 0 {
            let what = format!("{} in it cannot be read as X.509", counted(*unreadable, "certificate"));
            let fix = self.repacked("pack it again without them", Remedy::Again);
            findings.push(Finding::warning(Name::UnreadableCertificates, what, fix));
        }
        if *closed > 0 {
            let what = format!("{} with another password, left out here", counted(*closed, "key"));
            let fix = self
                .repacked("pack it again without them, or export it again under one password", Remedy::Again);
            findings.push(Finding::warning(Name::KeysLeftOut, what, fix));
        }
        if !others.is_empty() {
            let mut kinds = others.clone();
            kinds.sort();
            kinds.dedup();
            let count = |kind: &OtherBag| others.iter().filter(|other| *other == kind).count();
            let kinds: Vec<_> = kinds.iter().map(|kind| format!("{kind} ({})", count(kind))).collect();
            let what =
                format!("it also holds things that are neither key nor certificate: {}", kinds.join(", "));
            let fix = self.repacked("pack only the key and the certificates", Remedy::Again);
            findings.push(Finding::note(Name::OtherContents, what, fix));
        }
        if *trailing > 0 {
            let bytes = counted(*trailing, "byte");
            let what = format!("{bytes} after its end{padding}; strict readers refuse that");
            let fix = self.repacked("pack it again", Remedy::Again);
            findings.push(Finding::warning(Name::TrailingBytes, what, fix));
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
        let fix = || self.repacked("pack it again without them", Remedy::Again);
        (!chain.is_empty() && !extra.is_empty()).then(|| Finding::note(Name::ExtraCertificates, what, fix()))
    }

    /// Friendly names that other programs have trouble with.
    pub(super) fn labels(&self) -> Vec<Finding> {
        let Anatomy { keys, certificates, .. } = self.anatomy;
        let of_keys = || keys.iter().filter_map(|key| key.alias.as_deref());
        let all = of_keys().chain(certificates.iter().filter_map(|held| held.alias.as_deref()));
        let odd = all.filter_map(|alias| Some((alias, oddity(alias)?))).next().map(|(alias, oddity)| {
            let start: String = alias.chars().take(LONG_NAME).collect();
            let what =
                format!("the friendlyName {start:?} {oddity}: some programs cannot find the key by it");
            let fix = self.repacked("pack it again under the plain name \"client\"", Remedy::Rename);
            Finding::note(Name::OddFriendlyName, what, fix)
        });
        let mut seen = HashSet::new();
        let twice = of_keys().find(|alias| !seen.insert(alias.to_lowercase())).map(|alias| {
            let what = format!("two keys have the friendlyName {alias:?}: Java sees only one of them");
            let fix =
                Fix::words("pack each by itself, under a name of its own: repack --alias '#1' --name NAME");
            Finding::warning(Name::FriendlyNameTwice, what, fix)
        });
        odd.into_iter().chain(twice).collect()
    }
}

/// What is so, and the readers that refuse it.
fn refused(what: &str, traits: &[Trait]) -> String {
    match refused_by(traits) {
        Some(readers) => format!("{what}; it is refused by {readers}"),
        None => what.to_owned(),
    }
}

/// In letters. No tool makes such a long name by itself.
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
