//! Decrypts what is encrypted, and explains why something could not be decrypted.

use openssl::x509::X509;

use super::bag::{Bag, OtherBag, is_safe, key_algorithm, read_bags};
use super::budget::Budget;
use super::container::{Pfx, Safe};
use super::contents::{CertificateEntry, Contents, KeyEntry};
use super::derivation::{Derivation, derive_all};
use super::encoding::{Encoding, encode};
use super::fault::{Fault, Parsed};
use super::iterate::Wiped;
use super::scheme::Scheme;
use crate::ber::SEQUENCE;
use crate::error::Kind;
use crate::password::{Password, Reading};
use crate::secret::Secret;
use crate::words::counted;

/// The result of checking the MAC with a password.
enum Proof {
    /// It is right, in this encoding.
    Right,
    /// There is no MAC.
    None,
    /// It does not fit: the password is wrong, or the file was changed.
    Wrong,
}

/// A safe, read as far as it is not encrypted.
enum Part<'a> {
    Open(Vec<Bag>),
    Closed(&'a Scheme, &'a [u8]),
}

impl<'a> Part<'a> {
    fn read(safe: &'a Safe<'_>, budget: &mut Budget) -> Parsed<Self> {
        match safe {
            Safe::Plain(contents) => read_bags(contents, budget).map(Self::Open),
            Safe::Encrypted(scheme, ciphertext) => Ok(Self::Closed(scheme, ciphertext)),
        }
    }
}

impl Part<'_> {
    fn has_groups(&self) -> bool {
        let is_group = |bag: &Bag| matches!(bag, Bag::Other(OtherBag::GroupProtection));
        matches!(self, Self::Open(bags) if bags.iter().any(is_group))
    }
}

struct Unlocking<'a> {
    pfx: &'a Pfx<'a>,
    readings: Vec<Reading>,
    encodings: Vec<Encoding>,
    budget: Budget,
    proof: Proof,
    given: bool,
    /// Whether Windows users or groups can open it in place of a password.
    has_groups: bool,
    /// Whether anything encrypted came out as it should.
    decrypted: bool,
    encrypted: bool,
}

/// Decrypts everything that the password opens.
pub(super) fn unlock(
    pfx: &Pfx<'_>,
    safes: &[Safe<'_>],
    password: Option<&Password>,
    mut budget: Budget,
) -> Parsed<Contents> {
    // Unencrypted bags are read first, so that an unknown algorithm is reported before a password is tried.
    let parts = safes.iter().map(|safe| Part::read(safe, &mut budget)).collect::<Parsed<Vec<_>>>()?;
    let none = || vec![Reading { secret: Secret::default(), unusual: None, is_guess: false }];
    let readings = password.map_or_else(none, Password::readings);
    let mut unlocking = Unlocking {
        pfx,
        encodings: encode(&readings),
        budget,
        proof: Proof::None,
        has_groups: parts.iter().any(Part::has_groups),
        given: readings.iter().any(|reading| !reading.secret.expose().is_empty()),
        readings,
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
        let mut derivations: Vec<_> = self.pfx.mac.iter().map(|mac| &mac.derivation).collect();
        for part in parts {
            match part {
                Part::Closed(scheme, _) => derivations.push(&scheme.derivation),
                Part::Open(bags) => derivations.extend(bags.iter().filter_map(|bag| match bag {
                    Bag::ShroudedKey(scheme, ..) => Some(&scheme.derivation),
                    _ => None,
                })),
            }
        }
        let Some(standard) = self.encodings.first() else { return Ok(()) };
        derive_all(derivations, standard, &mut self.budget).ok_or_else(too_costly)
    }

    /// Finds the encoding that fits the MAC, and puts it first. The search ends when the budget does not
    /// allow another encoding. So a wrong password is not reported as too costly.
    fn check_mac(&mut self) {
        let Some(mac) = &self.pfx.mac else { return };
        let mut search = distinct(&self.encodings, &mac.derivation);
        let found = search.find_map(|(at, encoding)| {
            match mac.verify(&self.pfx.content, encoding, &mut self.budget) {
                Some(true) => Some(Some(at)),
                Some(false) => None,
                None => Some(None),
            }
        });
        drop(search);
        self.proof = Proof::Wrong;
        if let Some(at) = found.flatten() {
            self.encodings.swap(0, at);
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
            Proof::Wrong if self.decrypted => Err(Fault::new(
                Kind::Changed,
                "the password is right, but the file was changed since it was written (its MAC does not fit)",
            )),
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
        let mut found = None;
        for (at, encoding) in distinct(&self.encodings, &scheme.derivation) {
            let paid = self.budget.spend_on(ciphertext);
            let Some(key) = paid.and_then(|()| scheme.derivation.key(encoding, &mut self.budget)) else {
                return if at == 0 { Err(too_costly()) } else { Ok(None) };
            };
            if let Some(plain) = scheme.decrypt(ciphertext, &key).filter(|plain| fits(plain)) {
                found = Some((at, plain));
                break;
            }
        }
        let Some((at, plain)) = found else { return Ok(None) };
        if !matches!(self.proof, Proof::Right) {
            // Without a MAC, this proves the encoding.
            self.encodings.swap(0, at);
        }
        self.decrypted = true;
        Ok(Some(plain))
    }

    /// Each bag with whether its safe is encrypted.
    fn sort(&mut self, bags: Vec<(Bag, bool)>) -> Parsed<Contents> {
        let mut contents = Contents::default();
        for (bag, encrypted) in bags {
            match bag {
                Bag::Key(pkcs8, label) => {
                    let mut key = KeyEntry::new(pkcs8, label, None, &mut self.budget)?;
                    key.encrypted = encrypted;
                    contents.keys.push(key);
                }
                Bag::ShroudedKey(scheme, ciphertext, label) => match self.open_key(&scheme, &ciphertext)? {
                    Some(pkcs8) => {
                        let protection = Some(scheme.protection());
                        contents.keys.push(KeyEntry::new(pkcs8, label, protection, &mut self.budget)?);
                    }
                    None => contents.closed += 1,
                },
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

    /// Adds a warning if the fitting password was unusual.
    fn note_password(&self, contents: &mut Contents) {
        let Some(encoding) = self.encodings.first() else { return };
        let Some(reading) = self.readings.get(encoding.reading) else { return };
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
        let found = self.decrypt(scheme, ciphertext, |plain| key_algorithm(plain).is_some())?;
        if found.is_some() || !matches!(self.proof, Proof::Right) {
            return Ok(found);
        }
        let proved = self.encodings.first();
        let key = proved.and_then(|encoding| scheme.derivation.key(encoding, &mut self.budget));
        match key.and_then(|key| scheme.decrypt(ciphertext, &key)) {
            Some(noise) if noise.first() == Some(&SEQUENCE) => {
                Err(Fault::malformed("its key decrypts, but is not PKCS#8"))
            }
            _ => Ok(None),
        }
    }

    /// Why something encrypted did not open.
    fn explain_closed(&self, what: &str) -> Fault {
        let opens = match self.proof {
            Proof::Right => "the file",
            Proof::None if self.decrypted => "a part of the file",
            _ => return self.explain_wrong(),
        };
        let what = format!("the password opens {opens}, but {what} has another password");
        Fault::new(Kind::KeyPasswordDiffers, what)
    }

    fn explain_wrong(&self) -> Fault {
        if self.has_groups {
            let what = "it is protected to Windows users or groups, and this password does not open it";
            let what = if self.given {
                what
            } else {
                "it is protected to Windows users or groups in place of a password"
            };
            return Fault::unsupported(what).with_hint("as one of these users, import it into Windows and export it again with a password, without a choice of groups or user names");
        }
        match (self.given, self.encrypted) {
            (false, _) => Fault::new(Kind::PasswordNeeded, "it has a password, and none was given"),
            (true, true) => Fault::new(Kind::WrongPassword, "the password does not match"),
            (true, false) => Fault::new(
                Kind::WrongPassword,
                "the password does not match, or the file was changed; nothing in it is encrypted that could tell which",
            ),
        }
    }
}

/// The encodings that give this derivation different keys, each with its index.
fn distinct<'a>(
    encodings: &'a [Encoding],
    derivation: &'a Derivation,
) -> impl Iterator<Item = (usize, &'a Encoding)> {
    encodings.iter().enumerate().filter(|(at, encoding)| {
        !encodings.iter().take(*at).any(|earlier| derivation.is_same(earlier, encoding))
    })
}

fn too_costly() -> Fault {
    Fault::too_costly("opening it takes more key derivation (iterations) than is allowed for one file")
}
