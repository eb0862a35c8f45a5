//! The platform: where it is, and the credential for it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as Group;

use super::values::{one_of, secret, source};
use crate::platform::credential::CredentialSource;
use crate::platform::domain;
use crate::platform::gateway::{Account, Base, Gateway};
use crate::platform::oauth1::Method;
use crate::secret::Secret;

/// Calls through the platform.
#[derive(Debug, Group)]
#[command(next_help_heading = "Platform")]
pub struct PlatformArgs {
    /// Let the platform make the call, for this account
    #[arg(long, value_name = "ID")]
    pub account: Option<Account>,
    /// Make the call from here and through the platform, and report whether the endpoint treats both alike
    #[arg(long, requires = "account")]
    pub compare: bool,
    /// The platform's host (default: the Domain API is asked for it)
    #[arg(long, value_name = "HOST", requires = "account")]
    pub domain: Option<Base>,
    /// URL of the Domain API
    #[arg(long, value_name = "URL", requires = "account", default_value = domain::DEFAULT)]
    pub domain_api: Base,
    /// Read the platform's Bearer token from a file
    #[arg(long, value_name = "FILE", requires = "account", group = "credential", value_hint = clap::ValueHint::FilePath)]
    pub bearer_file: Option<PathBuf>,
    /// Read the platform's Bearer token from an environment variable (default: P12_TEST_BEARER)
    #[arg(long, value_name = "VAR", requires = "account", group = "credential")]
    pub bearer_env: Option<OsString>,
    /// The Bearer token itself; other users of this machine can see it in the list of processes
    #[arg(long, value_name = "TOKEN", requires = "account", group = "credential", value_parser = secret())]
    pub bearer: Option<Secret>,
    /// Sign with OAuth 1.0a; the four values come from P12_TEST_OAUTH1_CONSUMER_KEY and the like, or are asked for
    #[arg(long, requires = "account", conflicts_with = "credential")]
    pub oauth1: bool,
    /// Sign with OAuth 1.0a; read consumer key, consumer secret, token and token secret from a file: four lines, or
    /// key=value lines
    #[arg(long, value_name = "FILE", requires = "account", conflicts_with = "credential", value_hint = clap::ValueHint::FilePath)]
    pub oauth1_file: Option<PathBuf>,
    /// Sign with OAuth 1.0a; read the four values from environment variables whose names start with this prefix
    #[arg(long, value_name = "PREFIX", requires = "account", conflicts_with = "credential")]
    pub oauth1_env: Option<OsString>,
    /// Signature method of OAuth 1.0a
    #[arg(long, value_name = "METHOD", requires = "account", default_value = "hmac-sha1", value_parser = one_of(OAUTH1_METHODS))]
    pub oauth1_method: Method,
    /// Trust only the CAs in this PEM file for the platform (default: as --cacert; with --compare, the system's)
    #[arg(long, value_name = "FILE", requires = "account", value_hint = clap::ValueHint::FilePath)]
    pub platform_cacert: Option<PathBuf>,
    /// Send the P12 to the platform without opening it here first
    #[arg(long, requires = "account", conflicts_with = "compare")]
    pub no_precheck: bool,
}

const OAUTH1_METHODS: [(&str, Method); 2] =
    [("hmac-sha1", Method::HmacSha1), ("hmac-sha256", Method::HmacSha256)];

impl PlatformArgs {
    /// Whether the platform makes the call.
    pub fn is_used(&self) -> bool {
        self.account.is_some()
    }

    /// Whether to sign with OAuth 1.0a instead of sending a Bearer token.
    pub fn uses_oauth1(&self) -> bool {
        self.oauth1 || self.oauth1_file.is_some() || self.oauth1_env.is_some()
    }

    /// Where the platform is.
    pub fn gateway(&self) -> Gateway {
        let api = || Gateway::Lookup(self.domain_api.clone());
        self.domain.clone().map_or_else(api, Gateway::Host)
    }

    /// Where the credential comes from.
    pub fn credential(&self) -> CredentialSource {
        if self.uses_oauth1() {
            let prefix = self.oauth1_env.clone().unwrap_or_else(|| "P12_TEST_OAUTH1".into());
            return CredentialSource::OAuth1 {
                file: self.oauth1_file.clone(),
                prefix,
                method: self.oauth1_method,
            };
        }
        source(&self.bearer, &self.bearer_file, &self.bearer_env)
            .map_or(CredentialSource::Unsaid, CredentialSource::Bearer)
    }
}
