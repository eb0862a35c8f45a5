//! By way of the platform: where it is, and who we are to it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};

use super::values::{secret, source};
use crate::platform::credential::CredentialSource;
use crate::platform::gateway::{Account, Base, Gateway};
use crate::platform::{domain, oauth1};
use crate::secret::Secret;

/// The platform's tester in place of this machine.
#[derive(Debug, Group)]
#[command(next_help_heading = "Platform")]
pub struct PlatformArgs {
    /// Let the platform's tester make the call, for this account
    #[arg(long, value_name = "ID")]
    pub(super) account: Option<Account>,
    /// Make the call by both routes, and say whether the endpoint treats them alike
    #[arg(long, requires = "account")]
    pub compare: bool,
    /// The platform's host; looked up by the Domain API unless given
    #[arg(long, value_name = "HOST", requires = "account")]
    pub(super) domain: Option<Base>,
    /// Where the Domain API is
    #[arg(long, value_name = "URL", requires = "account", default_value = domain::DEFAULT)]
    pub(super) domain_api: Base,
    /// Read the Bearer token from a file
    #[arg(long, value_name = "FILE", requires = "account", group = "credential", value_hint = clap::ValueHint::FilePath)]
    pub(super) bearer_file: Option<PathBuf>,
    /// Read the Bearer token from an environment variable; P12_TEST_BEARER unless given
    #[arg(long, value_name = "VAR", requires = "account", group = "credential")]
    pub(super) bearer_env: Option<OsString>,
    /// The Bearer token itself; others on this machine can see it in the list of processes
    #[arg(long, value_name = "TOKEN", requires = "account", group = "credential", value_parser = secret())]
    pub(super) bearer: Option<Secret>,
    /// Sign with OAuth 1.0a, each value from a variable such as P12_TEST_OAUTH1_CONSUMER_KEY, or asked for
    #[arg(long, requires = "account", conflicts_with = "credential")]
    pub(super) oauth1: bool,
    /// Sign with OAuth 1.0a: consumer key, its secret, token, its secret; four lines or key=value
    #[arg(long, value_name = "FILE", requires = "account", conflicts_with = "credential", value_hint = clap::ValueHint::FilePath)]
    pub(super) oauth1_file: Option<PathBuf>,
    /// Sign with OAuth 1.0a: the prefix of the variables' names
    #[arg(long, value_name = "PREFIX", requires = "account", conflicts_with = "credential")]
    pub(super) oauth1_env: Option<OsString>,
    /// How to sign with OAuth 1.0a
    #[arg(long, value_name = "METHOD", requires = "account", default_value = "hmac-sha1")]
    pub(super) oauth1_method: OAuth1Method,
    /// Trust the CAs of this PEM file for the platform; --cacert, or with --compare the system's, unless given
    #[arg(long, value_name = "FILE", requires = "account", value_hint = clap::ValueHint::FilePath)]
    pub(super) platform_cacert: Option<PathBuf>,
    /// Submit the file as it is, without opening it here first
    #[arg(long, requires = "account", conflicts_with = "compare")]
    pub no_precheck: bool,
}

/// How OAuth 1.0a signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum OAuth1Method {
    HmacSha1,
    HmacSha256,
}

impl From<OAuth1Method> for oauth1::Method {
    fn from(method: OAuth1Method) -> Self {
        match method {
            OAuth1Method::HmacSha1 => Self::HmacSha1,
            OAuth1Method::HmacSha256 => Self::HmacSha256,
        }
    }
}

impl PlatformArgs {
    /// The account that the platform is to make the call for.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Whether the platform is to make the call.
    pub fn is_used(&self) -> bool {
        self.account.is_some()
    }

    pub(super) fn uses_oauth1(&self) -> bool {
        self.oauth1 || self.oauth1_file.is_some() || self.oauth1_env.is_some()
    }

    /// Where the platform is.
    pub(super) fn gateway(&self) -> Gateway {
        let api = || Gateway::Lookup(self.domain_api.clone());
        self.domain.clone().map_or_else(api, Gateway::Host)
    }

    pub(super) fn credential(&self) -> CredentialSource {
        if self.uses_oauth1() {
            let prefix = self.oauth1_env.clone().unwrap_or_else(|| "P12_TEST_OAUTH1".into());
            return CredentialSource::OAuth1 {
                file: self.oauth1_file.clone(),
                prefix,
                method: self.oauth1_method.into(),
            };
        }
        source(&self.bearer, &self.bearer_file, &self.bearer_env)
            .map_or(CredentialSource::Unsaid, CredentialSource::Bearer)
    }
}
