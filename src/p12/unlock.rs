//! Decrypts what is encrypted, and explains why something could not be decrypted.

use openssl::x509::X509;

use super::bag::{Bag, Label, is_safe, key_algorithm, read_bags};
use super::budget::Budget;
use super::container::{Part, Safe};
use super::contents::{CertificateEntry, Contents, KeyEntry};
use super::derivation::derive_all;
use super::encoding::Encoding;
use super::fault::{Fault, Parsed};
use super::iterate::Wiped;
use super::loose;
use super::mac::Mac;
use super::protection::Protection;
use super::scheme::Scheme;
use super::tries::{Tries, too_costly, try_all, verify};
use crate::ber::SEQUENCE;
use crate::password::{Password, Reading};
use crate::words::counted;

mod explain;

/// The result of checking the MAC with a password.
enum Proof {
    /// It is right, in this encoding.
    Right,
    /// There is no MAC.
    None,
    /// It does not fit: the password is wrong, or the file was changed.
    Wrong,
}

pub(super) struct Locked<'a> {
    pub(super) mac: Option<&'a Mac>,
    /// What the MAC covers.
    pub(super) content: &'a [u8],
    pub(super) safes: &'a [Safe<'a>],
    /// What comes from no P12.
    pub(super) loose: Vec<Bag>,
}

struct Unlocking<'a> {
    mac: Option<&'a Mac>,
    content: &'a [u8],
    tries: Tries,
    of_key: Option<Tries>,
    /// How that one was found, once it has fitted.
    key_reading: Option<Reading>,
    budget: Budget,
    proof: Proof,
    /// Whether Windows users or groups can open it in place of a password.
    has_groups: bool,
    /// Whether something stayed closed that takes letters beyond ASCII otherwise than the MAC that they fit.
    letters_differ: bool,
    /// Whether anything encrypted came out as it should.
    decrypted: bool,
    encrypted: bool,
}

/// Decrypts everything that the password opens.
pub(super) fn unlock(
    locked: Locked<'_>,
    password: Option<&Password>,
    of_key: Option<&Password>,
    mut budget: Budget,
) -> Parsed<Contents> {
    let Locked { mac, content, safes, loose } = locked;
    // Unencrypted bags are read first, so that an unknown algorithm is reported before a password is tried.
    let mut parts = safes.iter().map(|safe| safe.open(&mut budget)).collect::<Parsed<Vec<_>>>()?;
    parts.push(Part::Open(loose));
    let mut unlocking = Unlocking {
        mac,
        content,
        tries: Tries::new(&password.cloned().unwrap_or_default()),
        of_key: of_key.map(|password| Tries::new(password).not_derived()),
        key_reading: None,
        budget,
        proof: Proof::None,
        has_groups: parts.iter().any(Part::has_groups),
        letters_differ: false,
        decrypted: false,
        encrypted: false,
    };
    unlocking.derive_ahead(&parts)?;
    unlocking.check_mac();
    unlocking.read(parts)
}

impl Unlocking<'_> {
    /// Derives all keys from the standard encoding in advance: most passwords are right and need all of them.
    fn derive_ahead(&mut self, parts: &[Part<'_>]) -> Parsed<()> {
        let mut derivations: Vec<_> = self.mac.iter().map(|mac| &mac.derivation).collect();
        for part in parts {
            match part {
                Part::Closed(scheme, _) => derivations.push(&scheme.derivation),
                Part::Open(bags) => derivations.extend(bags.iter().filter_map(|bag| match bag {
                    Bag::ShroudedKey(scheme, ..) => Some(&scheme.derivation),
                    _ => None,
                })),
            }
        }
        let Some(standard) = self.tries.encodings.first() else { return Ok(()) };
        derive_all(derivations, standard, &mut self.budget).ok_or_else(too_costly)
    }

    /// Finds the encoding that fits the MAC, and puts it first.
    fn check_mac(&mut self) {
        let Some(mac) = self.mac else { return };
        self.proof = Proof::Wrong;
        if let Some(at) = verify(mac, self.content, &self.tries.encodings, &mut self.budget) {
            self.tries.encodings.swap(0, at);
            // What is encrypted has the same password, as a rule, but may take it in another encoding.
            let proved = self.tries.encodings.first().cloned();
            let differs = |other: &Encoding| !proved.iter().any(|one| mac.derivation.is_same(one, other));
            self.tries.encodings.sort_by_key(differs);
            self.proof = Proof::Right;
        }
    }

    fn read(&mut self, parts: Vec<Part<'_>>) -> Parsed<Contents> {
        let mut bags = Vec::new();
        for part in parts {
            let (found, encrypted) = match part {
                Part::Open(bags) => (bags, false),
                Part::Closed(scheme, ciphertext) => {
                    let plain = self.decrypt(scheme, ciphertext, is_safe)?;
                    let plain = plain.ok_or_else(|| self.explain_closed("a part of it"))?;
                    (read_bags(&plain, &mut self.budget)?, true)
                }
            };
            bags.extend(found.into_iter().map(|bag| (bag, encrypted)));
        }
        let contents = self.sort(bags)?;
        match self.proof {
            Proof::Wrong => Err(self.explain_wrong()),
            Proof::Right | Proof::None => Ok(contents),
        }
    }

    /// Tries each encoding, the one that the MAC proved first.
    fn decrypt(
        &mut self,
        scheme: &Scheme,
        ciphertext: &[u8],
        fits: fn(&[u8]) -> bool,
    ) -> Parsed<Option<Wiped>> {
        self.encrypted = true;
        let found = try_all(&self.tries.encodings, scheme, ciphertext, fits, &mut self.budget)?;
        let Some((at, plain)) = found else {
            self.letters_differ |= self.mac_takes_other(scheme);
            return Ok(None);
        };
        if !matches!(self.proof, Proof::Right) || self.fits_mac(at) {
            // Without a MAC, this proves the encoding; with one, which of those that fit the MAC.
            self.tries.encodings.swap(0, at);
        }
        self.decrypted = true;
        Ok(Some(plain))
    }

    /// Each bag with whether its safe is encrypted.
    fn sort(&mut self, bags: Vec<(Bag, bool)>) -> Parsed<Contents> {
        let mut contents = Contents::default();
        for (bag, encrypted) in bags {
            match bag {
                Bag::Key(pkcs8, label) => self.add(&mut contents, Some(pkcs8), label, None, encrypted)?,
                Bag::ShroudedKey(scheme, ciphertext, label) => {
                    let (opened, protection) = (self.open_key(&scheme, &ciphertext)?, scheme.protection());
                    self.add(&mut contents, opened, label, Some(protection), true)?;
                }
                Bag::SealedKey(pem) => {
                    let opened = self.open_pem(&pem);
                    self.add(&mut contents, opened, Label::default(), None, true)?;
                }
                Bag::Certificate(der, label) => match X509::from_der(&der) {
                    Ok(certificate) => contents.certificates.push(CertificateEntry { certificate, label }),
                    Err(_) => contents.unreadable += 1,
                },
                Bag::Other(other) => contents.others.push(other),
            }
        }
        let closed = contents.closed;
        if closed > 0 && contents.keys.is_empty() {
            return Err(self.explain_closed("its key"));
        }
        if closed > 0 {
            contents.warnings.push(format!("left out: {} with another password", counted(closed, "key")));
        }
        self.note_password(&mut contents);
        Ok(contents)
    }

    /// Adds a key, or counts one that did not open.
    fn add(
        &mut self,
        contents: &mut Contents,
        opened: Option<Wiped>,
        label: Label,
        protection: Option<Protection>,
        encrypted: bool,
    ) -> Parsed<()> {
        match opened {
            Some(pkcs8) => {
                contents.keys.push(KeyEntry::new(pkcs8, label, protection, encrypted, &mut self.budget)?);
            }
            None => contents.closed += 1,
        }
        Ok(())
    }

    /// Adds a warning if the fitting password was unusual.
    fn note_password(&self, contents: &mut Contents) {
        if let Some(reading) = &self.key_reading {
            contents.key_password = Some(reading.secret.clone());
            contents.warnings.extend(reading.unusual.clone());
        }
        let Some(encoding) = self.tries.encodings.first() else { return };
        let Some(reading) = self.tries.readings.get(encoding.reading) else { return };
        contents.password = Some(reading.secret.clone());
        contents.unusual = encoding.unusual;
        contents.reading.clone_from(&reading.unusual);
        contents.warnings.extend(reading.unusual.clone());
        if let Some(unusual) = encoding.unusual {
            let warning = format!("the password fits only as {unusual}; other programs may refuse the file");
            contents.warnings.push(warning);
        }
    }

    /// Decrypts a key; `None` if it has another password. If the password is proven, random bytes mean that
    /// the file is damaged.
    fn open_key(&mut self, scheme: &Scheme, ciphertext: &[u8]) -> Parsed<Option<Wiped>> {
        let fits = |plain: &[u8]| key_algorithm(plain).is_some();
        if let Some(of_key) = &self.of_key
            && let Some((at, plain)) = try_all(&of_key.encodings, scheme, ciphertext, fits, &mut self.budget)?
        {
            self.key_fitted(at);
            return Ok(Some(plain));
        }
        let found = self.decrypt(scheme, ciphertext, fits)?;
        if found.is_some() || !matches!(self.proof, Proof::Right) {
            return Ok(found);
        }
        let proved = self.tries.encodings.first();
        let key = proved.and_then(|encoding| scheme.derivation.key(encoding, &mut self.budget));
        match key.and_then(|key| scheme.decrypt(ciphertext, &key)) {
            Some(noise) if noise.first() == Some(&SEQUENCE) => {
                Err(Fault::malformed("its key decrypts, but is not PKCS#8"))
            }
            _ => Ok(None),
        }
    }

    /// PEM in its old encryption.
    fn open_pem(&mut self, pem: &[u8]) -> Option<Wiped> {
        self.encrypted = true;
        let of_key = self.of_key.as_ref().and_then(|of_key| of_key.open_pem(pem));
        if let Some((at, _)) = &of_key {
            self.key_fitted(*at);
        }
        let (_, der) = of_key.or_else(|| {
            let (at, der) = self.tries.open_pem(pem)?;
            self.tries.encodings.swap(0, at);
            Some((at, der))
        })?;
        self.decrypted = true;
        loose::read_key(&der)
    }

    fn key_fitted(&mut self, at: usize) {
        let Some(of_key) = &self.of_key else { return };
        let reading = of_key.encodings.get(at).and_then(|encoding| of_key.readings.get(encoding.reading));
        self.key_reading = reading.cloned();
    }
}
