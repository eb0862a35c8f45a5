//! A TCP connection to the endpoint: DNS and overrides, happy eyeballs, proxies.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http_body_util::Empty;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout_at;
use tokio_socks::tcp::Socks5Stream;
use url::{Host, Url};

use super::policy::Policy;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::evidence::Evidence;
use crate::request::ForwardUrl;
use crate::secret::Secret;

/// How to get to an endpoint.
#[derive(Debug)]
pub struct Connect {
    /// Addresses to use in place of DNS.
    pub overrides: Vec<Override>,
    /// One address family only.
    pub family: Option<Family>,
    /// Which proxy, for which endpoints.
    pub proxies: Proxies,
    /// For everything up to the end of the TLS handshake.
    pub timeout: Duration,
    /// Which addresses may be connected to; any unless set.
    pub policy: Option<Policy>,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// `HOST:PORT:ADDRESS[,ADDRESS]…` as curl's `--resolve` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    host: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

impl Override {
    /// The host that DNS is not asked for.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its addresses.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }
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

/// The proxy to use: one that was named, or those of the environment; `NO_PROXY` holds for both.
pub struct Proxies {
    matcher: Matcher,
    named: Option<Secret>,
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proxies(..)")
    }
}

impl Proxies {
    /// `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, in upper or lower case.
    pub fn from_environment() -> Self {
        Self { matcher: Matcher::from_env(), named: None }
    }

    /// `[SCHEME://][USER[:PASSWORD]@]HOST:PORT`, schemes http, socks5 and socks5h; empty means none. `user`
    /// is `USER:PASSWORD`. Anything else is a usage error, told without the text, which may hold a password.
    pub fn named(proxy: &Secret, user: Option<&Secret>) -> Result<Self> {
        let unusable =
            || Error::new(Kind::Usage, "--proxy is not of the form [http|socks5|socks5h]://HOST:PORT");
        let text = std::str::from_utf8(proxy.expose()).map_err(|_| unusable())?;
        let without = ["NO_PROXY", "no_proxy"].iter().find_map(|name| std::env::var(name).ok());
        if text.is_empty() {
            return Ok(Self::none());
        }
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&text).map_err(|_| unusable())?;
        if !matches!(url.scheme(), "http" | "socks5" | "socks5h") || !url.has_host() {
            return Err(unusable());
        }
        if let Some(user) = user.map(|user| String::from_utf8_lossy(user.expose())) {
            let (name, password) = user.split_once(':').unwrap_or((&user, ""));
            url.set_username(name)
                .and_then(|()| url.set_password(Some(password)))
                .map_err(|()| unusable())?;
        }
        let named = Some(String::from(url.clone()).into_bytes().into());
        let matcher = Matcher::builder().all(String::from(url)).no(without.unwrap_or_default()).build();
        Ok(Self { matcher, named })
    }

    /// No proxy, whatever the environment says.
    pub fn none() -> Self {
        Self { matcher: Matcher::builder().build(), named: Some(Secret::default()) }
    }

    /// The URL of the proxy that was named, credentials included: empty for none at all, `None` when the
    /// environment decides.
    pub fn name(&self) -> Option<&Secret> {
        self.named.as_ref()
    }

    fn of(&self, url: &ForwardUrl) -> Option<Intercept> {
        self.matcher.intercept(&url.as_str().parse().ok()?)
    }
}

impl Connect {
    /// Connects, by way of the proxy where there is one. What was seen is noted in `evidence`.
    pub(super) async fn dial(
        &self,
        url: &ForwardUrl,
        deadline: Instant,
        evidence: &mut Evidence,
    ) -> Result<TcpStream> {
        let Some(proxy) = self.proxies.of(url) else {
            return self.direct(url.host(), url.port(), deadline, evidence).await;
        };
        let (host, port) = proxy_address(&proxy)?;
        let name = format!("{host}:{port}");
        evidence.proxy = Some(name.clone());
        let stream = self.direct(&host, port, deadline, evidence).await.map_err(|error| {
            Error::new(Kind::ProxyFailed, format!("the proxy could not be reached: {}", error.message))
        })?;
        let began = Instant::now();
        let through = self.through(&proxy, stream, url, &name);
        let late = |_| Error::new(Kind::ProxyFailed, format!("the proxy {name} did not answer in time"));
        let stream = timeout_at(deadline.into(), through).await.map_err(late)??;
        evidence.timings.connect += began.elapsed();
        Ok(stream)
    }

    async fn direct(
        &self,
        host: &Host,
        port: u16,
        deadline: Instant,
        evidence: &mut Evidence,
    ) -> Result<TcpStream> {
        if let (Some(policy), Host::Domain(name)) = (&self.policy, host) {
            policy.check_name(name)?;
        }
        let began = Instant::now();
        let late = |_| Error::new(Kind::DnsFailure, format!("DNS did not answer for {host} in time"));
        let addresses = timeout_at(deadline.into(), self.resolve(host, port)).await.map_err(late)??;
        evidence.timings.dns = began.elapsed();
        // On the very addresses that are connected to next: a second lookup could answer something else.
        self.policy.as_ref().map_or(Ok(()), |policy| policy.check(&format!("{host}:{port}"), &addresses))?;
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
        let stream = stream.ok_or_else(|| diagnosis::unreached(&format!("{host}:{port}"), &failures))?;
        evidence.address = stream.peer_addr().ok();
        Ok(stream)
    }

    /// The addresses to try, families taking turns, the system's first choice first (RFC 8305 section 4).
    async fn resolve(&self, host: &Host, port: u16) -> Result<Vec<SocketAddr>> {
        let name = host.to_string();
        let overridden = self.overrides.iter().find(|o| o.host == name && o.port == port);
        let addresses = match (overridden, host) {
            (Some(known), _) => known.addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect(),
            (None, Host::Ipv4(ip)) => vec![SocketAddr::new((*ip).into(), port)],
            (None, Host::Ipv6(ip)) => vec![SocketAddr::new((*ip).into(), port)],
            (None, Host::Domain(name)) => {
                let found = tokio::net::lookup_host((name.as_str(), port)).await;
                found.map_err(|error| diagnosis::lookup(name, &error))?.collect()
            }
        };
        let wanted = addresses.into_iter().filter(|address: &SocketAddr| match self.family {
            None => true,
            Some(Family::V4) => address.is_ipv4(),
            Some(Family::V6) => address.is_ipv6(),
        });
        Ok(take_turns(wanted.collect()))
    }

    async fn through(
        &self,
        proxy: &Intercept,
        stream: TcpStream,
        url: &ForwardUrl,
        name: &str,
    ) -> Result<TcpStream> {
        match proxy.uri().scheme_str() {
            Some("socks5h") => socks(proxy, stream, url.host().clone(), url.port(), name).await,
            Some("socks5") => {
                let address = self.resolve(url.host(), url.port()).await?.into_iter().next();
                let host = match address.map(|address| address.ip()) {
                    Some(IpAddr::V4(ip)) => Host::Ipv4(ip),
                    Some(IpAddr::V6(ip)) => Host::Ipv6(ip),
                    None => return Err(diagnosis::unreached(&url.target(), &[])),
                };
                socks(proxy, stream, host, url.port(), name).await
            }
            _ => tunnel(proxy, stream, url, name).await,
        }
    }
}

fn proxy_address(proxy: &Intercept) -> Result<(Host, u16)> {
    let uri = proxy.uri();
    let usual = if uri.scheme_str() == Some("http") { 80 } else { 1080 };
    let host = uri.host().and_then(|host| Host::parse(host).ok());
    let unusable = || Error::new(Kind::ProxyFailed, "the proxy's URL holds no usable host");
    if !matches!(uri.scheme_str(), Some("http" | "socks5" | "socks5h")) {
        let message = "the proxy's URL is not of the form [http|socks5|socks5h]://HOST:PORT";
        return Err(Error::new(Kind::ProxyFailed, message));
    }
    Ok((host.ok_or_else(unusable)?, uri.port_u16().unwrap_or(usual)))
}

fn take_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_family = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_family);
    let mut second = second.into_iter();
    let mut turns = Vec::new();
    for address in first {
        turns.push(address);
        turns.extend(second.next());
    }
    turns.extend(second);
    turns
}

/// Before the next address is tried beside one that is silent (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// The first address to answer wins; a failure starts the next one at once.
async fn race(addresses: &[SocketAddr], failures: &mut Vec<(SocketAddr, io::Error)>) -> Option<TcpStream> {
    let mut waiting = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(async move { (address, TcpStream::connect(address).await) });
        }
        if attempts.is_empty() {
            return None;
        }
        let joined = tokio::select! {
            joined = attempts.join_next() => joined,
            () = tokio::time::sleep(STAGGER), if waiting.len() > 0 => None,
        };
        match joined {
            Some(Ok((_, Ok(stream)))) => {
                // Small writes of the handshake must not wait for each other; a refusal changes nothing.
                let _ = stream.set_nodelay(true);
                return Some(stream);
            }
            Some(Ok((address, Err(error)))) => failures.push((address, error)),
            Some(Err(_)) | None => {}
        }
    }
}

/// SOCKS5 (RFC 1928), with user and password (RFC 1929) where the proxy's URL has them.
async fn socks(proxy: &Intercept, stream: TcpStream, host: Host, port: u16, name: &str) -> Result<TcpStream> {
    let host = match host {
        Host::Domain(name) => name,
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => ip.to_string(),
    };
    let target = (host.as_str(), port);
    let connected = match proxy.raw_auth() {
        Some((user, password)) => {
            Socks5Stream::connect_with_password_and_socket(stream, target, user, password).await
        }
        None => Socks5Stream::connect_with_socket(stream, target).await,
    };
    connected.map(Socks5Stream::into_inner).map_err(|error| diagnosis::socks(name, &host, port, &error))
}

/// HTTP CONNECT (RFC 9110 section 9.3.6).
async fn tunnel(proxy: &Intercept, stream: TcpStream, url: &ForwardUrl, name: &str) -> Result<TcpStream> {
    let failed = |error: hyper::Error| {
        Error::new(Kind::ProxyFailed, format!("the proxy {name} did not answer with HTTP: {error}"))
    };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    tokio::spawn(connection.with_upgrades());
    let target = url.target();
    let mut request = http::Request::new(Empty::<bytes::Bytes>::new());
    *request.method_mut() = http::Method::CONNECT;
    *request.uri_mut() = target.parse().map_err(|_| usage_target(&target))?;
    let host = HeaderValue::from_str(&target).map_err(|_| usage_target(&target))?;
    request.headers_mut().insert(HOST, host);
    if let Some(authorization) = proxy.basic_auth() {
        request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
    }
    let response = sender.send_request(request).await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(diagnosis::proxy_status(name, &target, response.status()));
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(failed)?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>();
    let spoiled =
        Error::new(Kind::ProxyFailed, format!("the proxy {name} sent data before the endpoint could"));
    parts.ok().filter(|parts| parts.read_buf.is_empty()).map(|parts| parts.io.into_inner()).ok_or(spoiled)
}

fn usage_target(target: &str) -> Error {
    Error::new(Kind::Usage, format!("{target} cannot be asked of a proxy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_families_take_turns() {
        let addresses = ["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"].map(|a| a.parse().unwrap());
        let turns = take_turns(addresses.to_vec());
        assert_eq!(turns.iter().map(SocketAddr::is_ipv6).collect::<Vec<_>>(), [true, false, true, true]);
    }

    #[test]
    fn an_override_takes_several_addresses_of_both_families() {
        let parsed: Override = "Example.COM:443:127.0.0.1,[::1]".parse().unwrap();
        assert_eq!((parsed.host.as_str(), parsed.addresses.len()), ("example.com", 2));
    }
}
