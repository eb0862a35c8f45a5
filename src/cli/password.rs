//! Where the P12's password comes from.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as Group;

use super::values::{secret, source};
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
