//! The request to the endpoint.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as Group;

use super::values::{secret, source};
use crate::request::body::RequestBody;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

/// The request to the endpoint.
#[derive(Debug, Group)]
#[command(next_help_heading = "Request")]
pub struct RequestArgs {
    /// HTTP method (default: GET without a body, POST with one)
    #[arg(short = 'X', long, value_name = "METHOD", visible_alias = "request")]
    pub method: Option<String>,
    /// Content type (default: application/json if there is a body)
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
    /// Request body: DATA, @FILE, or @- for standard input; sent unchanged
    #[arg(short = 'd', long, value_name = "DATA|@FILE|@-", visible_alias = "data", value_parser = secret())]
    pub body: Option<Secret>,
    /// Extra header, 'Name: value'; may be repeated
    #[arg(short = 'H', long = "header", value_name = "LINE", value_parser = secret())]
    pub headers: Vec<Secret>,
    /// Value of the Authorization header for the endpoint; other users of this machine can see it in the list of processes
    #[arg(long, value_name = "VALUE", value_parser = secret(), group = "authorized")]
    pub authorization: Option<Secret>,
    /// Read the value of the Authorization header from a file
    #[arg(long, value_name = "FILE", group = "authorized", value_hint = clap::ValueHint::FilePath)]
    pub authorization_file: Option<PathBuf>,
    /// Read the value of the Authorization header from an environment variable
    #[arg(long, value_name = "VAR", group = "authorized")]
    pub authorization_env: Option<OsString>,
}

impl RequestArgs {
    /// Where the value of the Authorization header comes from.
    pub fn authorization(&self) -> Option<SecretSource> {
        source(&self.authorization, &self.authorization_file, &self.authorization_env)
    }

    /// The body to send.
    pub fn body(&self) -> RequestBody {
        self.body.clone().map_or(RequestBody::Empty, RequestBody::from_argument)
    }
}
