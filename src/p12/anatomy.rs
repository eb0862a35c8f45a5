//! All that a file holds, for people: how it is protected, what is in it, what belongs together.

use openssl::x509::X509;
use serde::Serialize;
use zeroize::Zeroizing;

use super::container::{self, Bag, Label, Pfx, Safe};
use super::contents::{CertificateEntry, Contents, KeyEntry};
use super::{P12, P12File, pick, sniff};
use crate::certificate::{self, KeyKind};
use crate::error::{Error, Kind, Result};
use crate::evidence::Certificate;
use crate::secret::Secret;

/// What was found in a file. Indexes count from 0.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Anatomy {
    /// In bytes, as it lies on the disk.
    pub size: u64,
    /// `DER`, `BER` (indefinite lengths) or `text` (PEM, base64, hex).
    pub form: &'static str,
    /// Bytes that follow the end.
    pub trailing: usize,
    /// Whether the password opened it; if not, only what stands in the open is known.
    pub opened: bool,
    /// How it is protected against change; `None` when it is not.
    pub mac: Option<Protection>,
    /// How each safe is encrypted; `None` for one in the open.
    pub safes: Vec<Option<Protection>>,
    /// The private keys, as far as they could be opened.
    pub keys: Vec<Key>,
    /// The certificates, as far as they could be opened.
    pub certificates: Vec<Held>,
    /// Certificates that are not readable as X.509.
    pub unreadable: usize,
    /// Things that are no part of an identity, by name.
    pub others: Vec<&'static str>,
    /// What is odd about it.
    pub warnings: Vec<String>,
    /// Keys that have another password.
    #[serde(skip)]
    pub closed: usize,
    /// How the password had to be written, where that is unusual.
    #[serde(skip)]
    pub unusual: Option<&'static str>,
    /// How programs that know only DER and BER may read it.
    #[serde(skip)]
    pub wrapping: Wrapping,
}

/// What a P12 is wrapped in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wrapping {
    /// In nothing: it is binary.
    #[default]
    None,
    /// In base64, with or without PEM's lines around it.
    Base64,
    /// In something else.
    Other,
}

/// An algorithm that makes a key out of a password, and what that key is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Protection {
    /// The cipher or MAC by OpenSSL's name: `AES-256-CBC`, `HMAC-SHA256`.
    pub algorithm: String,
    /// `PKCS12`, `PBKDF1`, `PBKDF2` or `scrypt`.
    pub kdf: &'static str,
    /// The digest inside the key derivation; `None` for scrypt.
    pub prf: Option<&'static str>,
    /// The iterations; for scrypt N times r times p.
    pub iterations: u64,
    /// In bytes.
    pub salt: usize,
}

/// A private key.
#[derive(Debug, Clone, Serialize)]
pub struct Key {
    /// Its friendlyName.
    pub alias: Option<String>,
    /// Its localKeyID in hex.
    pub key_id: Option<String>,
    /// `RSA 2048`; where OpenSSL cannot read it, its algorithm.
    pub key: String,
    /// In bits; zero where OpenSSL cannot read it.
    pub bits: u32,
    /// How it is encrypted by itself; `None` when it is not.
    pub protection: Option<Protection>,
    /// Whether anything encrypts it: that, or the safe around it.
    pub encrypted: bool,
    /// Its certificate and the ones above, its issuer first; empty when no certificate belongs to it.
    pub chain: Vec<usize>,
    /// The place in that chain of a certificate that the next one did not sign, though it is named as its issuer.
    #[serde(skip)]
    pub broken: Option<usize>,
}

/// A certificate and its labels.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    /// Its friendlyName.
    pub alias: Option<String>,
    /// Its localKeyID in hex.
    pub key_id: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub certificate: Certificate,
    /// Its subject for `openssl req -subj`, where that can write it.
    #[serde(skip)]
    pub subject_option: Option<String>,
}

impl P12 {
    /// Looks at everything in a file. The second is why [`P12::open`] would refuse it; then what stands in the open is
    /// still found. Fails when the file is no container that can be read.
    pub fn dissect(file: &P12File, password: Option<&Secret>) -> Result<(Anatomy, Option<Error>)> {
        let bytes = sniff::unwrap(&file.bytes).map_err(|what| file.failed(Kind::NotAP12, &what))?;
        let bytes = Zeroizing::new(bytes.into_owned());
        let pfx = Pfx::parse(&bytes).map_err(|fault| file.faulty(fault))?;
        let safes = pfx.safes().map_err(|fault| file.faulty(fault))?;
        let mut anatomy = Anatomy {
            size: file.bytes.len() as u64,
            form: form(&file.bytes, &bytes),
            wrapping: wrapping(&file.bytes, &bytes),
            trailing: pfx.trailing,
            mac: pfx.mac.as_ref().map(super::mac::Mac::protection),
            safes: safes.iter().map(protection).collect(),
            ..Anatomy::default()
        };
        match Contents::unlock(&pfx, &safes, password, file.work) {
            Ok(contents) => {
                anatomy.hold(&contents);
                let picked = pick::pick(contents, None, &mut anatomy.warnings);
                let refused = match picked {
                    Ok(picked) => file.identity(&picked).err(),
                    Err((kind, what)) => Some(file.failed(kind, &what)),
                };
                Ok((anatomy, refused))
            }
            Err(refused) => {
                anatomy.see(&safes);
                Ok((anatomy, Some(file.refused(refused))))
            }
        }
    }
}

impl Anatomy {
    fn hold(&mut self, contents: &Contents) {
        self.opened = true;
        let chain = |key: &KeyEntry| match pick::leaf_of(key, &contents.certificates) {
            Some(leaf) => pick::chain(leaf, &contents.certificates),
            None => Vec::new(),
        };
        let described = |key: &KeyEntry| {
            let chain = chain(key);
            let broken = pick::broken(&chain, &contents.certificates);
            Key { chain, broken, ..described(key) }
        };
        self.keys = contents.keys.iter().map(described).collect();
        self.certificates = contents.certificates.iter().map(held).collect();
        self.unreadable = contents.unreadable;
        (self.closed, self.unusual) = (contents.closed, contents.unusual);
        self.others.clone_from(&contents.others);
        self.warnings.clone_from(&contents.warnings);
    }
}

impl Anatomy {
    /// What stands in the open in a file that stays closed.
    fn see(&mut self, safes: &[Safe<'_>]) {
        for safe in safes {
            let Safe::Plain(contents) = safe else { continue };
            for bag in container::bags(contents).unwrap_or_default() {
                match bag {
                    Bag::Certificate(der, label) => match X509::from_der(&der) {
                        Ok(certificate) => self.certificates.push(labelled(&certificate, label)),
                        Err(_) => self.unreadable += 1,
                    },
                    Bag::ShroudedKey(scheme, _, label) => {
                        self.keys.push(closed(label, Some(scheme.protection())));
                    }
                    Bag::Key(_, label) => self.keys.push(closed(label, None)),
                    Bag::Other(name) => self.others.push(name),
                }
            }
        }
    }
}

fn closed(label: Label, protection: Option<Protection>) -> Key {
    labelled_key(label, ("not opened".into(), 0), protection)
}

fn labelled_key(label: Label, (key, bits): (String, u32), protection: Option<Protection>) -> Key {
    let (alias, key_id) = (label.alias, label.key_id.map(|id| certificate::hex(&id)));
    let encrypted = protection.is_some();
    Key { alias, key_id, key, bits, protection, encrypted, chain: Vec::new(), broken: None }
}

fn form(file: &[u8], inside: &[u8]) -> &'static str {
    match (file.starts_with(&[0x30]) && file.len() >= inside.len(), inside.get(1)) {
        (false, _) => "text",
        (true, Some(0x80)) => "BER",
        (true, _) => "DER",
    }
}

/// Base64 is what gives the same bytes once PEM's lines and all blanks are taken out.
fn wrapping(file: &[u8], inside: &[u8]) -> Wrapping {
    if file.starts_with(inside) {
        return Wrapping::None;
    }
    let lines =
        file.split(|byte| *byte == b'\n').filter(|line| !line.windows(5).any(|five| five == b"-----"));
    let letters: Zeroizing<Vec<u8>> =
        Zeroizing::new(lines.flatten().copied().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let decoded =
        std::str::from_utf8(&letters).ok().and_then(|text| openssl::base64::decode_block(text).ok());
    match decoded.map(Zeroizing::new) {
        Some(decoded) if decoded.as_slice() == inside => Wrapping::Base64,
        _ => Wrapping::Other,
    }
}

fn protection(safe: &Safe<'_>) -> Option<Protection> {
    match safe {
        Safe::Plain(_) => None,
        Safe::Encrypted(scheme, _) => Some(scheme.protection()),
    }
}

fn described(key: &KeyEntry) -> Key {
    let kind = match &key.key {
        Some(readable) => {
            let (kind, bits) = KeyKind::of(readable);
            (kind.to_string(), bits)
        }
        None => (key.algorithm(), 0),
    };
    Key { encrypted: key.encrypted, ..labelled_key(key.label.clone(), kind, key.protection.clone()) }
}

fn held(entry: &CertificateEntry) -> Held {
    labelled(&entry.certificate, entry.label.clone())
}

fn labelled(certificate: &X509, label: Label) -> Held {
    let key_id = label.key_id.map(|id| certificate::hex(&id));
    let subject_option = certificate::subject_option(certificate.subject_name());
    Held { alias: label.alias, key_id, certificate: certificate::describe(certificate), subject_option }
}
