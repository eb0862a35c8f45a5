//! The bytes of a P12 file, and its name.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use bytes::Bytes;
use zeroize::Zeroizing;

use super::budget::Budget;
use super::fault::Fault;
use super::off_thread::off_thread;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::password::{Password, Passwords};
use crate::shell;

/// A P12 file's bytes as read, and its name in messages. A clone shares the bytes.
#[derive(Clone)]
pub struct P12File {
    name: String,
    pub(super) bytes: Bytes,
    pub(super) work: u64,
    pub(super) aside: KeyAside,
}

/// What a file lacks to be opened: a key in another file, and the key's own password.
#[derive(Debug, Clone, Default)]
pub struct KeyAside {
    pub file: Option<Box<P12File>>,
    /// The key's password, where it is not that of the file.
    pub password: Option<Password>,
}

impl fmt::Debug for P12File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("P12File").field("name", &self.name).finish_non_exhaustive()
    }
}

impl P12File {
    /// The largest file that is read, in bytes. Real files have a few kilobytes.
    pub const MAX: u64 = 8 << 20;

    /// The key derivation that one file may cost unless [`Self::with_work`] says otherwise, in iterations of
    /// SHA-256. Ten million take some 1.5 s.
    pub const WORK: u64 = Budget::LIMIT;

    /// Reads a file, a pipe or, for `-`, standard input, up to [`Self::MAX`]. It can be cancelled while a pipe or a
    /// remote disk blocks.
    ///
    /// # Errors
    /// When the file cannot be read, or is too large.
    pub async fn read(path: &Path) -> Result<Self> {
        let path = path.to_owned();
        off_thread(move || Self::read_here(&path)).await
    }

    fn read_here(path: &Path) -> Result<Self> {
        // Under a name that commands take, too.
        let stdin = if cfg!(windows) { "-" } else { "/dev/stdin" };
        let (name, opened) = match path.as_os_str() == "-" {
            true => (stdin.to_owned(), files::stdin()),
            false => (path.display().to_string(), File::open(path)),
        };
        let unreadable = |error: io::Error| match path.is_dir() {
            true => directory(path),
            false => diagnosis::unreadable(Path::new(&name), &error),
        };
        let file = opened.map_err(unreadable)?;
        let size = file.metadata().map_or(0, |metadata| metadata.len().min(Self::MAX));
        // Enough capacity, as growing would leave a copy of an unencrypted key in memory.
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1));
        file.take(Self::MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > Self::MAX {
            let message = format!("cannot open {name}: it is larger than {} MiB", Self::MAX >> 20);
            return Err(Error::new(Kind::TooLarge, message));
        }
        Ok(Self::from_bytes(name, bytes))
    }

    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Zeroizing<Vec<u8>>>) -> Self {
        let bytes = Bytes::from_owner(bytes.into());
        Self { name: name.into(), bytes, work: Self::WORK, aside: KeyAside::default() }
    }

    /// The same with another limit for key derivation, in iterations of SHA-256.
    #[must_use]
    pub fn with_work(self, work: u64) -> Self {
        Self { work, ..self }
    }

    /// The same with a key, or a key's password, from elsewhere.
    #[must_use]
    pub fn with_key(self, aside: KeyAside) -> Self {
        Self { aside, ..self }
    }

    /// Calls `open` with this file and its password, as [`Passwords::unlock`] does. At a terminal, the key's password is asked
    /// for, too, where it is another one and no source of it was named.
    ///
    /// # Errors
    /// As [`Passwords::unlock`].
    pub async fn unlock<T, F: Future<Output = Result<T>>>(
        &self,
        passwords: &mut Passwords,
        open: impl Fn(Self, Option<Password>) -> F,
    ) -> Result<T> {
        if self.aside.password.is_some() {
            return passwords.unlock(&self.name, |password| open(self.clone(), password)).await;
        }
        let with_key = |key| {
            let aside = KeyAside { password: key, ..self.aside.clone() };
            self.clone().with_key(aside)
        };
        passwords.unlock_with_key(&self.name, |password, key| open(with_key(key), password)).await
    }

    /// Where its key comes from, if that is another file.
    pub fn key_file(&self) -> Option<&str> {
        self.aside.file.as_ref().map(|file| file.name())
    }

    /// The error for a fault of this file. In a hint, FILE stands for its name.
    pub(super) fn fail(&self, fault: Fault) -> Error {
        let error = Error::new(fault.kind, format!("cannot open {}: {}", self.name, fault.what));
        match fault.hint {
            Some(hint) => error.with_hint(hint.replace("FILE", &shell::quote_text(&self.name))),
            None => error,
        }
    }

    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes as they were read, without a copy. They are wiped when the last holder drops them.
    pub fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

/// The certificate with its chain, and the key: of certbot, Kubernetes' volumes, acme.sh, mkcert.
const PAIRS: [(&str, &str); 4] = [
    ("fullchain.pem", "privkey.pem"),
    ("tls.crt", "tls.key"),
    ("fullchain.cer", "private.key"),
    ("cert.pem", "key.pem"),
];

fn directory(path: &Path) -> Error {
    let shown = path.display();
    let error = Error::new(Kind::NotAP12, format!("cannot open {shown}: it is a directory"));
    let holds = |file: &str| path.join(file).is_file();
    match PAIRS.iter().find(|(certificate, key)| holds(certificate) && holds(key)) {
        Some((certificate, key)) => {
            let [certificate, key] = [certificate, key].map(|file| path.join(file).display().to_string());
            error.with_hint(format!(
                "give the certificate and the key that are in it: --key {key} {certificate}"
            ))
        }
        None => error.with_hint("give the P12 that is in it"),
    }
}
