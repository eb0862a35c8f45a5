//! Everything in a file, for people: its protection, its contents, and what belongs together.

use std::collections::HashSet;

use openssl::x509::X509;
use serde::Serialize;

use super::bag::{Bag, Label};
use super::chain::Issuers;
use super::contents::{CertificateEntry, Contents, KeyEntry};
use super::file::P12File;
use super::leaves::Leaves;
use super::off_thread::off_thread_in_turn;
use super::opening::{self, Opening};
use super::pick;
use crate::certificate::{self, KeyKind};
use crate::error::{Error, Result};
use crate::evidence::Certificate;
use crate::password::Password;
use crate::secret::Secret;

pub use super::bag::OtherBag;
pub use super::cipher::Cipher;
pub use super::digest::Digest;
pub use super::form::Form;
pub use super::protection::{Algorithm, KdfName, Protection};

/// What was found in a file. Indexes count from 0.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Anatomy {
    /// Its size on disk, in bytes.
    pub size: u64,
    pub form: Form,
    /// Bytes that follow the end.
    pub trailing: usize,
    /// What these are, where that shows; it follows their number.
    #[serde(skip)]
    pub padding: &'static str,
    /// Whether the password opened it. If not, only unencrypted parts are known.
    pub opened: bool,
    pub mac: Option<Protection>,
    /// The encryption of each safe; `None` for one that is not encrypted.
    pub safes: Vec<Option<Protection>>,
    /// The private keys, as far as they could be opened.
    pub keys: Vec<Key>,
    /// The certificates, as far as they could be opened.
    pub certificates: Vec<StoredCertificate>,
    /// Certificates that are not readable as X.509.
    pub unreadable: usize,
    /// Other contents, which are not part of an identity.
    pub others: Vec<OtherBag>,
    pub warnings: Vec<String>,
    /// Keys that have another password.
    #[serde(skip)]
    pub closed: usize,
    /// The password that fitted; of a file that stayed closed the usual reading of the one that was given.
    #[serde(skip)]
    pub password: Option<Secret>,
    /// How the password was found in its source, in a sentence, where that is unusual.
    #[serde(skip)]
    pub reading: Option<String>,
    /// How the password had to be encoded, if that is unusual.
    #[serde(skip)]
    pub unusual: Option<&'static str>,
    /// The file that the key comes from, if it is another one.
    #[serde(skip)]
    pub key_file: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Key {
    /// Its friendlyName.
    pub alias: Option<String>,
    /// Its localKeyID in hex.
    pub key_id: Option<String>,
    /// `RSA 2048`; its algorithm if OpenSSL cannot read it.
    pub key: String,
    /// In bits; zero if OpenSSL cannot read it.
    pub bits: u32,
    /// Its own encryption; `None` if it has none.
    pub protection: Option<Protection>,
    /// Whether it is encrypted, by itself or by the safe around it.
    pub encrypted: bool,
    /// Its certificate and the ones above, its issuer first; empty when no certificate belongs to it.
    pub chain: Vec<usize>,
    /// What `--alias` calls its certificate; `None` when none belongs to it, or another key has it already.
    #[serde(skip)]
    pub number: Option<usize>,
}

/// A certificate and its labels.
#[derive(Debug, Clone, Serialize)]
pub struct StoredCertificate {
    /// Its friendlyName.
    pub alias: Option<String>,
    /// Its localKeyID in hex.
    pub key_id: Option<String>,
    #[serde(flatten)]
    pub certificate: Certificate,
}

impl Anatomy {
    /// Reads everything in a file, in another thread. The second value is why [`super::P12::open`] would
    /// fail; then the unencrypted parts are still read.
    ///
    /// # Errors
    /// When the container cannot be read.
    pub async fn read(file: &P12File, password: Option<&Password>) -> Result<(Self, Option<Error>)> {
        let (file, password) = (file.clone(), password.cloned());
        off_thread_in_turn(move |given_up| {
            let opening =
                opening::open(&file, password.as_ref(), given_up).map_err(|fault| file.fail(fault))?;
            let (mut anatomy, refused) = Self::describe(opening, &file);
            anatomy.password = anatomy.password.or_else(|| password.map(|password| password.usual()));
            Ok((anatomy, refused))
        })
        .await
    }

    fn describe(opening: Opening, file: &P12File) -> (Self, Option<Error>) {
        let mut anatomy = Self {
            size: file.bytes.len() as u64,
            form: opening.form,
            key_file: file.key_file().map(str::to_owned),
            trailing: opening.trailing,
            padding: opening.padding,
            mac: opening.mac,
            safes: opening.safes,
            ..Self::default()
        };
        let refused = match opening.contents {
            Ok(contents) => {
                anatomy.add_contents(&contents);
                match pick::pick(contents, None, &mut anatomy.warnings) {
                    Ok(picked) => picked.identity(file).err(),
                    Err(fault) => Some(file.fail(fault)),
                }
            }
            Err((fault, in_the_open)) => {
                in_the_open.into_iter().for_each(|bag| anatomy.add_closed(bag));
                Some(file.fail(fault))
            }
        };
        (anatomy, refused)
    }

    /// All algorithms that protect the file or a part of it.
    pub fn protections(&self) -> impl Iterator<Item = &Protection> {
        let Self { mac, safes, keys, .. } = self;
        safes.iter().flatten().chain(keys.iter().filter_map(|key| key.protection.as_ref())).chain(mac)
    }

    /// Whether OpenSSL 3 needs its legacy provider for it.
    pub fn is_legacy(&self) -> bool {
        self.protections().any(|used| used.legacy().is_some())
    }

    fn add_contents(&mut self, contents: &Contents) {
        self.opened = true;
        let (leaves, issuers) =
            (Leaves::new(&contents.keys, &contents.certificates), Issuers::new(&contents.certificates));
        let mut known = HashSet::new();
        let describe = |key: &KeyEntry| {
            let leaves = leaves.find(key);
            let chain = leaves.first().map_or_else(Vec::new, |leaf| issuers.build_chain(*leaf));
            let next = known.len() + 1;
            // Each certificate of each key has a number.
            let fresh = leaves.into_iter().filter(|leaf| known.insert(*leaf)).count();
            Key { chain, number: (fresh > 0).then_some(next), ..describe_key(key) }
        };
        self.keys = contents.keys.iter().map(describe).collect();
        let describe =
            |entry: &CertificateEntry| describe_certificate(&entry.certificate, entry.label.clone());
        self.certificates = contents.certificates.iter().map(describe).collect();
        self.unreadable = contents.unreadable;
        (self.closed, self.unusual) = (contents.closed, contents.unusual);
        self.password.clone_from(&contents.password);
        self.reading.clone_from(&contents.reading);
        self.others.clone_from(&contents.others);
        self.warnings.clone_from(&contents.warnings);
    }

    /// Adds what is known of something that was not opened.
    fn add_closed(&mut self, bag: Bag) {
        let closed = || ("not opened".to_owned(), 0);
        match bag {
            Bag::Certificate(der, label) => match X509::from_der(&der) {
                Ok(certificate) => self.certificates.push(describe_certificate(&certificate, label)),
                Err(_) => self.unreadable += 1,
            },
            Bag::ShroudedKey(scheme, _, label) => {
                self.keys.push(label_key(label, closed(), Some(scheme.protection())));
            }
            Bag::Key(_, label) => self.keys.push(label_key(label, closed(), None)),
            Bag::SealedKey(_) => self.keys.push(label_key(Label::default(), closed(), None)),
            Bag::Other(other) => self.others.push(other),
        }
    }
}

fn describe_key(key: &KeyEntry) -> Key {
    let kind = match key.key() {
        Some(readable) => {
            let (kind, bits) = KeyKind::of(readable);
            (kind.to_string(), bits)
        }
        None => (key.algorithm(), 0),
    };
    Key { encrypted: key.encrypted, ..label_key(key.label.clone(), kind, key.protection.clone()) }
}

fn label_key(label: Label, (key, bits): (String, u32), protection: Option<Protection>) -> Key {
    let (alias, key_id) = (label.alias, label.key_id.map(|id| certificate::hex(&id)));
    let encrypted = protection.is_some();
    Key { alias, key_id, key, bits, protection, encrypted, chain: Vec::new(), number: None }
}

fn describe_certificate(certificate: &X509, label: Label) -> StoredCertificate {
    let key_id = label.key_id.map(|id| certificate::hex(&id));
    let certificate = certificate::describe(certificate);
    StoredCertificate { alias: label.alias, key_id, certificate }
}
