//! Where the P12's password comes from.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as Group;

use super::values::{given, secret, source};
use crate::password::PasswordSource;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

/// Where the P12's password comes from. Without any of these: `P12_TEST_PASSWORD`, no password, or the terminal.
#[derive(Debug, Group)]
#[command(next_help_heading = "P12")]
#[group(multiple = false)]
pub struct PasswordArgs {
    /// Read the password from a file (a newline, blanks, quotes or a byte order mark around it are ignored where it opens without)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
    /// Read the password from an environment variable
    #[arg(long, value_name = "VAR")]
    pub password_env: Option<OsString>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// The P12 has no password, or an empty one
    #[arg(long)]
    pub no_password: bool,
    /// The password itself; other users of this machine can see it in the list of processes
    #[arg(short, long, value_name = "VALUE", value_parser = secret())]
    pub password: Option<Secret>,
}

/// What else opens a P12, or stands in for one.
#[derive(Debug, Group)]
#[command(next_help_heading = "P12")]
pub struct KeyArgs {
    /// Take the private key from this file (PEM or DER), where the other file has only its certificates
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// Read the key's password from a file, where it is not that of the P12
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "key_password_env")]
    pub key_password_file: Option<PathBuf>,
    /// Read the key's password from an environment variable
    #[arg(long, value_name = "VAR")]
    pub key_password_env: Option<OsString>,
}

impl KeyArgs {
    /// Where the key's own password comes from, if it has one.
    pub fn password(&self) -> Option<SecretSource> {
        source(&None, &self.key_password_file, &self.key_password_env)
    }

    /// The first of these options that was given.
    pub fn given(&self) -> Option<&'static str> {
        given([
            (self.key.is_some(), "--key"),
            (self.key_password_file.is_some(), "--key-password-file"),
            (self.key_password_env.is_some(), "--key-password-env"),
        ])
        .next()
    }
}

impl PasswordArgs {
    /// Where the password comes from.
    pub fn source(&self) -> PasswordSource {
        match source(&self.password, &self.password_file, &self.password_env) {
            Some(source) => PasswordSource::Named(source),
            None if self.password_stdin => PasswordSource::Named(SecretSource::Stdin),
            None if self.no_password => PasswordSource::None,
            None => PasswordSource::Unspecified,
        }
    }
}
