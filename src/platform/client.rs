//! The HTTPS client for the platform: reqwest on native-tls, without redirects or retries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy, tls};

use crate::call::connect::{Connect, Family};
use crate::call::tls::{Tls, Version};
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;

/// As many header fields as `serve` passes on.
const MAX_HEADERS: usize = 256;

/// A client for submissions and the lookup before them. Each uses a new connection. `plain` for a loopback address
/// without TLS: then no proxy is used, as it could see the secrets.
pub(super) fn new(connect: &Connect, tls: &Tls, plain: bool) -> Result<Client> {
    let builder = Client::builder()
        .tls_backend_native()
        .http1_only()
        .http1_max_headers(MAX_HEADERS)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .pool_max_idle_per_host(0)
        .user_agent(concat!("p12-test/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect.timeout);
    let builder = set_addresses(builder, connect);
    let builder = match plain {
        true => builder.no_proxy().tls_certs_only([]),
        false => set_proxy(set_trust(builder, tls)?, connect)?,
    };
    builder.build().map_err(|error| {
        let reason = diagnosis::platform::deepest(&error);
        Error::new(Kind::Internal, format!("the client for the platform could not be set up: {reason}"))
    })
}

fn set_addresses(mut builder: ClientBuilder, connect: &Connect) -> ClientBuilder {
    builder = builder.local_address(connect.family.map(|family| match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }));
    // Secrets are sent to this name over plain HTTP, so no resolver may redirect it (RFC 6761 section 6.3).
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    builder = builder.resolve_to_addrs("localhost", &loopback.map(|ip| SocketAddr::new(ip, 0)));
    for known in &connect.overrides {
        let addresses: Vec<_> = known.addresses.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        builder = builder.resolve_to_addrs(&known.host, &addresses);
    }
    builder
}

fn set_trust(mut builder: ClientBuilder, tls: &Tls) -> Result<ClientBuilder> {
    if let Some(path) = &tls.cacert {
        let pem = std::fs::read(path).map_err(|error| diagnosis::unreadable(path, &error))?;
        let roots = Certificate::from_pem_bundle(&pem).ok().filter(|roots| !roots.is_empty());
        let message = || format!("{} holds no CA certificate in PEM form", path.display());
        let roots = roots.ok_or_else(|| Error::new(Kind::FileUnreadable, message()))?;
        builder = builder.tls_certs_only(roots);
    }
    builder = builder.tls_version_min(to_reqwest(tls.min));
    if let Some(max) = tls.max {
        builder = builder.tls_version_max(to_reqwest(max));
    }
    Ok(builder.tls_danger_accept_invalid_certs(tls.insecure))
}

fn to_reqwest(version: Version) -> tls::Version {
    match version {
        Version::Tls10 => tls::Version::TLS_1_0,
        Version::Tls11 => tls::Version::TLS_1_1,
        Version::Tls12 => tls::Version::TLS_1_2,
        Version::Tls13 => tls::Version::TLS_1_3,
    }
}

/// As for the local call: the one of `--proxy`, or those of the environment.
fn set_proxy(builder: ClientBuilder, connect: &Connect) -> Result<ClientBuilder> {
    let named = match connect.proxies.name().map(Secret::expose) {
        None => return Ok(builder),
        Some([]) => return Ok(builder.no_proxy()),
        Some(named) => std::str::from_utf8(named).ok(),
    };
    let proxy = named.and_then(|named| Proxy::all(named).ok());
    let proxy = proxy.ok_or_else(|| Error::new(Kind::Usage, "--proxy cannot be used for the platform"))?;
    Ok(builder.proxy(proxy.no_proxy(NoProxy::from_env())))
}
