//! A new P12 out of an old one, packed by OpenSSL and opened again before it gets its name.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::stack::Stack;
use tempfile::NamedTempFile;

use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::p12::{Identity, P12, P12File};
use crate::password::Password;
use crate::readers::{ITERATIONS, Packing};
use crate::secret::Secret;

pub mod fetch;
mod pbmac1;
pub mod request;
pub mod supplied;

pub struct NewContents<'a> {
    pub identity: &'a Identity,
    /// The friendlyName.
    pub name: Option<&'a str>,
    pub password: &'a Secret,
    pub packing: Packing,
}

/// Where a new P12 goes.
#[derive(Debug)]
pub struct NewFile {
    /// As it was named.
    path: PathBuf,
    replace: bool,
}

impl NewFile {
    /// A file that does not exist yet, or may be replaced; none of those that are read.
    ///
    /// # Errors
    /// When it is another one.
    pub fn new(path: &Path, replace: bool, inputs: &[&Path]) -> Result<Self> {
        let shown = path.display();
        let usage = |what: String| Error::new(Kind::Usage, what);
        let target = files::canonicalize(path);
        if inputs.iter().any(|input| files::canonicalize(input) == target) {
            let hint = "give the new file another name; the original is never changed";
            return Err(usage(format!("{shown} is an input and would be overwritten")).with_hint(hint));
        }
        if files::is_device(&target) {
            return Err(usage(format!("{shown} is no file; a P12 is written to a file only")));
        }
        if target.exists() && !replace {
            return Err(exists(path));
        }
        Ok(Self { path: path.to_owned(), replace })
    }

    /// Writes the P12 for its owner alone. It gets its name only when it has been opened again, and key, certificate and
    /// chain are the same.
    ///
    /// # Errors
    /// When it cannot be written, or is not the same.
    pub async fn write(&self, contents: &NewContents<'_>) -> Result<()> {
        let unwritable = |error: std::io::Error| diagnosis::unwritable(self, &error);
        let packed = contents.pack()?;
        // Behind a link, so that the link stays.
        let path = files::canonicalize(&self.path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        let mut pending = NamedTempFile::with_prefix_in(".p12-test-", folder).map_err(unwritable)?;
        pending.write_all(&packed).map_err(unwritable)?;
        pending.as_file().sync_all().map_err(unwritable)?;
        contents.compare(&P12File::read(pending.path()).await?).await?;
        let persisted = match self.replace {
            true => pending.persist(&path),
            false => pending.persist_noclobber(&path),
        };
        persisted.map(drop).map_err(|failed| match failed.error.kind() {
            std::io::ErrorKind::AlreadyExists => exists(&self.path),
            _ => unwritable(failed.error),
        })
    }
}

fn exists(path: &Path) -> Error {
    Error::new(Kind::Usage, format!("{} exists already", path.display()))
        .with_hint("give the new file another name, or replace the old one: --force")
}

impl std::fmt::Display for NewFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.display().fmt(f)
    }
}

impl NewContents<'_> {
    pub fn weaknesses(&self) -> Vec<String> {
        let password = self.password.expose();
        let empty = "the new file has no password: anyone who has it has the key";
        let letters = "the password has letters that are not ASCII, which programs encode differently";
        let flaws = [
            self.packing.weakness(),
            password.is_empty().then_some(empty),
            (!password.is_ascii()).then_some(letters),
        ];
        flaws.into_iter().flatten().map(str::to_owned).collect()
    }

    fn pack(&self) -> Result<Vec<u8>> {
        let password = std::str::from_utf8(self.password.expose()).ok().filter(|text| !text.contains('\0'));
        let unfit = || {
            Error::new(Kind::Usage, "the password is not UTF-8 text, which a new P12 needs")
                .with_hint("give the new file another password: --new-password")
        };
        self.build(password.ok_or_else(unfit)?)
            .map_err(|stack| diagnosis::openssl("the new P12 cannot be packed", &stack))
    }

    fn build(&self, password: &str) -> std::result::Result<Vec<u8>, ErrorStack> {
        let Identity { key, leaf, chain } = self.identity;
        let mut above = Stack::new()?;
        for certificate in chain {
            above.push(certificate.clone())?;
        }
        let (cipher, digest) = match self.packing {
            Packing::Aes256 | Packing::Pbmac1 => (Nid::AES_256_CBC, MessageDigest::sha256()),
            Packing::TripleDes => (Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC, MessageDigest::sha1()),
        };
        let mut builder = Pkcs12::builder();
        builder.pkey(key).cert(leaf).ca(above).key_algorithm(cipher).cert_algorithm(cipher);
        builder.key_iter(ITERATIONS).mac_iter(ITERATIONS).mac_md(digest);
        // OpenSSL takes names up to a NUL.
        if let Some(name) = self.name.filter(|name| !name.contains('\0')) {
            builder.name(name);
        }
        let packed = builder.build2(password)?;
        if self.packing == Packing::Pbmac1 {
            pbmac1::set(&packed, password, ITERATIONS)?;
        }
        packed.to_der()
    }

    async fn compare(&self, file: &P12File) -> Result<()> {
        let again = P12::open(file, Some(&Password::exact(self.password.clone())), None).await?.identity()?;
        let Identity { key, leaf, chain } = self.identity;
        let same = again.key.public_eq(key) && again.leaf == *leaf && again.chain == *chain;
        let what = "the new P12 was opened again and does not hold the same key, certificate and chain";
        if same { Ok(()) } else { Err(Error::new(Kind::Internal, what)) }
    }
}
