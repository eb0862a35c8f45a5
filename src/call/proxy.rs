//! Proxies: which one for which endpoint, HTTP CONNECT and SOCKS5.

use bytes::Bytes;
use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http_body_util::Empty;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;
use url::{Host, Url};

use crate::diagnosis::reach;
use crate::error::{Error, Kind, Result};
use crate::request::url::ForwardUrl;
use crate::secret::Secret;

/// The proxy to use: the one given, or those of the environment. `NO_PROXY` holds for both.
pub struct Proxies {
    matcher: Matcher,
    named: Option<Secret>,
}

/// The password in a URL, and the pair as in `Proxy-Authorization`.
fn credentials(url: &Url) -> Option<[Secret; 3]> {
    let password = url.password()?;
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(password).collect();
    let user: Vec<u8> = percent_encoding::percent_decode_str(url.username()).collect();
    let pair = [user.as_slice(), b":", &decoded].concat();
    Some([password.as_bytes().to_vec().into(), decoded.into(), pair.into()])
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

    /// `[SCHEME://][USER[:PASSWORD]@]HOST:PORT`, schemes http, socks5 and socks5h; empty means none. `user` is
    /// `USER:PASSWORD`.
    ///
    /// # Errors
    ///
    /// A usage error for anything else. It does not show the text, which may hold a password.
    pub fn parse(proxy: &Secret, user: Option<&Secret>) -> Result<Self> {
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

    /// Users and passwords in the URLs of proxies, as written there and decoded.
    pub fn secrets(&self) -> Vec<Secret> {
        let named = self.named.as_ref().map(|named| String::from_utf8_lossy(named.expose()).into_owned());
        let variables = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let known = variables.iter().filter_map(|name| std::env::var(name).ok()).chain(named);
        known
            .filter_map(|proxy| Url::parse(&proxy).ok())
            .filter_map(|url| credentials(&url))
            .flatten()
            .collect()
    }

    /// The URL of the proxy that was named, credentials included: empty for none at all, `None` when the
    /// environment decides.
    pub fn name(&self) -> Option<&Secret> {
        self.named.as_ref()
    }

    pub(super) fn find(&self, url: &ForwardUrl) -> Option<Intercept> {
        self.matcher.intercept(&url.as_str().parse().ok()?)
    }
}

pub(super) fn read_address(proxy: &Intercept) -> Result<(Host, u16)> {
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

/// SOCKS5 (RFC 1928), with user and password (RFC 1929) if the proxy's URL has them.
pub(super) async fn connect_socks(
    proxy: &Intercept,
    stream: TcpStream,
    host: &str,
    port: u16,
    name: &str,
) -> Result<TcpStream> {
    let target = (host, port);
    let connected = match proxy.raw_auth() {
        Some((user, password)) => {
            Socks5Stream::connect_with_password_and_socket(stream, target, user, password).await
        }
        None => Socks5Stream::connect_with_socket(stream, target).await,
    };
    connected.map(Socks5Stream::into_inner).map_err(|error| reach::explain_socks(name, host, port, &error))
}

/// HTTP CONNECT (RFC 9110 section 9.3.6): the stream, and what came through it together with the proxy's answer.
pub(super) async fn open_tunnel(
    proxy: &Intercept,
    stream: TcpStream,
    url: &ForwardUrl,
    name: &str,
) -> Result<(TcpStream, Bytes)> {
    let failed = |error: hyper::Error| reach::explain_tunnel(name, &error);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    tokio::spawn(connection.with_upgrades());
    let target = url.target();
    let mut request = http::Request::new(Empty::<Bytes>::new());
    *request.method_mut() = http::Method::CONNECT;
    *request.uri_mut() = target.parse().map_err(|_| refuse_target(&target))?;
    let host = HeaderValue::from_str(&target).map_err(|_| refuse_target(&target))?;
    request.headers_mut().insert(HOST, host);
    if let Some(authorization) = proxy.basic_auth() {
        request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
    }
    let response = sender.send_request(request).await.map_err(failed)?;
    if !response.status().is_success() {
        let given = proxy.basic_auth().is_some();
        return Err(reach::explain_proxy_status(name, &target, &response, given));
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(failed)?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>();
    let parts = parts.map_err(|_| Error::new(Kind::Internal, "the proxy's stream is not TCP"))?;
    Ok((parts.io.into_inner(), parts.read_buf))
}

fn refuse_target(target: &str) -> Error {
    Error::new(Kind::Usage, format!("{target} cannot be named to a proxy"))
}
