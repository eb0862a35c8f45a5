//! The command line: what each flag is called and what it becomes. No behaviour.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::error::{Error, Kind, Result};
use crate::local::Local;
use crate::local::connect::{Connect, Family, Override, Proxies};
use crate::local::policy::Policy;
use crate::local::tls::{Tls, Version};
use crate::platform::credential::CredentialSource;
use crate::platform::{Account, Base, Gateway, Platform, domain, oauth1};
use crate::request::{Body, Parts, Request};
use crate::response::{Expected, Terms};
use crate::route::Route;
use crate::secret::{Password, Secret, Source};

/// Test whether a PKCS#12 client certificate gets through to a mutual-TLS endpoint.
///
/// Makes the call with the certificate, prints the endpoint's answer unchanged on standard output, says on
/// standard error what happened, and ends with an exit status that a script can trust.
#[derive(Debug, Parser)]
#[command(name = "p12-test", version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(arg_required_else_help = true, after_help = EXIT_STATUSES, disable_help_subcommand = true)]
pub struct Args {
    /// A test, unless a command is named.
    #[command(flatten)]
    pub test: TestArgs,
    /// Another command than a test.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXIT_STATUSES: &str = "\
Exit status:
  0  answered below 400 (or as --expect says); the certificate was asked for and sent
  1  answered with another status
  2  usage
  3  the P12 cannot be used
  4  the endpoint was not reached
  5  the endpoint's own certificate is not trusted
  6  the endpoint refused the client certificate
  7  the platform refused or failed
  8  answered, but the P12 was not tested
  9  the answer broke off or was not HTTP
  10 this machine: a file or the output

Example:
  p12-test --password-file secret.txt client.p12 https://api.example.com/";

/// The other commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything at once on an embedded endpoint; needs nothing
    ///
    /// Makes a small CA, a server certificate and three P12 files in a private folder, starts an endpoint on
    /// 127.0.0.1 that asks for client certificates, and tests each file against it.
    Demo(DemoArgs),
    /// The platform's resource itself, for rehearsal or an own network
    ///
    /// Takes the multipart request that the platform's tester takes, makes the call from this machine, and passes
    /// the endpoint's answer on as it is. Who may is in --credentials. Endpoints on private addresses are refused
    /// unless --allow-net opens their network. One line of JSON a request goes to standard error.
    Serve(Box<ServeArgs>),
}

/// `serve`.
#[derive(Debug, Group)]
pub struct ServeArgs {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Who may: a TOML file of [[credential]] with bearer or oauth1, accounts, permissions
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub credentials: PathBuf,
    /// Speak TLS with the certificate and key of this P12; needed beyond loopback
    #[arg(long, value_name = "P12", value_hint = clap::ValueHint::FilePath)]
    pub tls_p12: Option<PathBuf>,
    /// Read the password of --tls-p12 from a file
    #[arg(long, value_name = "FILE", requires = "tls_p12", value_hint = clap::ValueHint::FilePath)]
    tls_password_file: Option<PathBuf>,
    /// Read the password of --tls-p12 from an environment variable
    #[arg(long, value_name = "VAR", requires = "tls_p12", conflicts_with = "tls_password_file")]
    tls_password_env: Option<OsString>,
    /// How clients name this server, behind a proxy: for OAuth1 signatures and the Domain API
    #[arg(long, value_name = "URL")]
    pub public_url: Option<Base>,
    /// Let endpoints in this network be called, though it is not public; may be repeated
    #[arg(long, value_name = "CIDR")]
    allow_net: Vec<IpNet>,
    /// Show /metrics to this network, too; to loopback addresses always; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub metrics_from: Vec<IpNet>,
    /// Trust the CAs of this PEM file or hashed directory at the endpoints, and no others
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    cacert: Option<PathBuf>,
    /// Use this address for a host and port in place of DNS; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    resolve: Vec<Override>,
    /// Seconds for reaching an endpoint: DNS, TCP and TLS together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    connect_timeout: Duration,
    /// Seconds for an endpoint's whole answer
    #[arg(short = 'm', long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    max_time: Duration,
    /// How much of everything.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How to print.
    #[command(flatten)]
    pub look: LookArgs,
}

/// How much of everything `serve` allows.
#[derive(Debug, Group)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Bytes of one upload; K, M and G are understood
    #[arg(long, value_name = "BYTES", default_value = "128M", value_parser = size)]
    pub max_upload: u64,
    /// Seconds for the head of a request, and for the TLS handshake
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub header_time: Duration,
    /// Seconds for an upload, a large body aside, and for a client that does not take its answer
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub body_time: Duration,
    /// Calls in progress
    #[arg(long, value_name = "NUMBER", default_value = "64", value_parser = at_least_one)]
    pub max_calls: usize,
    /// Connections of clients
    #[arg(long, value_name = "NUMBER", default_value = "1024", value_parser = at_least_one)]
    pub max_connections: usize,
    /// Calls a second from one address; 0 for no limit
    #[arg(long, value_name = "NUMBER", default_value = "10")]
    pub rate: u32,
    /// Iterations of key derivation that one P12 may take
    #[arg(long, value_name = "NUMBER", default_value = "4000000")]
    pub max_kdf: u64,
    /// Seconds for answers that are on their way when SIGTERM comes
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub drain_time: Duration,
}

impl ServeArgs {
    /// The route of every call: without a proxy, as its lookups would go around the network policy.
    pub fn local(&self) -> Local {
        Local {
            connect: Connect {
                overrides: self.resolve.clone(),
                family: None,
                proxies: Proxies::none(),
                timeout: self.connect_timeout,
                policy: Some(Policy { allowed: self.allow_net.clone() }),
            },
            tls: Tls { cacert: self.cacert.clone(), ..Tls::default() },
            max_time: self.max_time,
            control: false,
            terms: Terms::default(),
        }
    }

    /// Where the password of `--tls-p12` comes from.
    pub fn tls_password(&self) -> Password {
        source(&None, &self.tls_password_file, &self.tls_password_env)
            .map_or(Password::Unsaid, Password::From)
    }
}

fn size(text: &str) -> std::result::Result<u64, String> {
    let units = [("K", 10), ("M", 20), ("G", 30)];
    let unit = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)));
    let (digits, shift) = unit.unwrap_or((text, 0));
    let number: u64 = digits.parse().map_err(|_| "not a number of bytes".to_owned())?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(|| "not a size".into())
}

fn at_least_one(text: &str) -> std::result::Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=1_000_000).contains(number))
        .ok_or_else(|| "not a number from 1 on".into())
}

/// `demo`.
#[derive(Debug, Group)]
pub struct DemoArgs {
    /// Leave the endpoint and the files until Ctrl-C
    #[arg(long)]
    pub keep: bool,
    /// How to print.
    #[command(flatten)]
    pub look: LookArgs,
}

/// A test of one P12 against one URL.
#[derive(Debug, Group)]
pub struct TestArgs {
    /// What against what; only a command does without.
    #[command(flatten)]
    target: Option<Target>,
    /// Which key of several: its friendly name, or #N
    #[arg(long, value_name = "NAME", help_heading = "P12")]
    pub alias: Option<String>,
    /// The P12's password.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// What is asked.
    #[command(flatten)]
    pub request: RequestArgs,
    /// How to get there.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// By way of the platform.
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
    pub look: LookArgs,
}

/// The P12 and the URL.
#[derive(Debug, Group)]
pub struct Target {
    /// The P12 file: PKCS#12 in binary, PEM, base64 or hex
    #[arg(value_hint = clap::ValueHint::FilePath)]
    p12: PathBuf,
    /// The forward URL that the certificate is for; https unless it says so
    #[arg(value_hint = clap::ValueHint::Url)]
    url: String,
}

/// Where the P12's password comes from. Without any: `P12_TEST_PASSWORD`, none at all, or the terminal.
#[derive(Debug, Group)]
#[command(next_help_heading = "P12")]
#[group(multiple = false)]
pub struct PasswordArgs {
    /// Read the password from a file; one line ending at its end is dropped
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    password_file: Option<PathBuf>,
    /// Read the password from an environment variable
    #[arg(long, value_name = "VAR")]
    password_env: Option<OsString>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// The P12 has no password, or an empty one
    #[arg(long)]
    no_password: bool,
    /// The password itself; others on this machine can see it in the list of processes
    #[arg(short, long, value_name = "VALUE", value_parser = secret())]
    password: Option<Secret>,
}

/// What is asked of the endpoint.
#[derive(Debug, Group)]
#[command(next_help_heading = "Request")]
pub struct RequestArgs {
    /// The method; GET without a body, POST with one
    #[arg(short = 'X', long, value_name = "METHOD", visible_alias = "request")]
    method: Option<String>,
    /// The content type; application/json where there is a body
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// The body: DATA, @FILE, or @- for standard input; sent as it is
    #[arg(short = 'd', long = "body", value_name = "DATA|@FILE|@-", visible_alias = "data", value_parser = secret())]
    body: Option<Secret>,
    /// A further header, 'Name: value'; may be repeated
    #[arg(short = 'H', long = "header", value_name = "LINE", value_parser = secret())]
    headers: Vec<Secret>,
    /// The Authorization for the endpoint; others on this machine can see it in the list of processes
    #[arg(long, value_name = "VALUE", value_parser = secret(), group = "authorized")]
    authorization: Option<Secret>,
    /// Read the Authorization from a file
    #[arg(long, value_name = "FILE", group = "authorized", value_hint = clap::ValueHint::FilePath)]
    authorization_file: Option<PathBuf>,
    /// Read the Authorization from an environment variable
    #[arg(long, value_name = "VAR", group = "authorized")]
    authorization_env: Option<OsString>,
}

/// How to get to the endpoint, and whom to trust.
#[derive(Debug, Group)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Trust the CAs of this PEM file or hashed directory, and no others
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    cacert: Option<PathBuf>,
    /// Go on though the endpoint's certificate is not trusted
    #[arg(short = 'k', long)]
    insecure: bool,
    /// Use this address for a host and port in place of DNS; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    resolve: Vec<Override>,
    /// The proxy: [http|socks5|socks5h]://HOST:PORT; empty for none
    #[arg(short = 'x', long, value_name = "URL", value_parser = secret())]
    proxy: Option<Secret>,
    /// Read user:password for --proxy from a file
    #[arg(long, value_name = "FILE", requires = "proxy", value_hint = clap::ValueHint::FilePath)]
    proxy_user_file: Option<PathBuf>,
    /// Read user:password for --proxy from an environment variable
    #[arg(long, value_name = "VAR", requires = "proxy", conflicts_with = "proxy_user_file")]
    proxy_user_env: Option<OsString>,
    /// Seconds for DNS, TCP, proxy and TLS together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    connect_timeout: Duration,
    /// Seconds for the whole call
    #[arg(short = 'm', long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    max_time: Duration,
    /// The lowest TLS version
    #[arg(long, value_name = "VERSION")]
    tls_min: Option<TlsVersion>,
    /// The highest TLS version
    #[arg(long, value_name = "VERSION")]
    tls_max: Option<TlsVersion>,
    /// Offer HTTP/2 as well
    #[arg(long)]
    http2: bool,
    /// Use IPv4 only
    #[arg(short = '4', long)]
    ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', long, conflicts_with = "ipv4")]
    ipv6: bool,
}

/// The platform's tester in place of this machine.
#[derive(Debug, Group)]
#[command(next_help_heading = "Platform")]
pub struct PlatformArgs {
    /// Let the platform's tester make the call, for this account
    #[arg(long, value_name = "ID")]
    account: Option<Account>,
    /// Make the call by both routes, and say whether the endpoint treats them alike
    #[arg(long, requires = "account")]
    pub compare: bool,
    /// The platform's host; looked up by the Domain API unless given
    #[arg(long, value_name = "HOST", requires = "account")]
    domain: Option<Base>,
    /// Where the Domain API is
    #[arg(long, value_name = "URL", requires = "account", default_value = domain::DEFAULT)]
    domain_api: Base,
    /// Read the Bearer token from a file
    #[arg(long, value_name = "FILE", requires = "account", group = "credential", value_hint = clap::ValueHint::FilePath)]
    bearer_file: Option<PathBuf>,
    /// Read the Bearer token from an environment variable; P12_TEST_BEARER unless given
    #[arg(long, value_name = "VAR", requires = "account", group = "credential")]
    bearer_env: Option<OsString>,
    /// The Bearer token itself; others on this machine can see it in the list of processes
    #[arg(long, value_name = "TOKEN", requires = "account", group = "credential", value_parser = secret())]
    bearer: Option<Secret>,
    /// Sign with OAuth 1.0a, each value from a variable such as P12_TEST_OAUTH1_CONSUMER_KEY, or asked for
    #[arg(long, requires = "account", conflicts_with = "credential")]
    oauth1: bool,
    /// Sign with OAuth 1.0a: consumer key, its secret, token, its secret; four lines or key=value
    #[arg(long, value_name = "FILE", requires = "account", conflicts_with = "credential", value_hint = clap::ValueHint::FilePath)]
    oauth1_file: Option<PathBuf>,
    /// Sign with OAuth 1.0a: the prefix of the variables' names
    #[arg(long, value_name = "PREFIX", requires = "account", conflicts_with = "credential")]
    oauth1_env: Option<OsString>,
    /// How to sign with OAuth 1.0a
    #[arg(long, value_name = "METHOD", requires = "account", default_value = "hmac-sha1")]
    oauth1_method: OAuth1Method,
    /// Trust the CAs of this PEM file for the platform; --cacert, or with --compare the system's, unless given
    #[arg(long, value_name = "FILE", requires = "account", value_hint = clap::ValueHint::FilePath)]
    platform_cacert: Option<PathBuf>,
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

/// What counts as success.
#[derive(Debug, Group)]
#[command(next_help_heading = "Verdict")]
pub struct VerdictArgs {
    /// Statuses that count as success, such as 200,3xx; any below 400 unless given
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',')]
    expect: Vec<Expected>,
    /// Make the call without the certificate too, first, to see whether the endpoint insists on it
    #[arg(long)]
    control: bool,
    /// Count it as success when the endpoint never asks for a certificate
    #[arg(long)]
    allow_unrequested: bool,
}

/// Where the answer goes.
#[derive(Debug, Group)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print the heads of the answer too, as they came over the wire
    #[arg(short = 'i', long)]
    pub include: bool,
    /// Write the answer to a file, which appears only when it is complete
    #[arg(short = 'o', long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// How to print on standard error.
#[derive(Debug, Group)]
#[command(next_help_heading = "Output")]
pub struct LookArgs {
    /// No report, no progress; only what failed
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// The handshake in steps, the chain, the accepted issuers, the timings
    #[arg(short, long)]
    pub verbose: bool,
    /// Colour in the report
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, and as NO_COLOR and CLICOLOR_FORCE say.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl TestArgs {
    /// The path of the P12.
    pub fn p12(&self) -> Result<&Path> {
        Ok(&self.target()?.p12)
    }

    fn target(&self) -> Result<&Target> {
        self.target.as_ref().ok_or_else(|| Error::new(Kind::Usage, "a P12 and a URL are needed"))
    }

    /// What is asked, checked; secrets of the request are read here.
    pub fn request(&self) -> Result<Request> {
        self.one_reader_of_stdin()?;
        self.headers_that_pass()?;
        let request = &self.request;
        Parts {
            url: self.target()?.url.clone(),
            method: request.method.clone(),
            content_type: request.content_type.clone(),
            authorization: request.authorization()?,
            headers: request.headers.clone(),
            body: request.body(),
        }
        .check()
    }

    /// The route that the request takes. Credentials are read here, and asked for at a terminal.
    pub async fn route(&self) -> Result<Route> {
        match self.platform.account {
            None => Ok(Route::Local(Box::new(self.local()?))),
            Some(_) => Ok(Route::Platform(Box::new(self.platform().await?))),
        }
    }

    /// The route from this machine.
    pub fn local(&self) -> Result<Local> {
        Ok(Local {
            connect: self.connection.connect()?,
            tls: self.connection.tls()?,
            max_time: self.connection.max_time,
            control: self.verdict.control,
            terms: self.verdict.terms(),
        })
    }

    /// The route by way of the platform.
    pub async fn platform(&self) -> Result<Platform> {
        let platform = &self.platform;
        let usage = |message: &str| Error::new(Kind::Usage, message);
        let account = platform.account.clone().ok_or_else(|| usage("--account is missing"))?;
        let local_only = |set: bool, flag: &str| {
            let message = format!("{flag} is about the call from this machine; the platform cannot do it");
            if set && !platform.compare { Err(usage(&message)) } else { Ok(()) }
        };
        local_only(self.verdict.control, "--control")?;
        local_only(self.verdict.allow_unrequested, "--allow-unrequested")?;
        local_only(self.connection.http2, "--http2")?;
        let roots = self.connection.cacert.clone().filter(|_| !platform.compare);
        let api = || Gateway::Lookup(platform.domain_api.clone());
        Ok(Platform {
            account,
            gateway: platform.domain.clone().map_or_else(api, Gateway::Host),
            credential: platform.credential().read().await?,
            connect: self.connection.connect()?,
            tls: Tls { cacert: platform.platform_cacert.clone().or(roots), ..self.connection.tls()? },
            max_time: self.connection.max_time,
            terms: self.verdict.terms(),
        })
    }

    /// Standard input can be read once: as the password, or as the body; and not twice.
    fn one_reader_of_stdin(&self) -> Result<()> {
        let body = matches!(self.request.body(), Body::Stdin);
        let usage = |message: &str| Err(Error::new(Kind::Usage, message));
        match (body, self.password.password_stdin, self.verdict.control, self.platform.compare) {
            (true, true, ..) => usage("--password-stdin and the body @- cannot both read standard input"),
            (true, _, true, _) => usage("--control sends the body twice, which standard input cannot give"),
            (true, _, _, true) => usage("--compare sends the body twice, which standard input cannot give"),
            _ => Ok(()),
        }
    }

    /// The platform passes an Authorization on, and no other header.
    fn headers_that_pass(&self) -> Result<()> {
        let is_authorization = |line: &Secret| {
            let name = line.expose().split(|byte| *byte == b':').next().unwrap_or_default();
            name.trim_ascii().eq_ignore_ascii_case(b"authorization")
        };
        if self.platform.account.is_none() || self.request.headers.iter().all(is_authorization) {
            return Ok(());
        }
        let message = "the platform passes no --header on but Authorization";
        Err(Error::new(Kind::Usage, message).with_hint("a content type goes by --content-type; for other headers, test from this machine: without --account"))
    }
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
    fn authorization(&self) -> Result<Option<Secret>> {
        let source = source(&self.authorization, &self.authorization_file, &self.authorization_env);
        source.map(|source| source.read()).transpose()
    }

    fn body(&self) -> Body {
        self.body.as_ref().map_or(Body::Empty, |argument| Body::from_argument(argument.clone()))
    }
}

impl PlatformArgs {
    fn credential(&self) -> CredentialSource {
        if self.oauth1 || self.oauth1_file.is_some() || self.oauth1_env.is_some() {
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

impl VerdictArgs {
    fn terms(&self) -> Terms {
        Terms { expect: self.expect.clone(), allow_unrequested: self.allow_unrequested }
    }
}

impl ConnectionArgs {
    fn connect(&self) -> Result<Connect> {
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

    fn proxies(&self) -> Result<Proxies> {
        let Some(proxy) = &self.proxy else { return Ok(Proxies::from_environment()) };
        let user = source(&None, &self.proxy_user_file, &self.proxy_user_env);
        Proxies::named(proxy, user.map(|source| source.read()).transpose()?.as_ref())
    }

    fn tls(&self) -> Result<Tls> {
        let (min, max) = (self.tls_min.map(Version::from), self.tls_max.map(Version::from));
        if min > max && max.is_some() {
            return Err(Error::new(Kind::Usage, "--tls-min is above --tls-max"));
        }
        Ok(Tls { cacert: self.cacert.clone(), insecure: self.insecure, min, max, http2: self.http2 })
    }
}

fn source(value: &Option<Secret>, file: &Option<PathBuf>, variable: &Option<OsString>) -> Option<Source> {
    let value = value.clone().map(Source::Value);
    let file = || file.clone().map(Source::File);
    value.or_else(file).or_else(|| variable.clone().map(Source::Environment))
}

/// Any bytes at all, never shown again.
fn secret() -> impl clap::builder::TypedValueParser<Value = Secret> {
    OsStringValueParser::new().map(Secret::from)
}

fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && duration < Duration::from_secs(1 << 30) => Ok(duration),
        _ => Err("not a time that can be waited for".into()),
    }
}
