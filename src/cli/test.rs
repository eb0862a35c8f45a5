//! A test of one P12 against one URL.

use std::path::PathBuf;

use clap::Args as Group;

use super::connection::ConnectionArgs;
use super::console::ConsoleArgs;
use super::output::OutputArgs;
use super::password::{KeyArgs, PasswordArgs};
use super::platform::PlatformArgs;
use super::request::RequestArgs;
use crate::error::{Error, Kind, Result};
use crate::request::body::RequestBody;
use crate::verdict::{Expected, Terms};

/// A test of one P12 against one URL.
#[derive(Debug, Group)]
pub struct TestArgs {
    /// What is tested; only a command can do without.
    #[command(flatten)]
    target: Option<TargetArgs>,
    /// Which key to use if the file holds several: its friendly name, or its number
    #[arg(long, value_name = "NAME", help_heading = "P12")]
    pub alias: Option<String>,
    /// Send the certificate without its chain, as some .NET clients do
    #[arg(long, help_heading = "P12")]
    pub leaf_only: bool,
    /// The P12's password.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Its key, where that is not in the file or has another password.
    #[command(flatten)]
    pub key: KeyArgs,
    /// The request to the endpoint.
    #[command(flatten)]
    pub request: RequestArgs,
    /// How to reach the endpoint.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Through the platform.
    #[command(flatten)]
    pub platform: PlatformArgs,
    /// What counts as success.
    #[command(flatten)]
    pub verdict: VerdictArgs,
    /// Where the answer goes.
    #[command(flatten)]
    pub output: OutputArgs,
    /// How to print.
    #[command(flatten)]
    pub console: ConsoleArgs,
    /// Also show the steps of the handshake, the chain, the CAs that the endpoint accepts, and the timings
    #[arg(short, long, help_heading = "Output", conflicts_with = "quiet")]
    pub verbose: bool,
}

/// The P12 and the URL.
#[derive(Debug, Group)]
pub struct TargetArgs {
    /// The P12 file (PKCS#12), also in PEM, base64, JSON or YAML; or PEM with the certificate and its key; - is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    pub p12: PathBuf,
    /// The URL to call; https:// may be left out
    #[arg(value_hint = clap::ValueHint::Url)]
    pub url: String,
}

/// What counts as success.
#[derive(Debug, Group)]
#[command(next_help_heading = "Verdict")]
pub struct VerdictArgs {
    /// Statuses that count as success, such as 200,3xx (default: any below 400); not if the answer says that the certificate
    /// is refused or missing
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',')]
    pub expect: Vec<Expected>,
    /// First make the call without the certificate, to see whether the endpoint insists on it
    #[arg(long)]
    pub control: bool,
    /// Count it as success if the endpoint never asks for a certificate
    #[arg(long)]
    pub allow_unrequested: bool,
    /// Make the call at every address of the host, IPv4 and IPv6, and report which of them differ; prints the first answer
    #[arg(long, conflicts_with = "compare")]
    pub each_address: bool,
    /// Make the call N times, and report how often each outcome came and how long it took; prints the first answer
    #[arg(long, value_name = "N", conflicts_with = "compare", value_parser = clap::value_parser!(u16).range(1..))]
    pub repeat: Option<u16>,
}

impl VerdictArgs {
    /// Whether several calls are made.
    pub fn is_series(&self) -> bool {
        self.each_address || self.repeat.is_some()
    }
}

impl TestArgs {
    /// The P12 and the URL.
    ///
    /// # Errors
    /// When they were left out or swapped.
    pub fn target(&self) -> Result<&TargetArgs> {
        let usage = |message| Err(Error::new(Kind::Usage, message));
        match &self.target {
            None => usage("a P12 and a URL are needed"),
            Some(target) if target.p12.to_string_lossy().contains("://") => {
                usage("a URL stands where the P12 should be: the P12 comes first, then the URL")
            }
            Some(target) => Ok(target),
        }
    }

    /// What counts as success.
    pub fn terms(&self) -> Terms {
        Terms { expect: self.verdict.expect.clone(), allow_unrequested: self.verdict.allow_unrequested }
    }

    /// Whether the P12, its password or the body comes from standard input.
    pub fn reads_stdin(&self) -> bool {
        let p12 = self.target().is_ok_and(|target| target.p12.as_os_str() == "-");
        p12 || self.password.password_stdin || matches!(self.request.body(), RequestBody::Stdin)
    }
}
