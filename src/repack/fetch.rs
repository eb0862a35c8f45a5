//! Gets missing certificates from where the certificates themselves say they are (AIA, RFC 5280 section 4.2.2.1).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use openssl::nid::Nid;
use openssl::x509::{X509, X509Ref, X509VerifyResult};
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Client, Response};
use url::{Host, Url};

use super::supplied;
use crate::call::policy::Policy;
use crate::certificate::name;
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

fn is_self_issued(certificate: &X509Ref) -> bool {
    certificate.issuer_name().try_cmp(certificate.subject_name()).is_ok_and(std::cmp::Ordering::is_eq)
}

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
    let host = url.host().map(|host| host.to_owned()).ok_or_else(unfit)?;
    let client = client(&host, policy)?;
    let failed = |error| diagnosis::platform::submission(&error, &host.to_string(), "the CA's server");
    let answer =
        client.get(url).send().await.map_err(|error| forbidden(&error).unwrap_or_else(|| failed(error)))?;
    if answer.status() != http::StatusCode::OK {
        return Err(malformed(&format!("{address} answered {}", answer.status())));
    }
    let bytes = read(answer).await.map_err(failed)?;
    let unusable = format!("what {address} sends holds no certificate, or more than {} KiB", SIZE >> 10);
    bytes.and_then(|bytes| supplied::parse(&bytes)).ok_or_else(|| malformed(&unusable))
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

fn client(host: &Host<String>, policy: &Policy) -> Result<Client> {
    let resolver = Resolver { host: host.to_string(), policy: policy.clone() };
    match host {
        Host::Ipv4(ip) => resolver.check(&[SocketAddr::new((*ip).into(), 0)])?,
        Host::Ipv6(ip) => resolver.check(&[SocketAddr::new((*ip).into(), 0)])?,
        Host::Domain(_) => {}
    }
    let builder = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .user_agent(concat!("p12-test/", env!("CARGO_PKG_VERSION")))
        .timeout(TIME)
        .tls_certs_only([])
        .dns_resolver(Arc::new(resolver));
    builder.build().map_err(|error| Error::new(Kind::Internal, diagnosis::platform::deepest(&error)))
}

/// Looks up names, and lets through what the policy does. The very addresses that are checked are connected to.
#[derive(Clone)]
struct Resolver {
    host: String,
    policy: Policy,
}

impl Resolver {
    fn check(&self, addresses: &[SocketAddr]) -> Result<()> {
        let hint = "if this address is meant, allow its network: --allow-net 10.0.0.0/8";
        self.policy.check(&self.host, addresses).map_err(|error| error.with_hint(hint))
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let own = self.clone();
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            own.check(&found)?;
            Ok(Box::new(found.into_iter()) as Box<dyn Iterator<Item = SocketAddr> + Send>)
        })
    }
}

/// The resolver's own refusal, out of reqwest's error.
fn forbidden(error: &reqwest::Error) -> Option<Error> {
    let error: &dyn std::error::Error = error;
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.find_map(|cause| cause.downcast_ref::<Error>().cloned())
}
