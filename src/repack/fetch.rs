//! Gets missing certificates from where the certificates themselves say they are (AIA, RFC 5280 section 4.2.2.1).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use openssl::nid::Nid;
use openssl::x509::{X509, X509Ref, X509VerifyResult};
use reqwest::{Client, Response};
use url::Url;

use super::supplied;
use crate::call::connect::Connect;
use crate::call::policy::Policy;
use crate::call::proxy::Proxies;
use crate::certificate::{is_self_issued, name};
use crate::diagnosis;
use crate::error::{Error, Kind, Result};

/// The certificates above this one with their addresses, as far as each says where its issuer is. Every address must be
/// public or in one of the policy's networks. No proxy is used: it would look up names by itself, and lead anywhere.
///
/// # Errors
/// When an issuer is missing and cannot be fetched.
pub async fn fetch_chain(top: &X509Ref, policy: &Policy) -> Result<Vec<(X509, String)>> {
    let mut fetched = Vec::new();
    let mut top = top.to_owned();
    while !is_self_issued(&top) && fetched.len() < MOST {
        let urls = issuer_urls(&top);
        if urls.is_empty() && !fetched.is_empty() {
            break;
        }
        let one = fetch_issuer(&top, &urls, policy).await?;
        top.clone_from(&one.0);
        fetched.push(one);
    }
    Ok(fetched)
}

/// Where a certificate says that its issuer's is.
pub fn issuer_urls(certificate: &X509Ref) -> Vec<String> {
    let access = certificate.authority_info();
    let issuers = access.iter().flatten().filter(|access| access.method().nid() == Nid::AD_CA_ISSUERS);
    issuers.filter_map(|access| access.location().uri().map(str::to_owned)).collect()
}

/// Certificates above a leaf.
const MOST: usize = 8;

/// What one address may send, in bytes.
const SIZE: usize = 256 << 10;

/// For one address.
const TIME: Duration = Duration::from_secs(10);

/// From the first address that has it.
async fn fetch_issuer(below: &X509Ref, urls: &[String], policy: &Policy) -> Result<(X509, String)> {
    let issuer = name(below.issuer_name());
    let has_issued = |above: &X509| {
        above.issued(below) == X509VerifyResult::OK
            && above.public_key().and_then(|key| below.verify(&key)).is_ok_and(|signed| signed)
    };
    let what = format!("{} does not say where its issuer's certificate is", name(below.subject_name()));
    let mut failure = Error::new(Kind::Usage, what);
    for url in urls {
        match fetch(url, policy).await.map(|candidates| candidates.into_iter().find(has_issued)) {
            Ok(Some(certificate)) => return Ok((certificate, url.clone())),
            Ok(None) => failure = malformed(&format!("what {url} sends is not the certificate of {issuer}")),
            Err(error) => failure = error,
        }
    }
    let hint = match urls {
        [] => format!("ask the CA for the certificate of {issuer}, and give it with --add"),
        _ => format!(
            "get the certificate of {issuer} yourself, through your proxy if there is one, or ask the CA for it; and give it with --add"
        ),
    };
    Err(if failure.kind == Kind::AddressForbidden { failure } else { failure.with_hint(hint) })
}

fn malformed(what: &str) -> Error {
    Error::new(Kind::AnswerMalformed, what)
}

async fn fetch(address: &str, policy: &Policy) -> Result<Vec<X509>> {
    let unfit = || {
        let what = format!("the issuer's certificate is at {address:?}, which is no address of HTTP");
        Error::new(Kind::Usage, what)
    };
    let url = Url::parse(address).ok().filter(|url| url.scheme() == "http").ok_or_else(unfit)?;
    let host = url.host().ok_or_else(unfit)?.to_owned();
    let port = url.port_or_known_default().unwrap_or_default();
    let (overrides, proxies) = (Vec::new(), Proxies::none());
    let connect = Connect { overrides, family: None, proxies, timeout: TIME, policy: None };
    let addresses = connect.look_up(&host, port, Instant::now() + TIME).await?;
    let host = host.to_string();
    let allow = "if this address is meant, allow its network: --allow-net 10.0.0.0/8";
    policy.check(&host, &addresses).map_err(|error| error.with_hint(allow))?;
    let failed = |error| diagnosis::platform::submission(&error, &host, "the CA's server");
    let answer = client(&host, &addresses).map_err(failed)?.get(url).send().await.map_err(failed)?;
    if answer.status() != http::StatusCode::OK {
        return Err(malformed(&format!("{address} answered {}", answer.status())));
    }
    let bytes = read(answer).await.map_err(failed)?;
    let unusable = format!("what {address} sends holds no certificate, or more than {} KiB", SIZE >> 10);
    bytes.and_then(|bytes| supplied::parse(&bytes)).ok_or_else(|| malformed(&unusable))
}

/// Connects to the very addresses that were checked.
fn client(host: &str, addresses: &[SocketAddr]) -> reqwest::Result<Client> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .user_agent(concat!("p12-test/", env!("CARGO_PKG_VERSION")))
        .timeout(TIME)
        .tls_certs_only([])
        .resolve_to_addrs(host, addresses)
        .build()
}

/// `None` for more than [`SIZE`].
async fn read(mut answer: Response) -> reqwest::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > SIZE {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}
