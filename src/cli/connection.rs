//! How to reach the endpoint, and which CAs to trust.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Group;

use super::values::{one_of, seconds, secret, source};
use crate::call::connect::{Family, Override};
use crate::call::tls::Version;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

/// How to reach the endpoint, and which CAs to trust.
#[derive(Debug, Group)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Trust only the CAs in this PEM file or hashed directory
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    pub cacert: Option<PathBuf>,
    /// Continue even if the endpoint's certificate is not trusted
    #[arg(short = 'k', long)]
    pub insecure: bool,
    /// Use this address for a host and port instead of DNS; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub resolve: Vec<Override>,
    /// Proxy to use: [http|socks5|socks5h]://HOST:PORT; an empty value means none
    #[arg(short = 'x', long, value_name = "URL", value_parser = secret())]
    pub proxy: Option<Secret>,
    /// Read USER:PASSWORD for --proxy from a file
    #[arg(long, value_name = "FILE", requires = "proxy", value_hint = clap::ValueHint::FilePath)]
    pub proxy_user_file: Option<PathBuf>,
    /// Read USER:PASSWORD for --proxy from an environment variable
    #[arg(long, value_name = "VAR", requires = "proxy", conflicts_with = "proxy_user_file")]
    pub proxy_user_env: Option<OsString>,
    /// Time limit for DNS, TCP, proxy and TLS together, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub connect_timeout: Duration,
    /// Time limit for the whole call, in seconds
    #[arg(short = 'm', long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub max_time: Duration,
    /// Lowest TLS version to offer
    #[arg(long, value_name = "VERSION", value_parser = one_of(TLS_VERSIONS))]
    pub tls_min: Option<Version>,
    /// Highest TLS version to offer
    #[arg(long, value_name = "VERSION", value_parser = one_of(TLS_VERSIONS))]
    pub tls_max: Option<Version>,
    /// Offer HTTP/2 as well as HTTP/1.1
    #[arg(long)]
    pub http2: bool,
    /// Use IPv4 only
    #[arg(short = '4', long)]
    pub ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', long, conflicts_with = "ipv4")]
    pub ipv6: bool,
}

/// TLS versions by their numbers.
pub const TLS_VERSIONS: [(&str, Version); 4] =
    [("1.0", Version::Tls10), ("1.1", Version::Tls11), ("1.2", Version::Tls12), ("1.3", Version::Tls13)];

impl ConnectionArgs {
    /// Where USER:PASSWORD for the proxy comes from.
    pub fn proxy_user(&self) -> Option<SecretSource> {
        source(&None, &self.proxy_user_file, &self.proxy_user_env)
    }

    /// The lowest TLS version to offer: by default 1.2, or the highest where that is lower.
    pub fn oldest_tls(&self) -> Version {
        self.tls_min.unwrap_or_default().min(self.tls_max.unwrap_or(Version::Tls13))
    }

    /// The only address family to use, if one was chosen.
    pub fn family(&self) -> Option<Family> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        }
    }
}
