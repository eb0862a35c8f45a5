//! The flags of `probe`.

use std::path::PathBuf;

use clap::Args as Group;

use super::connection::ConnectionArgs;
use super::console::ConsoleArgs;
use super::password::{KeyArgs, PasswordArgs};

/// `probe`.
#[derive(Debug, Group)]
pub struct ProbeArgs {
    /// The URL to call; https:// may be left out
    #[arg(value_hint = clap::ValueHint::Url)]
    pub url: String,
    /// P12 files to compare with what the endpoint accepts; give them after the URL
    #[arg(long, value_name = "P12", num_args = 1.., value_hint = clap::ValueHint::FilePath)]
    pub among: Vec<PathBuf>,
    /// The password of these files.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Their keys, where those are elsewhere or have another password.
    #[command(flatten)]
    pub key: KeyArgs,
    /// How to reach the endpoint.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Print one JSON document
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// How to print.
    #[command(flatten)]
    pub console: ConsoleArgs,
}
