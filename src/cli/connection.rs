//! How to get to the endpoint, and whom to trust.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Group, ValueEnum};

use super::values::{seconds, secret, source};
use crate::call::connect::{Connect, Family, Override};
use crate::call::proxy::Proxies;
use crate::call::tls::{Tls, Version};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;

/// How to get to the endpoint, and whom to trust.
#[derive(Debug, Group)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Trust the CAs of this PEM file or hashed directory, and no others
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    pub(super) cacert: Option<PathBuf>,
    /// Go on though the endpoint's certificate is not trusted
    #[arg(short = 'k', long)]
    pub(super) insecure: bool,
    /// Use this address for a host and port in place of DNS; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub(super) resolve: Vec<Override>,
    /// The proxy: [http|socks5|socks5h]://HOST:PORT; empty for none
    #[arg(short = 'x', long, value_name = "URL", value_parser = secret())]
    pub(super) proxy: Option<Secret>,
    /// Read user:password for --proxy from a file
    #[arg(long, value_name = "FILE", requires = "proxy", value_hint = clap::ValueHint::FilePath)]
    pub(super) proxy_user_file: Option<PathBuf>,
    /// Read user:password for --proxy from an environment variable
    #[arg(long, value_name = "VAR", requires = "proxy", conflicts_with = "proxy_user_file")]
    pub(super) proxy_user_env: Option<OsString>,
    /// Seconds for DNS, TCP, proxy and TLS together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(super) connect_timeout: Duration,
    /// Seconds for the whole call
    #[arg(short = 'm', long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(super) max_time: Duration,
    /// The lowest TLS version
    #[arg(long, value_name = "VERSION")]
    pub(super) tls_min: Option<TlsVersion>,
    /// The highest TLS version
    #[arg(long, value_name = "VERSION")]
    pub(super) tls_max: Option<TlsVersion>,
    /// Offer HTTP/2 as well
    #[arg(long)]
    pub(super) http2: bool,
    /// Use IPv4 only
    #[arg(short = '4', long)]
    pub(super) ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', long, conflicts_with = "ipv4")]
    pub(super) ipv6: bool,
}

/// A TLS version by its number.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[allow(missing_docs)]
pub enum TlsVersion {
    #[value(name = "1.0")]
    V10,
    #[value(name = "1.1")]
    V11,
    #[value(name = "1.2")]
    V12,
    #[value(name = "1.3")]
    V13,
}

impl From<TlsVersion> for Version {
    fn from(version: TlsVersion) -> Self {
        match version {
            TlsVersion::V10 => Self::Tls10,
            TlsVersion::V11 => Self::Tls11,
            TlsVersion::V12 => Self::Tls12,
            TlsVersion::V13 => Self::Tls13,
        }
    }
}

impl TlsVersion {
    /// `1.2`.
    pub(super) fn number(self) -> &'static str {
        match self {
            Self::V10 => "1.0",
            Self::V11 => "1.1",
            Self::V12 => "1.2",
            Self::V13 => "1.3",
        }
    }
}

impl ConnectionArgs {
    pub(super) fn connect(&self) -> Result<Connect> {
        Ok(Connect {
            overrides: self.resolve.clone(),
            family: match (self.ipv4, self.ipv6) {
                (true, _) => Some(Family::V4),
                (_, true) => Some(Family::V6),
                _ => None,
            },
            proxies: self.proxies()?,
            timeout: self.connect_timeout,
            policy: None,
        })
    }

    pub(super) fn proxies(&self) -> Result<Proxies> {
        let Some(proxy) = &self.proxy else { return Ok(Proxies::from_environment()) };
        let user = source(&None, &self.proxy_user_file, &self.proxy_user_env);
        Proxies::parse(proxy, user.map(|source| source.read()).transpose()?.as_ref())
    }

    pub(super) fn tls(&self) -> Result<Tls> {
        let (min, max) = (self.tls_min.map(Version::from), self.tls_max.map(Version::from));
        if min > max && max.is_some() {
            return Err(Error::new(Kind::Usage, "--tls-min is above --tls-max"));
        }
        Ok(Tls {
            cacert: self.cacert.clone(),
            insecure: self.insecure,
            min,
            max,
            http2: self.http2,
            ..Tls::default()
        })
    }
}
