//! The P12's password, and what is asked of the endpoint.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as Group;

use super::values::{secret, source};
use crate::error::Result;
use crate::request::body::Body;
use crate::secret::{Password, Secret, Source};

/// Where the P12's password comes from. Without any: `P12_TEST_PASSWORD`, none at all, or the terminal.
#[derive(Debug, Group)]
#[command(next_help_heading = "P12")]
#[group(multiple = false)]
pub struct PasswordArgs {
    /// Read the password from a file; one line ending at its end is dropped
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) password_file: Option<PathBuf>,
    /// Read the password from an environment variable
    #[arg(long, value_name = "VAR")]
    pub(super) password_env: Option<OsString>,
    /// Read the password from standard input
    #[arg(long)]
    pub(super) password_stdin: bool,
    /// The P12 has no password, or an empty one
    #[arg(long)]
    pub(super) no_password: bool,
    /// The password itself; others on this machine can see it in the list of processes
    #[arg(short, long, value_name = "VALUE", value_parser = secret())]
    pub(super) password: Option<Secret>,
}

/// What is asked of the endpoint.
#[derive(Debug, Group)]
#[command(next_help_heading = "Request")]
pub struct RequestArgs {
    /// The method; GET without a body, POST with one
    #[arg(short = 'X', long, value_name = "METHOD", visible_alias = "request")]
    pub(super) method: Option<String>,
    /// The content type; application/json where there is a body
    #[arg(long, value_name = "TYPE")]
    pub(super) content_type: Option<String>,
    /// The body: DATA, @FILE, or @- for standard input; sent as it is
    #[arg(short = 'd', long = "body", value_name = "DATA|@FILE|@-", visible_alias = "data", value_parser = secret())]
    pub(super) body: Option<Secret>,
    /// A further header, 'Name: value'; may be repeated
    #[arg(short = 'H', long = "header", value_name = "LINE", value_parser = secret())]
    pub(super) headers: Vec<Secret>,
    /// The Authorization for the endpoint; others on this machine can see it in the list of processes
    #[arg(long, value_name = "VALUE", value_parser = secret(), group = "authorized")]
    pub(super) authorization: Option<Secret>,
    /// Read the Authorization from a file
    #[arg(long, value_name = "FILE", group = "authorized", value_hint = clap::ValueHint::FilePath)]
    pub(super) authorization_file: Option<PathBuf>,
    /// Read the Authorization from an environment variable
    #[arg(long, value_name = "VAR", group = "authorized")]
    pub(super) authorization_env: Option<OsString>,
}

impl PasswordArgs {
    /// Where the password comes from.
    pub fn source(&self) -> Password {
        let named = source(&self.password, &self.password_file, &self.password_env);
        match named {
            Some(source) => Password::From(source),
            None if self.password_stdin => Password::From(Source::Stdin),
            None if self.no_password => Password::None,
            None => Password::Unsaid,
        }
    }
}

impl RequestArgs {
    pub(super) fn authorization(&self) -> Result<Option<Secret>> {
        let source = source(&self.authorization, &self.authorization_file, &self.authorization_env);
        source.map(|source| source.read()).transpose()
    }

    pub(super) fn body(&self) -> Body {
        self.body.as_ref().map_or(Body::Empty, |argument| Body::from_argument(argument.clone()))
    }
}
