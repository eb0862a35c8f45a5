//! What is in the safes once the password has opened them, and whose fault it is when it has not.

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::anatomy::Protection;
use super::cipher::Scheme;
use super::container::{self, Bag, Fault, Label, Pfx, Safe};
use super::digest;
use super::kdf::{Budget, Wiped};
use super::password::{Encoding, encodings};
use crate::error::Kind;
use crate::secret::Secret;

/// Why the contents stay closed.
pub(super) enum Refused {
    Fault(Fault),
    Because(Kind, String),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Keys and certificates, as many as could be read.
pub(super) struct Contents {
    pub(super) keys: Vec<KeyEntry>,
    pub(super) certificates: Vec<CertificateEntry>,
    /// Certificates that are none, by OpenSSL's judgement.
    pub(super) unreadable: usize,
    /// Keys that have another password.
    pub(super) closed: usize,
    /// How the password had to be written, where that is unusual.
    pub(super) unusual: Option<&'static str>,
    /// Other things, by name.
    pub(super) others: Vec<&'static str>,
    pub(super) warnings: Vec<String>,
}

/// A private key; `key` is missing where OpenSSL does not know its algorithm.
pub(super) struct KeyEntry {
    pub(super) key: Option<PKey<Private>>,
    pub(super) label: Label,
    /// How it was encrypted by itself.
    pub(super) protection: Option<Protection>,
    /// Whether anything encrypts it: that, or the safe around it.
    pub(super) encrypted: bool,
    oid: String,
}

impl KeyEntry {
    /// The name of its algorithm, where it has one, and its OID.
    pub(super) fn algorithm(&self) -> String {
        let name = digest::name(&self.oid).map_or(String::new(), |name| format!("{name}, "));
        format!("{name}OID {}", self.oid)
    }
}

/// A certificate and what its bag is called.
pub(super) struct CertificateEntry {
    pub(super) certificate: X509,
    pub(super) label: Label,
}

/// What the MAC says of a password.
enum Proof {
    /// It is right, in this encoding.
    Right,
    /// There is no MAC to ask.
    None,
    /// It does not fit: the password is wrong, or the file was changed.
    Wrong,
}

const COSTLY: &str = "opening it takes more key derivation (iterations) than is allowed for one file";

/// DSA, and the two forms of DH.
const FINITE_FIELD: &[&str] = &["1.2.840.10040.4.1", "1.2.840.113549.1.3.1", "1.2.840.10046.2.1"];

/// In bytes of PKCS#8: room for DSA of 4096 bits, thrice what FIPS 186-4 knows.
const LARGEST_FINITE_FIELD: usize = 2048;

/// In units of the budget: some 0.15 s for the largest.
const FINITE_FIELD_COST: u64 = 1_000_000;

/// In bytes of PKCS#8: room for RSA of 16384 bits, the largest that OpenSSL verifies.
const LARGEST: usize = 16 * 1024;

struct Unlocking<'a> {
    encodings: Vec<Encoding>,
    budget: Budget,
    proof: Proof,
    given: bool,
    /// Whether anything encrypted came out as it should.
    decrypted: bool,
    encrypted: bool,
    pfx: &'a Pfx<'a>,
}

impl Contents {
    pub(super) fn unlock(
        pfx: &Pfx<'_>,
        safes: &[Safe<'_>],
        password: Option<&Secret>,
        work: u64,
    ) -> Result<Self, Refused> {
        // Bags in the open are read first: an algorithm that nobody knows is told before any password is judged.
        for safe in safes {
            if let Safe::Plain(contents) = safe {
                container::bags(contents)?;
            }
        }
        let mut unlocking = Unlocking {
            encodings: encodings(password),
            budget: Budget::new(work),
            proof: Proof::None,
            given: password.is_some_and(|password| !password.expose().is_empty()),
            decrypted: false,
            encrypted: false,
            pfx,
        };
        unlocking.ask_mac();
        unlocking.contents(safes)
    }
}

impl Unlocking<'_> {
    /// Finds the encoding under which the MAC is right, and puts it first.
    fn ask_mac(&mut self) {
        let Some(mac) = &self.pfx.mac else { return };
        self.proof = Proof::Wrong;
        for at in 0..self.encodings.len() {
            let Some(encoding) = self.encodings.get(at) else { return };
            match mac.verify(&self.pfx.content, encoding, &mut self.budget) {
                Some(true) => {
                    self.encodings.swap(0, at);
                    self.proof = Proof::Right;
                    return;
                }
                Some(false) => {}
                None => return,
            }
        }
    }

    fn contents(&mut self, safes: &[Safe<'_>]) -> Result<Contents, Refused> {
        let mut bags = Vec::new();
        for safe in safes {
            let (found, encrypted) = match safe {
                Safe::Plain(contents) => (container::bags(contents)?, false),
                Safe::Encrypted(scheme, ciphertext) => {
                    let plain = self.decrypt(scheme, ciphertext, container::is_safe);
                    (container::bags(&plain.ok_or_else(|| self.closed("a part of it"))?)?, true)
                }
            };
            bags.extend(found.into_iter().map(|bag| (bag, encrypted)));
        }
        let contents = self.sort(bags)?;
        match self.proof {
            Proof::Wrong if self.decrypted => Err(because(
                Kind::Changed,
                "the password is right, but the file was changed since it was written (its MAC does not fit)",
            )),
            Proof::Wrong => Err(self.wrong()),
            Proof::Right | Proof::None => Ok(contents),
        }
    }

    /// Tries each encoding, the one that the MAC proved first.
    fn decrypt(&mut self, scheme: &Scheme, ciphertext: &[u8], fits: fn(&[u8]) -> bool) -> Option<Wiped> {
        self.encrypted = true;
        for encoding in &self.encodings {
            let plain = scheme.decrypt(ciphertext, encoding, &mut self.budget);
            if let Some(plain) = plain.filter(|plain| fits(plain)) {
                self.decrypted = true;
                return Some(plain);
            }
        }
        None
    }

    /// Each bag with whether its safe is encrypted.
    fn sort(&mut self, bags: Vec<(Bag, bool)>) -> Result<Contents, Refused> {
        let mut contents = Contents {
            keys: Vec::new(),
            certificates: Vec::new(),
            unreadable: 0,
            closed: 0,
            unusual: None,
            others: Vec::new(),
            warnings: Vec::new(),
        };
        for (bag, encrypted) in bags {
            match bag {
                Bag::Key(pkcs8, label) => {
                    let key = self.key(&pkcs8, label, None)?;
                    contents.keys.push(KeyEntry { encrypted, ..key });
                }
                Bag::ShroudedKey(scheme, ciphertext, label) => match self.shrouded(&scheme, &ciphertext)? {
                    Some(pkcs8) => contents.keys.push(self.key(&pkcs8, label, Some(scheme.protection()))?),
                    None => contents.closed += 1,
                },
                Bag::Certificate(der, label) => match X509::from_der(&der) {
                    Ok(certificate) => contents.certificates.push(CertificateEntry { certificate, label }),
                    Err(_) => contents.unreadable += 1,
                },
                Bag::Other(name) => contents.others.push(name),
            }
        }
        let closed = contents.closed;
        if closed > 0 && contents.keys.is_empty() {
            return Err(self.closed("its key"));
        }
        if closed > 0 {
            contents.warnings.push(format!("{closed} of its keys have another password and were left out"));
        }
        contents.unusual = self.encodings.first().and_then(|first| first.unusual);
        if let Some(unusual) = contents.unusual {
            contents
                .warnings
                .push(format!("the password fits only as {unusual}; other programs may refuse the file"));
        }
        Ok(contents)
    }

    /// A key, `None` when it has another password. With the password proved, noise is the file's fault.
    fn shrouded(&mut self, scheme: &Scheme, ciphertext: &[u8]) -> Result<Option<Wiped>, Refused> {
        let found = self.decrypt(scheme, ciphertext, |plain| container::key_algorithm(plain).is_some());
        if found.is_some() || !matches!(self.proof, Proof::Right) {
            return Ok(found);
        }
        let proved = self.encodings.first();
        let noise = proved.and_then(|encoding| scheme.decrypt(ciphertext, encoding, &mut self.budget));
        match noise {
            Some(noise) if noise.first() == Some(&crate::ber::SEQUENCE) => {
                Err(Fault::Malformed("its key decrypts, but is not PKCS#8".into()).into())
            }
            _ => Ok(None),
        }
    }

    /// OpenSSL computes the public half of a finite-field key at once, in time that grows with the cube of its
    /// size and without end in sight for a hostile one; so size and number are bounded before it sees them.
    fn key(
        &mut self,
        pkcs8: &[u8],
        label: Label,
        protection: Option<Protection>,
    ) -> Result<KeyEntry, Refused> {
        let oid = container::key_algorithm(pkcs8)
            .ok_or_else(|| Fault::Malformed("its key is not PKCS#8".into()))?;
        let finite_field = FINITE_FIELD.contains(&oid.as_str());
        let largest = if finite_field { LARGEST_FINITE_FIELD } else { LARGEST };
        let affordable =
            pkcs8.len() <= largest && (!finite_field || self.budget.spend(FINITE_FIELD_COST).is_some());
        if !affordable {
            return Err(Fault::Unsupported(format!(
                "its keys (OID {oid}) are larger or more than any real ones"
            ))
            .into());
        }
        let key = PKey::private_key_from_pkcs8(pkcs8).ok();
        Ok(KeyEntry { key, label, encrypted: protection.is_some(), protection, oid })
    }

    /// Something encrypted did not open.
    fn closed(&self, what: &str) -> Refused {
        if self.budget.exceeded {
            return self.wrong();
        }
        match self.proof {
            Proof::Right => because(
                Kind::KeyPasswordDiffers,
                &format!("the password opens the file, but {what} has another password"),
            ),
            Proof::None if self.decrypted => because(
                Kind::KeyPasswordDiffers,
                &format!("the password opens a part of the file, but {what} has another password"),
            ),
            _ => self.wrong(),
        }
    }

    fn wrong(&self) -> Refused {
        if self.budget.exceeded {
            return Fault::Unsupported(COSTLY.into()).into();
        }
        match (self.given, self.encrypted) {
            (false, _) => because(Kind::PasswordNeeded, "it has a password, and none was given"),
            (true, true) => because(Kind::WrongPassword, "the password does not match"),
            (true, false) => because(
                Kind::WrongPassword,
                "the password does not match, or the file was changed; nothing in it is encrypted that could tell which",
            ),
        }
    }
}

fn because(kind: Kind, what: &str) -> Refused {
    Refused::Because(kind, what.to_owned())
}
