//! `serve`: its flags.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Group;
use ipnet::IpNet;

use super::console::ConsoleArgs;
use super::values::{at_least_one, seconds, seconds_or_none, size, source};
use crate::call::Local;
use crate::call::connect::{Connect, Override};
use crate::call::policy::{Policy, Ports};
use crate::call::proxy::Proxies;
use crate::call::tls::Tls;
use crate::password::PasswordSource;
use crate::platform::gateway::Base;

/// `serve`.
#[derive(Debug, Clone, Group)]
pub struct ServeArgs {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A TOML file that lists who may call: [[credential]] with bearer or oauth1, accounts, permissions
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub credentials: PathBuf,
    /// Serve over TLS with the certificate and key of this P12; required beyond loopback
    #[arg(long, value_name = "P12", value_hint = clap::ValueHint::FilePath)]
    pub tls_p12: Option<PathBuf>,
    /// Read the password of --tls-p12 from a file
    #[arg(long, value_name = "FILE", requires = "tls_p12", value_hint = clap::ValueHint::FilePath)]
    tls_password_file: Option<PathBuf>,
    /// Read the password of --tls-p12 from an environment variable
    #[arg(long, value_name = "VAR", requires = "tls_p12", conflicts_with = "tls_password_file")]
    tls_password_env: Option<OsString>,
    /// The URL that clients use, when behind a proxy: for OAuth1 signatures and the Domain API
    #[arg(long, value_name = "URL")]
    pub public_url: Option<Base>,
    /// Allow calls to endpoints in this private network; may be repeated
    #[arg(long, value_name = "CIDR")]
    allow_net: Vec<IpNet>,
    /// Call no endpoint in this network, even if --allow-net covers it; may be repeated
    #[arg(long, value_name = "CIDR")]
    deny_net: Vec<IpNet>,
    /// Call endpoints at this port only; may be repeated [default: 443 and 8443, and any port in networks of --allow-net]
    #[arg(long, value_name = "PORT")]
    allow_port: Vec<u16>,
    /// Take X-Forwarded-For or Forwarded from proxies in this network for the address of a client; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub trusted_proxy: Vec<IpNet>,
    /// Show /metrics to this network as well as to loopback addresses; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub metrics_from: Vec<IpNet>,
    /// Trust only the CAs of this PEM file or hashed directory for endpoints
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    cacert: Option<PathBuf>,
    /// Use this address for a host and port instead of DNS; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    resolve: Vec<Override>,
    /// Seconds to reach an endpoint: DNS, TCP and TLS together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    connect_timeout: Duration,
    /// Seconds for a whole call to an endpoint
    #[arg(short = 'm', long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    max_time: Duration,
    /// The limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How to print.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// The limits of `serve`.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Largest upload, in bytes; K, M and G are understood
    #[arg(long, value_name = "BYTES", default_value = "128M", value_parser = size)]
    pub max_upload: u64,
    /// Seconds for the head of a request, and for the TLS handshake
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub header_time: Duration,
    /// Seconds for an upload except a large body, and for a client to read more of its answer
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub body_time: Duration,
    /// Most calls in progress at once; one address gets half of what is free [default: 64]
    #[arg(long, value_name = "NUMBER", value_parser = at_least_one)]
    max_calls: Option<usize>,
    /// Most connections of clients at once; one address gets half of what is free [default: 2048]
    #[arg(long, value_name = "NUMBER", value_parser = at_least_one)]
    max_connections: Option<usize>,
    /// Calls per second of one credential from one address; 0 for no limit
    #[arg(long, value_name = "NUMBER", default_value = "10")]
    pub rate: u32,
    /// Most iterations of key derivation for one P12
    #[arg(long, value_name = "NUMBER", default_value = "4000000")]
    pub max_kdf: u64,
    /// Seconds after SIGTERM in which /healthz says 503 while requests are still taken
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds_or_none)]
    pub drain_notice: Duration,
    /// Seconds to finish answers in progress after that
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub drain_time: Duration,
}

impl LimitArgs {
    /// Most calls in progress at once.
    pub fn max_calls(&self) -> usize {
        self.max_calls.unwrap_or(64)
    }

    /// Most connections of clients at once.
    pub fn max_connections(&self) -> usize {
        self.max_connections.unwrap_or(2048)
    }

    /// Whether the operator asked for that many calls or connections.
    pub fn wants_numbers(&self) -> bool {
        self.max_calls.or(self.max_connections).is_some()
    }
}

impl ServeArgs {
    /// The route of every call. It uses no proxy, whose lookups would bypass the network policy.
    pub fn local(&self) -> Local {
        Local {
            connect: Connect {
                overrides: self.resolve.clone(),
                family: None,
                proxies: Proxies::none(),
                timeout: self.connect_timeout,
                policy: Some(self.policy()),
            },
            tls: Tls { cacert: self.cacert.clone(), ..Tls::default() },
            leaf_only: false,
            max_time: self.max_time,
            control: false,
        }
    }

    fn policy(&self) -> Policy {
        let ports = match self.allow_port.as_slice() {
            [] => Ports::Usual,
            ports => Ports::Only(ports.to_vec()),
        };
        Policy { allowed: self.allow_net.clone(), denied: self.deny_net.clone(), ports }
    }

    /// The source of the password of `--tls-p12`.
    pub fn tls_password(&self) -> PasswordSource {
        source(&None, &self.tls_password_file, &self.tls_password_env)
            .map_or(PasswordSource::Unspecified, PasswordSource::Named)
    }
}
