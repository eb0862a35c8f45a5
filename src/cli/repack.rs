//! The flags of `repack`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as Group;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use ipnet::IpNet;

use super::console::ConsoleArgs;
use super::password::{KeyArgs, PasswordArgs};
use super::values::source;
use crate::readers::{READERS, Reader};
use crate::secret_source::SecretSource;

/// `repack`.
#[derive(Debug, Group)]
pub struct RepackArgs {
    /// The P12, which is not changed
    #[arg(value_name = "IN", value_hint = clap::ValueHint::FilePath)]
    pub input: PathBuf,
    /// The new P12; it appears only when it is complete
    #[arg(value_name = "OUT", required_unless_present = "request", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// The password of IN.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Their keys, where those are elsewhere or have another password.
    #[command(flatten)]
    pub key: KeyArgs,
    /// The password of OUT.
    #[command(flatten)]
    pub new_password: NewPasswordArgs,
    /// What goes into OUT.
    #[command(flatten)]
    pub contents: ContentArgs,
    /// Make a certificate request (PKCS#10) on the key instead, as PEM on standard output: old subject and alternative
    /// names, for client authentication
    #[arg(long, conflicts_with_all = ["output", "force", "reader", "name", "certificate", "add", "fetch_chain", "leaf_only", "new"])]
    pub request: bool,
    /// Replace OUT if it exists
    #[arg(short, long)]
    pub force: bool,
    /// How to print.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// The password of the new P12. Without any of these: `P12_TEST_NEW_PASSWORD`, or the old one.
#[derive(Debug, Group)]
#[command(next_help_heading = "New P12")]
#[group(id = "new", multiple = false)]
pub struct NewPasswordArgs {
    /// Give OUT a new password, and ask for it twice (without: the password of IN)
    #[arg(long)]
    pub new_password: bool,
    /// Keep the password of IN, as is usual, whatever P12_TEST_NEW_PASSWORD holds
    #[arg(long)]
    pub same_password: bool,
    /// Read the new password from a file (a trailing newline is ignored)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub new_password_file: Option<PathBuf>,
    /// Read the new password from an environment variable
    #[arg(long, value_name = "VAR")]
    pub new_password_env: Option<OsString>,
}

/// What goes into the new P12.
#[derive(Debug, Group)]
#[command(next_help_heading = "New P12")]
pub struct ContentArgs {
    /// Write it as this program reads it
    #[arg(long = "for", id = "reader", value_name = "READER", default_value = "current", value_parser = readers())]
    pub reader: &'static Reader,
    /// Add the certificates of this file (PEM, DER, P7B or another P12) that belong to the chain; may be repeated
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub add: Vec<PathBuf>,
    /// Fetch missing certificates of the chain over HTTP, from where the certificates say they are
    #[arg(long)]
    pub fetch_chain: bool,
    /// With --fetch-chain, allow addresses in this private network; may be repeated
    #[arg(long, value_name = "CIDR", requires = "fetch_chain")]
    pub allow_net: Vec<IpNet>,
    /// Leave out the chain
    #[arg(long, conflicts_with_all = ["add", "fetch_chain"])]
    pub leaf_only: bool,
    /// Take the new certificate of the key from this file, and those above it
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub certificate: Option<PathBuf>,
    /// Take this key of several: its friendlyName, or its number
    #[arg(long, value_name = "NAME")]
    pub alias: Option<String>,
    /// Give the key this friendlyName (without: the old one)
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

impl RepackArgs {
    /// Every file that is read.
    pub fn inputs(&self) -> Vec<&Path> {
        let named = [
            &self.password.password_file,
            &self.key.key,
            &self.key.key_password_file,
            &self.new_password.new_password_file,
            &self.contents.certificate,
        ];
        let all = named.into_iter().flatten().chain(&self.contents.add).chain([&self.input]);
        all.map(PathBuf::as_path).collect()
    }
}

impl NewPasswordArgs {
    /// Where the new password is, unless it is asked for or the old one.
    pub fn source(&self) -> Option<SecretSource> {
        source(&None, &self.new_password_file, &self.new_password_env)
    }
}

fn readers() -> impl clap::builder::TypedValueParser<Value = &'static Reader> {
    let values = READERS.iter().map(|reader| PossibleValue::new(reader.name).help(reader.title));
    PossibleValuesParser::new(values)
        .try_map(|name| Reader::find(&name).ok_or("not one of the possible values"))
}
