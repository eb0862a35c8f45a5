//! The flags of `inspect`.

use std::path::PathBuf;

use clap::Args as Group;

use super::console::ConsoleArgs;
use super::password::{KeyArgs, PasswordArgs};

/// `inspect`.
#[derive(Debug, Group)]
pub struct InspectArgs {
    /// The P12 files
    #[arg(required = true, value_name = "P12", value_hint = clap::ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Their password.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Their keys, where those are elsewhere or have another password.
    #[command(flatten)]
    pub key: KeyArgs,
    /// Warn about certificates that expire within this time, in days (30d) or weeks (6w)
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = days)]
    pub within: i32,
    /// Say whether a server that trusts the CA certificates in this file (PEM) would accept the P12; exit status 1 if not
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub trust: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Also write a page for people to a file, with findings, fixes and all that is in the P12 files; it contains no secrets
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub html: Option<PathBuf>,
    /// How to print.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

fn days(text: &str) -> Result<i32, String> {
    let (number, days) = match (text.strip_suffix('w'), text.strip_suffix('d')) {
        (Some(weeks), _) => (weeks, 7),
        (None, Some(days)) => (days, 1),
        (None, None) => (text, 1),
    };
    let number: i32 =
        number.parse().map_err(|_| "expected a number of days or weeks, such as 30d or 6w".to_owned())?;
    number.checked_mul(days).filter(|days| *days >= 0).ok_or_else(|| "out of range".to_owned())
}
