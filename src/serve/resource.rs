//! One request: its path, who asks, what came in, the call, the answer.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts as Head;
use http::{Method, StatusCode};
use hyper::body::Incoming;
use ipnet::IpNet;
use serde_json::json;
use url::Url;

use super::access::{Access, Refused};
use super::answer::{self, Answer, PassedOn, Refusal};
use super::journal::{Entry, Journal};
use super::limits::Limits;
use super::upload::{self, Drained, Upload};
use crate::call::Local;
use crate::error::{Error, Kind};
use crate::p12::{P12, P12File};
use crate::platform::gateway::{Account, Base};
use crate::platform::{self, domain};
use crate::request::Parts;
use crate::request::body::Body;
use crate::secret::Secret;

/// What all requests share.
pub(super) struct Resource {
    pub(super) access: Access,
    /// The very route that a test from the command line takes, with a network policy.
    pub(super) local: Local,
    pub(super) limits: Limits,
    pub(super) journal: Arc<Journal>,
    /// Whether TLS is spoken here.
    pub(super) secure: bool,
    /// How clients name this server, where it is not by the `Host` that they send.
    pub(super) public: Option<Base>,
    pub(super) metrics_from: Vec<IpNet>,
}

/// A request that got as far as it could: what to answer in place of the endpoint.
type Outcome<T> = Result<T, Refusal>;

enum Place {
    Test(String),
    /// The Domain API for one service, or for all.
    Domain(String, Option<String>),
    Health,
    Metrics,
}

impl Resource {
    /// Answers, whatever comes. A panic ends this request only.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Answer, Infallible> {
        let (head, body) = request.into_parts();
        let body = Drained::new(body, &head.headers);
        let entry = self.journal.begin(peer);
        let answer = AssertUnwindSafe(Arc::clone(&self).route(head, body, entry)).catch_unwind().await;
        Ok(answer.unwrap_or_else(|_| {
            let error = Error::new(Kind::Internal, "the server failed at this request");
            Refusal::from(error).answer(self.journal.begin(peer))
        }))
    }

    async fn route(self: Arc<Self>, head: Head, body: Drained, mut entry: Entry) -> Answer {
        let Some(place) = Place::of(head.uri.path()) else {
            return Refusal::new(StatusCode::NOT_FOUND, "there is nothing here").answer(entry);
        };
        entry.route = place.name();
        let allowed = if matches!(place, Place::Test(_)) { Method::POST } else { Method::GET };
        if head.method != allowed && !(allowed == Method::GET && head.method == Method::HEAD) {
            let refusal =
                Refusal::new(StatusCode::METHOD_NOT_ALLOWED, &format!("{allowed} is the method here"));
            return refusal.with(header::ALLOW, allowed.as_str()).answer(entry);
        }
        match place {
            Place::Test(account) => self.test(head, body, account, entry).await,
            Place::Domain(account, service) => self.domain(&head, &account, service.as_deref(), entry),
            Place::Health if self.journal.draining() => {
                answer::text(StatusCode::SERVICE_UNAVAILABLE, TEXT, "draining\n".into(), entry)
            }
            Place::Health => answer::text(StatusCode::OK, TEXT, "ok\n".into(), entry),
            Place::Metrics if self.may_see_metrics(entry.peer().ip()) => {
                answer::text(StatusCode::OK, OPEN_METRICS, self.journal.metrics(), entry)
            }
            Place::Metrics => Refusal::new(StatusCode::FORBIDDEN, "not from this address").answer(entry),
        }
    }

    fn may_see_metrics(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.metrics_from.iter().any(|net| net.contains(&peer))
    }

    /// Both shapes of the Domain API, for this very host.
    fn domain(&self, head: &Head, account: &str, service: Option<&str>, entry: Entry) -> Answer {
        let found = self.origin(&head.headers).ok().filter(|_| self.access.knows(account));
        let host = found.and_then(|url| {
            Some(crate::diagnosis::platform::authority(&url)).filter(|host| !host.is_empty())
        });
        let entry_for =
            |host: &String| json!({"service": domain::SERVICE, "account": account, "baseURI": host});
        let json = match (service, &host) {
            (None, host) => json!({"baseURIs": host.iter().map(entry_for).collect::<Vec<_>>()}),
            (Some(domain::SERVICE), Some(host)) => entry_for(host),
            _ => return Refusal::new(StatusCode::NOT_FOUND, "the account has no such service").answer(entry),
        };
        answer::text(StatusCode::OK, "application/json", format!("{json}\n"), entry)
    }

    async fn test(&self, head: Head, body: Drained, account: String, mut entry: Entry) -> Answer {
        let called = self.call(&head, body, &account, &mut entry).await;
        entry.account = Some(account);
        match called {
            Ok(Some(endpoint)) => endpoint.answer(entry),
            Ok(None) => answer::text(StatusCode::OK, TEXT, String::new(), entry),
            Err(refusal) => refusal.answer(entry),
        }
    }

    /// The endpoint's answer, or with no endpoint named that the P12 is fine.
    async fn call(
        &self,
        head: &Head,
        body: Drained,
        account: &str,
        entry: &mut Entry,
    ) -> Outcome<Option<PassedOn>> {
        let boundary = self.admit(head, account, entry)?;
        let parts = forward(&head.headers)?;
        let Upload { file, password, body, body_type, held } =
            upload::receive(boundary, body, &self.limits).await?;
        let request = parts.map(|parts| with_body(parts, body, body_type).check()).transpose()?;
        entry.forward = request.as_ref().map(|request| request.url.target());
        let place = self.limits.call().ok_or_else(Refusal::busy)?;
        let p12 = self.open(file, password).await?;
        drop(held);
        let Some(request) = request else { return Ok(p12.identity().map(|_| None)?) };
        let known = Arc::new(request.secrets().into_iter().chain([p12.password()]).collect());
        let started = self.local.start(&request, p12.identity()?, &known).await?;
        PassedOn::new(started, &request.method, place).map(Some)
    }

    /// Everything that can be said before the upload is read.
    fn admit(&self, head: &Head, account: &str, entry: &mut Entry) -> Outcome<String> {
        if !self.limits.within_rate(entry.peer().ip()) {
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many requests from this address");
            return Err(refusal.with(header::RETRY_AFTER, "1"));
        }
        let url = self.signed_url(head)?;
        let shown = self.access.check(&head.headers, head.method.as_str(), &url, account);
        entry.credential = Some(shown.map_err(|refused| {
            match refused {
                Refused::Unknown(advice, Some(problem)) => Refusal::oauth_problem(problem, &advice),
                Refused::Unknown(why, None) => Refusal::new(StatusCode::UNAUTHORIZED, &why)
                    .with(header::WWW_AUTHENTICATE, "Bearer realm=\"p12-test\""),
                Refused::Forbidden(name, why) => {
                    entry.credential = Some(name);
                    Refusal::new(StatusCode::FORBIDDEN, &why)
                }
            }
        })?);
        let length =
            head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > self.limits.upload) {
            let what = format!("the upload is larger than {} bytes", self.limits.upload);
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, &what));
        }
        let kind = single(&head.headers, &header::CONTENT_TYPE)?.unwrap_or_default();
        multer::parse_boundary(kind).map_err(|error| match error {
            multer::Error::NoBoundary => Refusal::malformed("the Content-Type has no boundary"),
            _ => Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "multipart/form-data is wanted"),
        })
    }

    /// Key derivation takes a processor for up to a second, so it has a thread of its own and waits its turn.
    async fn open(&self, file: Vec<u8>, password: Secret) -> Outcome<P12> {
        let turn = self.limits.derivation().await;
        let file = P12File::from_bytes("the P12", file).with_work(self.limits.work);
        let open = move || {
            let _turn = turn;
            P12::open(&file, Some(&password), None)
        };
        let opened = tokio::task::spawn_blocking(open).await;
        Ok(opened.map_err(|_| Error::new(Kind::Internal, "the P12 could not be judged"))??)
    }

    /// The URL that the client called, which an OAuth1 signature covers.
    fn signed_url(&self, head: &Head) -> Outcome<Url> {
        let mut url = self.origin(&head.headers)?;
        url.set_path(head.uri.path());
        url.set_query(head.uri.query());
        Ok(url)
    }

    fn origin(&self, headers: &HeaderMap) -> Outcome<Url> {
        if let Some(public) = &self.public {
            return Ok(public.url().clone());
        }
        let scheme = if self.secure { "https" } else { "http" };
        let host = single(headers, &header::HOST)?.unwrap_or_default();
        let url = Url::parse(&format!("{scheme}://{host}/"));
        let url =
            url.ok().filter(|url| url.path() == "/" && url.query().is_none() && url.username().is_empty());
        url.ok_or_else(|| Refusal::malformed("the Host is not well formed"))
    }
}

const TEXT: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Place {
    fn of(path: &str) -> Option<Self> {
        let account = |text: &str| text.parse::<Account>().ok().map(|account| account.as_str().to_owned());
        match path.strip_prefix('/')?.split('/').collect::<Vec<_>>().as_slice() {
            ["mtls", "account", id, "p12-test", "multipart"] => account(id).map(Self::Test),
            ["api", "account", id, "service", "baseURI.json"] => Some(Self::Domain(account(id)?, None)),
            ["api", "account", id, "service", service, "baseURI.json"] => {
                Some(Self::Domain(account(id)?, Some((*service).to_owned())))
            }
            ["healthz"] => Some(Self::Health),
            ["metrics"] => Some(Self::Metrics),
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Test(_) => "p12-test",
            Self::Domain(..) => "domain",
            Self::Health => "healthz",
            Self::Metrics => "metrics",
        }
    }
}

/// What the LP headers ask for; `None` when no endpoint is named.
fn forward(headers: &HeaderMap) -> Outcome<Option<Parts>> {
    let Some(url) = single(headers, &platform::FORWARD_URL)? else { return Ok(None) };
    let text = |name| Outcome::Ok(single(headers, name)?.map(str::to_owned));
    let authorization = one(headers, &platform::FORWARD_AUTHORIZATION)?;
    Ok(Some(Parts {
        url: url.to_owned(),
        method: text(&platform::METHOD)?.or_else(|| Some("POST".into())),
        content_type: text(&platform::TYPE)?,
        authorization: authorization.map(|value| value.as_bytes().to_vec().into()),
        headers: Vec::new(),
        body: Body::Empty,
    }))
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Outcome<Option<&'a str>> {
    let text = one(headers, name)?.map(HeaderValue::to_str).transpose();
    text.map_err(|_| Refusal::malformed(&format!("{name} is not ASCII")))
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Outcome<Option<&'a HeaderValue>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Refusal::malformed(&format!("{name} comes twice"))),
    }
}

/// The content type is the one that was asked for, else the part's own, else the default.
fn with_body(parts: Parts, body: Body, body_type: Option<HeaderValue>) -> Parts {
    let own = body_type.and_then(|value| value.to_str().map(str::to_owned).ok());
    Parts { content_type: parts.content_type.or(own).filter(|_| !body.is_empty()), body, ..parts }
}
