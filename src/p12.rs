//! A P12 file and its password → an identity for TLS; what is wrong with it, where there is none.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use openssl::pkey::{Id, PKey, Private};
use openssl::x509::{X509, X509Ref};
use zeroize::Zeroizing;

use crate::certificate::KeyKind;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use container::{Fault, Pfx};
use contents::{Contents, Refused};
use pick::Picked;

pub mod anatomy;
mod cipher;
mod container;
mod contents;
mod digest;
mod kdf;
mod mac;
mod password;
mod pick;
mod sniff;

/// A P12 file's bytes as read, and the name to call it by in messages. A clone shares the bytes.
#[derive(Clone)]
pub struct P12File {
    name: String,
    bytes: Arc<Zeroizing<Vec<u8>>>,
    work: u64,
}

impl std::fmt::Debug for P12File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("P12File").field("name", &self.name).finish_non_exhaustive()
    }
}

impl P12File {
    /// The largest file that is read, in bytes. Real ones hold some kilobytes.
    pub const MAX: u64 = 8 << 20;

    /// Reads a file, a pipe or `/dev/stdin`, up to [`Self::MAX`].
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::IsADirectory => {
                Error::new(Kind::NotAP12, format!("cannot open {name}: it is a directory"))
            }
            _ => diagnosis::unreadable(path, &error),
        };
        let file = File::open(path).map_err(unreadable)?;
        let size = file.metadata().map_or(0, |metadata| metadata.len().min(Self::MAX));
        // Room for all, so that no copy of an unencrypted key is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1));
        file.take(Self::MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > Self::MAX {
            let message = format!("cannot open {name}: it is larger than {} MiB", Self::MAX >> 20);
            return Err(Error::new(Kind::TooLarge, message));
        }
        Ok(Self { name, bytes: Arc::new(bytes), work: Self::WORK })
    }

    /// A file that is in memory already.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes: Arc::new(Zeroizing::new(bytes)), work: Self::WORK }
    }

    /// The key derivation that one file may cost unless [`Self::with_work`] says otherwise, in iterations of
    /// SHA-256. Ten million take some 1.5 s.
    pub const WORK: u64 = kdf::Budget::LIMIT;

    /// The same with another limit for key derivation, in iterations of SHA-256.
    #[must_use]
    pub fn with_work(self, work: u64) -> Self {
        Self { work, ..self }
    }

    fn failed(&self, kind: Kind, what: &str) -> Error {
        Error::new(kind, format!("cannot open {}: {what}", self.name))
    }

    fn faulty(&self, fault: Fault) -> Error {
        match fault {
            Fault::NotP12(what) => self.failed(Kind::NotAP12, &what),
            Fault::Truncated(what) => self.failed(Kind::Truncated, &what),
            Fault::Malformed(what) => self.failed(Kind::Malformed, &what),
            Fault::Unsupported(what) => self.failed(Kind::Unsupported, &what),
        }
    }

    fn refused(&self, refused: Refused) -> Error {
        match refused {
            Refused::Fault(fault) => self.faulty(fault),
            Refused::Because(kind, what) => self.failed(kind, &what),
        }
    }

    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes as they were read, without a copy; wiped when the last holder lets go.
    pub fn bytes(&self) -> Bytes {
        struct Shared(Arc<Zeroizing<Vec<u8>>>);
        impl AsRef<[u8]> for Shared {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        Bytes::from_owner(Shared(Arc::clone(&self.bytes)))
    }
}

/// A P12 with its password, and what was found in it: a leaf, its key, its chain.
pub struct P12 {
    file: P12File,
    password: Option<Secret>,
    picked: Option<Picked>,
    warnings: Vec<String>,
}

impl std::fmt::Debug for P12 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("P12").field("file", &self.file).field("alias", &self.alias()).finish_non_exhaustive()
    }
}

/// Key, leaf and chain as the TLS layer takes them.
#[derive(Clone)]
pub struct Identity {
    /// The private key; OpenSSL wipes it.
    pub key: PKey<Private>,
    /// The certificate of that key.
    pub leaf: X509,
    /// The leaf's issuer first.
    pub chain: Vec<X509>,
}

impl P12 {
    /// Opens a file. Without a password, none at all and the empty one are tried; with one, also the ways of
    /// encoding it that producers use against the standard. `alias` chooses among several keys.
    pub fn open(file: &P12File, password: Option<&Secret>, alias: Option<&str>) -> Result<Self> {
        let bytes = sniff::unwrap(&file.bytes).map_err(|what| file.failed(Kind::NotAP12, &what))?;
        let bytes = Zeroizing::new(bytes.into_owned());
        let pfx = Pfx::parse(&bytes).map_err(|fault| file.faulty(fault))?;
        let safes = pfx.safes().map_err(|fault| file.faulty(fault))?;
        let contents = Contents::unlock(&pfx, &safes, password, file.work);
        let contents = contents.map_err(|refused| file.refused(refused))?;
        let mut warnings = contents.warnings.clone();
        if pfx.trailing > 0 {
            warnings.push(format!("{} bytes follow the end of the P12 in {}", pfx.trailing, file.name));
        }
        let picked =
            pick::pick(contents, alias, &mut warnings).map_err(|(kind, what)| file.failed(kind, &what))?;
        Ok(Self { file: file.clone(), password: password.cloned(), picked: Some(picked), warnings })
    }

    /// Takes a file as it is, unread, to be judged elsewhere. Without a password one has to be asked for.
    pub fn unread(file: &P12File, password: Option<&Secret>) -> Result<Self> {
        let needed = || {
            let what = format!("the password of {} is needed, as the file is not looked into", file.name);
            Error::new(Kind::PasswordNeeded, what)
        };
        let password = Some(password.ok_or_else(needed)?.clone());
        Ok(Self { file: file.clone(), password, picked: None, warnings: Vec::new() })
    }

    /// The file that it came from.
    pub fn file(&self) -> &P12File {
        &self.file
    }

    /// The password as it was given; empty when there was none.
    pub fn password(&self) -> Secret {
        self.password.clone().unwrap_or_default()
    }

    /// The certificate that belongs to the key; none when the file was not looked into.
    pub fn leaf(&self) -> Option<&X509Ref> {
        self.picked.as_ref().map(|picked| &*picked.leaf)
    }

    /// The certificates of the file that lead from the leaf to its root, the leaf's issuer first.
    pub fn chain(&self) -> &[X509] {
        self.picked.as_ref().map_or(&[], |picked| &picked.chain)
    }

    /// The friendly name as the file has it; it may hold any character.
    pub fn alias(&self) -> Option<&str> {
        self.picked.as_ref().and_then(|picked| picked.alias.as_deref())
    }

    /// What is odd about the file and did not stop it from being opened.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The identity for TLS.
    pub fn identity(&self) -> Result<Identity> {
        let unread = || Error::new(Kind::Internal, format!("{} was not looked into", self.file.name));
        self.file.identity(self.picked.as_ref().ok_or_else(unread)?)
    }
}

impl P12File {
    /// TLS knows signature keys only (RFC 8446 section 4.2.3).
    fn identity(&self, picked: &Picked) -> Result<Identity> {
        let Picked { key, leaf, chain, .. } = picked;
        let unusable = || {
            let algorithm = key.algorithm();
            let message = format!("TLS cannot use the key of {}: it is of type {algorithm}", self.name);
            Error::new(Kind::KeyNotForTls, message)
        };
        let key = key.key.clone().filter(signs).ok_or_else(unusable)?;
        Ok(Identity { key, leaf: leaf.clone(), chain: chain.clone() })
    }
}

fn signs(key: &PKey<Private>) -> bool {
    [Id::RSA, Id::RSA_PSS, Id::EC, Id::DSA, Id::ED25519, Id::ED448].contains(&key.id())
        || matches!(KeyKind::of(key).0, KeyKind::MlDsa(_))
}
