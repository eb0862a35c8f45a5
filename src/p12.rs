//! Opens a P12 file with its password: an identity for TLS, or why there is none.

use openssl::x509::{X509, X509Ref};

use crate::error::{Error, Kind, Result};
use crate::password::Password;
use crate::secret::Secret;
use form::Form;
use off_thread::off_thread_in_turn;
use pick::Picked;

pub use file::{KeyAside, P12File};
pub use pick::Identity;
pub use supplement::Supplement;

pub mod anatomy;
mod opening;
mod pick;
mod leaves;
mod chain;
mod unlock;
mod tries;
mod contents;
mod sniff;
mod form;
mod wrapping;
mod loose;
mod jwk;
mod dump;
mod escapes;
mod margin;
mod embedded;
mod other;
mod message;
mod damage;
mod container;
mod bag;
mod mac;
mod scheme;
mod derivation;
mod kdf;
mod iterate;
mod encoding;
mod protection;
mod cipher;
mod digest;
mod file;
mod fault;
mod budget;
mod off_thread;
mod supplement;

/// An opened P12: its file and password, and the leaf, key and chain in it.
pub struct P12 {
    file: P12File,
    password: Option<Secret>,
    /// The key's own one.
    key_password: Option<Secret>,
    form: Form,
    picked: Option<Picked>,
    warnings: Vec<String>,
}

impl std::fmt::Debug for P12 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("P12").field("file", &self.file).field("alias", &self.alias()).finish_non_exhaustive()
    }
}

impl P12 {
    /// Opens a file, in another thread, as key derivation takes time. Without a password, it tries no
    /// password and the empty one. With a password, it also tries the non-standard encodings that other
    /// programs use. `alias` chooses among several keys.
    ///
    /// # Errors
    /// When the file is no P12, when the password does not open it, and when no key in it can be chosen.
    pub async fn open(file: &P12File, password: Option<&Password>, alias: Option<&str>) -> Result<Self> {
        Self::open_with(file, password, alias, Supplement::default()).await
    }

    /// The same, where the file's certificates are not all.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(
        file: &P12File,
        password: Option<&Password>,
        alias: Option<&str>,
        supplement: Supplement,
    ) -> Result<Self> {
        let (file, password, alias) = (file.clone(), password.cloned(), alias.map(str::to_owned));
        off_thread_in_turn(move |given_up| {
            let opening =
                opening::open(&file, password.as_ref(), given_up).map_err(|fault| file.fail(fault))?;
            let (trailing, form) = (opening.warning(&file), opening.form);
            let mut contents = opening.contents.map_err(|(fault, _)| file.fail(fault))?;
            let (mut warnings, password) = (contents.warnings.clone(), contents.password.clone());
            let key_password = contents.key_password.clone();
            supplement.add_to(&mut contents);
            warnings.extend(trailing);
            let picked = pick::pick(contents, alias.as_deref(), &mut warnings);
            let picked = Some(picked.map_err(|fault| file.fail(fault))?);
            Ok(Self { file, password, key_password, form, picked, warnings })
        })
        .await
    }

    /// Takes a file without opening it, for the platform.
    ///
    /// # Errors
    /// Without a password.
    pub fn unread(file: &P12File, password: Option<&Password>) -> Result<Self> {
        let needed = || {
            let what = format!("the password of {} is needed, as the file is not looked into", file.name());
            Error::new(Kind::PasswordNeeded, what)
        };
        let password = Some(password.ok_or_else(needed)?.usual());
        let (file, form) = (file.clone(), Form::default());
        Ok(Self { file, password, key_password: None, form, picked: None, warnings: Vec::new() })
    }

    /// The same, if what gets it as it is can use it: a P12 with one password.
    ///
    /// # Errors
    /// When it is something else.
    pub fn as_sent(mut self) -> Result<Self> {
        let name = self.file.name();
        let what = match (self.form, &self.key_password) {
            (Form::Loose, _) => "it holds a certificate and its key, and only a P12 can be uploaded",
            (_, Some(_)) => "its key has another password than the file, and only one can be sent",
            (Form::Text, None) => {
                self.warnings.push(format!("{name} is sent as it is, as a text; a program that reads only binary files refuses it, and p12-test repack makes one"));
                return Ok(self);
            }
            (Form::Der | Form::Ber, None) => return Ok(self),
        };
        let error = Error::new(Kind::NotAP12, format!("cannot use {name}: {what}"));
        Err(error.with_hint("make a P12 of it: p12-test repack"))
    }

    pub fn file(&self) -> &P12File {
        &self.file
    }

    /// The password that fitted; empty when there was none.
    pub fn password(&self) -> Secret {
        self.password.clone().unwrap_or_default()
    }

    /// All passwords that fitted.
    pub fn passwords(&self) -> impl Iterator<Item = Secret> {
        [Some(self.password()), self.key_password.clone()].into_iter().flatten()
    }

    /// The certificate that belongs to the key; `None` if the file was not opened.
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

    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The identity for TLS.
    ///
    /// # Errors
    /// When TLS cannot use the key, or the file was not opened.
    pub fn identity(&self) -> Result<Identity> {
        let unread = || Error::new(Kind::Internal, format!("{} was not looked into", self.file.name()));
        self.picked.as_ref().ok_or_else(unread)?.identity(&self.file)
    }
}
