//! A TCP connection to the endpoint: DNS and overrides, the network policy, happy eyeballs.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper_util::client::proxy::matcher::Intercept;
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use url::Host;

use super::policy::Policy;
use super::proxy::{self, Proxies};
use crate::diagnosis::{self, reach};
use crate::error::{Error, Kind, Result};
use crate::evidence::Evidence;
use crate::request::Request;
use crate::request::progress::{Phase, Progress};
use crate::request::url::ForwardUrl;
use race::{race, take_turns};

mod lookup;
mod race;

/// How to reach an endpoint.
#[derive(Debug)]
pub struct Connect {
    /// Addresses to use in place of DNS.
    pub overrides: Vec<Override>,
    /// One address family only.
    pub family: Option<Family>,
    /// Which proxy, for which endpoints.
    pub proxies: Proxies,
    /// The time for everything up to the end of the TLS handshake.
    pub timeout: Duration,
    /// Which addresses may be connected to, for strangers; any unless set.
    pub policy: Option<Policy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

/// `HOST:PORT:ADDRESS[,ADDRESS]…`, like curl's `--resolve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The host, which DNS is not asked for.
    pub host: String,
    pub port: u16,
    pub addresses: Vec<IpAddr>,
}

impl std::str::FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        let (Some(host), Some(port), Some(addresses)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("the form is HOST:PORT:ADDRESS".into());
        };
        let port = port.parse().map_err(|_| format!("{port:?} is not a port"))?;
        let addresses = addresses.split(',').map(|address| {
            let bare = address.trim_start_matches('[').trim_end_matches(']');
            bare.parse().map_err(|_| format!("{address:?} is not an IP address"))
        });
        let host = Host::parse(host).map_err(|error| format!("{host:?} is not a host: {error}"))?.to_string();
        Ok(Self { host, port, addresses: addresses.collect::<std::result::Result<_, String>>()? })
    }
}

impl Connect {
    /// A wait that `-m` ended is not one that `--connect-timeout` ended.
    pub(super) fn blame_max_time(&self, max_time: Duration, error: Error) -> Error {
        let late = matches!(error.kind, Kind::ConnectTimeout | Kind::TlsTimeout) && max_time < self.timeout;
        let hint = "-m ended the wait before --connect-timeout did; -m SECONDS waits longer";
        error.with_hint_if(late.then_some(hint))
    }

    /// All addresses of a host, of both families unless one was chosen.
    ///
    /// # Errors
    /// When DNS fails, or a proxy would choose the address.
    pub async fn addresses(&self, url: &ForwardUrl) -> Result<Vec<SocketAddr>> {
        if self.proxies.find(url).is_some() {
            let message = "--each-address cannot choose addresses behind a proxy";
            let hint = "call without a proxy: --proxy '', or the host in NO_PROXY";
            return Err(Error::new(Kind::Usage, message).with_hint(hint));
        }
        let deadline = Instant::now() + self.timeout;
        let addresses = self.look_up(url.host(), url.port(), deadline).await?;
        match addresses.is_empty() {
            true => Err(reach::explain_failures(&url.target(), &[], 0)),
            false => Ok(addresses),
        }
    }

    /// Connects, through the proxy where there is one; to `only` this address where that is set. Bytes that came before we
    /// sent any are returned with the stream. What was seen is added to `evidence`.
    pub(super) async fn dial(
        &self,
        request: &Request,
        deadline: Instant,
        evidence: &mut Evidence,
    ) -> Result<(TcpStream, Bytes)> {
        let Request { url, address, progress, .. } = request;
        let Some(intercept) = self.proxies.find(url) else {
            let stream = self.connect(url.host(), url.port(), *address, deadline, evidence, progress).await?;
            progress.pass(Phase::Connect);
            return Ok((stream, Bytes::new()));
        };
        let (host, port) = proxy::read_address(&intercept)?;
        let name = format!("{host}:{port}");
        evidence.proxy = Some(name.clone());
        let stream =
            self.connect(&host, port, None, deadline, evidence, progress).await.map_err(|error| {
                let kind = if error.kind == Kind::OutOfFiles { error.kind } else { Kind::ProxyFailed };
                Error::new(kind, format!("the proxy could not be reached: {}", error.message))
            })?;
        let began = Instant::now();
        let through = self.pass_proxy(&intercept, stream, url, &name);
        let late = |_| Error::new(Kind::ProxyFailed, format!("the proxy {name} did not answer in time"));
        let stream = timeout_at(deadline.into(), through).await.map_err(late)??;
        evidence.timings.connect += began.elapsed();
        progress.pass(Phase::Connect);
        Ok(stream)
    }

    async fn connect(
        &self,
        host: &Host,
        port: u16,
        only: Option<IpAddr>,
        deadline: Instant,
        evidence: &mut Evidence,
        progress: &Progress,
    ) -> Result<TcpStream> {
        if let (Some(policy), Host::Domain(name)) = (&self.policy, host) {
            policy.check_name(name)?;
        }
        let began = Instant::now();
        let target = format!("{host}:{port}");
        let mut addresses = match only {
            Some(ip) => vec![SocketAddr::new(ip, port)],
            None => self.look_up(host, port, deadline).await?,
        };
        evidence.timings.dns = began.elapsed();
        progress.pass(Phase::Name);
        // Checks the addresses that are then connected to, as a second lookup could give others.
        self.policy.as_ref().map_or(Ok(()), |policy| policy.check(&target, &addresses))?;
        let left_out = addresses.split_off(addresses.len().min(MAX_ADDRESSES)).len();
        let began = Instant::now();
        let mut failures = Vec::new();
        let raced = timeout_at(deadline.into(), race(&addresses, &mut failures)).await;
        evidence.timings.connect = began.elapsed();
        if raced.is_err() {
            let silent =
                addresses.iter().filter(|address| !failures.iter().any(|(failed, _)| failed == *address));
            let silent: Vec<_> = silent.map(|address| (*address, io::ErrorKind::TimedOut.into())).collect();
            failures.extend(silent);
        }
        let reasons = failures.iter().map(|(address, error)| (*address, diagnosis::in_words(error)));
        evidence.failed_addresses = reasons.collect();
        let stream = raced.ok().flatten();
        let stream = stream.ok_or_else(|| reach::explain_failures(&target, &failures, left_out))?;
        evidence.address = stream.peer_addr().ok();
        Ok(stream)
    }

    /// The addresses of a host, if they come in time.
    pub(crate) async fn look_up(&self, host: &Host, port: u16, deadline: Instant) -> Result<Vec<SocketAddr>> {
        let late = |_| Error::new(Kind::DnsFailure, format!("DNS did not answer for {host} in time"));
        timeout_at(deadline.into(), self.resolve(host, port)).await.map_err(late)?
    }

    /// The addresses to try: IPv4 and IPv6 alternate, the system's first choice first (RFC 8305 section 4).
    async fn resolve(&self, host: &Host, port: u16) -> Result<Vec<SocketAddr>> {
        let name = host.to_string();
        let overridden = self.overrides.iter().find(|o| o.host == name && o.port == port);
        let addresses = match (overridden, host) {
            (Some(known), _) => known.addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect(),
            (None, Host::Ipv4(ip)) => vec![SocketAddr::new((*ip).into(), port)],
            (None, Host::Ipv6(ip)) => vec![SocketAddr::new((*ip).into(), port)],
            // Always this machine (RFC 6761 section 6.3). Without /etc/hosts a name server would be asked, and
            // waited for.
            (None, Host::Domain(name)) if name == "localhost" => {
                let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
                loopback.map(|ip| SocketAddr::new(ip, port)).into()
            }
            (None, Host::Domain(name)) => {
                let found = match self.policy {
                    // A stranger's lookup has to end with the call.
                    Some(_) => lookup::by_files(name).await?,
                    None => lookup::by_system(name).await?,
                };
                found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()
            }
        };
        let wanted = addresses.into_iter().filter(|address: &SocketAddr| match self.family {
            None => true,
            Some(Family::V4) => address.is_ipv4(),
            Some(Family::V6) => address.is_ipv6(),
        });
        Ok(take_turns(wanted.collect()))
    }

    async fn pass_proxy(
        &self,
        intercept: &Intercept,
        stream: TcpStream,
        url: &ForwardUrl,
        name: &str,
    ) -> Result<(TcpStream, Bytes)> {
        let host = match (intercept.uri().scheme_str(), url.host()) {
            (Some("socks5h"), Host::Domain(name)) => name.clone(),
            (Some("socks5h"), Host::Ipv4(ip)) => ip.to_string(),
            (Some("socks5h"), Host::Ipv6(ip)) => ip.to_string(),
            (Some("socks5"), host) => match self.resolve(host, url.port()).await?.first() {
                Some(address) => address.ip().to_string(),
                None => return Err(reach::explain_failures(&url.target(), &[], 0)),
            },
            _ => return proxy::open_tunnel(intercept, stream, url, name).await,
        };
        Ok((proxy::connect_socks(intercept, stream, &host, url.port(), name).await?, Bytes::new()))
    }
}

/// How many addresses one call tries. A name with thousands of them would make it a scan.
const MAX_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_takes_several_addresses_of_both_families() {
        let parsed: Override = "Example.COM:443:127.0.0.1,[::1]".parse().unwrap();
        assert_eq!((parsed.host.as_str(), parsed.addresses.len()), ("example.com", 2));
    }
}
