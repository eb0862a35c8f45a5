//! One request: its path, its credential, the upload, the call, the reply.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts as Head;
use http::{Method, StatusCode};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::access::Refused;
use super::answer::{self, Failure, Reply};
use super::files::Files;
use super::head;
use super::incoming::{Incoming, UploadProgress};
use super::journal::{Journal, LogEntry};
use super::limits::{Caller, Limits};
use super::origin::{self, TrustedProxies, X_REQUEST_ID};
use super::passed_on::PassedOn;
use super::presence::Presence;
use super::upload;
use crate::call::Local;
use crate::cli::ServeArgs;
use crate::diagnosis;
use crate::error::{Error, Kind};
use crate::p12::{Identity, P12, P12File};
use crate::password::Password;
use crate::platform::contract;
use crate::platform::gateway::Account;
use crate::request::body::RequestBody;
use crate::request::{Request, RequestParts};
use crate::secret::Secret;

/// What all requests share.
pub(super) struct Resource {
    pub(super) args: ServeArgs,
    pub(super) files: Files,
    /// The route that tests from the command line take, with a network policy.
    pub(super) local: Local,
    pub(super) limits: Limits,
    pub(super) journal: Arc<Journal>,
    pub(super) proxies: TrustedProxies,
    /// Cancelled when the server is told to end.
    pub(super) draining: CancellationToken,
}

/// What a path asks for.
enum Action {
    Test(Account),
    /// The Domain API for one service, or for all.
    FindHost(Account, Option<String>),
    ShowHealth,
    ShowMetrics,
}

impl Resource {
    /// Answers any request. A panic ends this request only.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: http::Request<hyper::body::Incoming>,
        mut entry: LogEntry,
    ) -> Result<Reply, Infallible> {
        let (head, body) = request.into_parts();
        let is_head = head.method == Method::HEAD;
        entry.is_head = is_head;
        let (origin, presence) = (entry.origin.clone(), Arc::clone(&entry.presence));
        let id = HeaderValue::from_str(&origin.id);
        let body = Incoming::new(body, &head.headers, &presence);
        let answer = AssertUnwindSafe(Arc::clone(&self).route(head, body, entry)).catch_unwind().await;
        let mut reply = answer.unwrap_or_else(|_| {
            let error = Error::new(Kind::Internal, "the server failed at this request");
            let mut entry = self.journal.begin(origin, presence);
            entry.is_head = is_head;
            Failure::from(error).into_reply(entry)
        });
        // An endpoint that has its own keeps it.
        if let (header::Entry::Vacant(place), Ok(id)) = (reply.headers_mut().entry(X_REQUEST_ID), id) {
            place.insert(id);
        }
        Ok(reply)
    }

    /// Reads the credentials and the certificate again, and tells the log what came of it.
    pub(super) async fn reload(&self) {
        match self.files.reload(&self.args).await {
            Ok(read) => {
                self.journal.note_certificate(read.certificate.as_deref());
                self.journal.tell("reloaded", "the credentials and the certificate were read again");
            }
            Err(error) => {
                self.journal
                    .tell("warning", &format!("not reloaded, and all stays as it was: {}", error.message));
            }
        }
    }

    async fn route(self: Arc<Self>, head: Head, body: Incoming, mut entry: LogEntry) -> Reply {
        if !head::names_one_host(&head) {
            return Failure::malformed("exactly one Host header is needed").into_reply(entry);
        }
        let Some(action) = Action::parse(head.uri.path()) else {
            return Failure::new(StatusCode::NOT_FOUND, "there is nothing here").into_reply(entry);
        };
        entry.route = action.name();
        let allowed = if matches!(action, Action::Test(_)) { Method::POST } else { Method::GET };
        if head.method != allowed && !(allowed == Method::GET && head.method == Method::HEAD) {
            let refusal = Failure::new(StatusCode::METHOD_NOT_ALLOWED, &format!("use {allowed}"));
            return refusal.with(header::ALLOW, allowed.as_str()).into_reply(entry);
        }
        match action {
            Action::Test(account) => self.test(head, body, account, entry).await,
            Action::FindHost(account, service) => self.find_host(&head, &account, service.as_deref(), entry),
            Action::ShowHealth if self.draining.is_cancelled() => {
                answer::reply_with(StatusCode::SERVICE_UNAVAILABLE, TEXT, "draining\n".into(), entry)
            }
            Action::ShowHealth => answer::reply_with(StatusCode::OK, TEXT, "ok\n".into(), entry),
            Action::ShowMetrics if self.may_see_metrics(entry.origin.peer.ip(), &head.headers) => {
                answer::reply_with(StatusCode::OK, OPEN_METRICS, self.journal.encode_metrics(), entry)
            }
            Action::ShowMetrics => {
                Failure::new(StatusCode::FORBIDDEN, "metrics are not shown to this address").into_reply(entry)
            }
        }
    }

    fn may_see_metrics(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let peer = peer.to_canonical();
        // Through a proxy on this machine, everybody would be on loopback.
        !origin::is_proxied(headers)
            && (peer.is_loopback() || self.args.metrics_from.iter().any(|net| net.contains(&peer)))
    }

    /// Both forms of the Domain API, for this host.
    fn find_host(&self, head: &Head, account: &Account, service: Option<&str>, entry: LogEntry) -> Reply {
        let found =
            self.origin(&head.headers).ok().filter(|_| self.files.current().access.knows(account.as_str()));
        let host = found.map(|url| diagnosis::platform::authority(&url)).filter(|host| !host.is_empty());
        let entry_for = |host: &String| json!({"service": contract::SERVICE, "account": account.as_str(), "baseURI": host});
        let json = match (service, &host) {
            (None, host) => json!({"baseURIs": host.iter().map(entry_for).collect::<Vec<_>>()}),
            (Some(contract::SERVICE), Some(host)) => entry_for(host),
            _ => {
                return Failure::new(StatusCode::NOT_FOUND, "the account has no such service")
                    .into_reply(entry);
            }
        };
        answer::reply_with(StatusCode::OK, "application/json", format!("{json}\n"), entry)
    }

    async fn test(&self, head: Head, body: Incoming, account: Account, mut entry: LogEntry) -> Reply {
        let called = self.call(&head, body, account.as_str(), &mut entry).await;
        entry.account = Some(account.to_string());
        match called {
            Ok(Some(endpoint)) => endpoint.into_reply(entry),
            Ok(None) => answer::reply_with(StatusCode::OK, TEXT, String::new(), entry),
            Err(refusal) => refusal.into_reply(entry),
        }
    }

    /// The endpoint's answer; `None` when no endpoint is named and the P12 is fine.
    async fn call(
        &self,
        head: &Head,
        body: Incoming,
        account: &str,
        entry: &mut LogEntry,
    ) -> Result<Option<PassedOn>, Failure> {
        let (caller, boundary) = self.admit(head, account, entry)?;
        let request = head::parse_forward(&head.headers)?.map(RequestParts::check).transpose()?;
        entry.forward = request.as_ref().map(|request| request.url.target());
        let (mut form, progress) = upload::receive(boundary, body, &self.limits, &caller).await?;
        let (file, password) = form.take_p12()?;
        let (file, memory) = file.take();
        let place = self.limits.take_place(&caller).await.ok_or_else(Failure::busy)?;
        // The file is let go before the endpoint takes its time.
        let file = P12File::from_bytes("the P12", file).with_work(self.limits.work);
        let identity = self.open(&caller, &entry.presence, file, &password).await?;
        drop(memory);
        let Some(request) = request else { return Ok(None) };
        let known = Arc::new(request.secrets().into_iter().chain([password]).collect());
        let request = add_body(request, form.body, form.body_type);
        let call = self.local.start(&request, identity, &known);
        let answer = async {
            let (exchange, head) = call.await?;
            PassedOn::receive(exchange, head?, &request.method, place).await
        };
        let answer = entry.presence.wait_for(answer, CALL_GRACE).await.ok_or_else(Failure::gone)?;
        answer.map(Some).map_err(|error| find_fault(error, &progress))
    }

    /// Checks everything that does not need the upload.
    fn admit(&self, head: &Head, account: &str, entry: &mut LogEntry) -> Result<(Caller, String), Failure> {
        let address = entry.origin.client;
        let url = self.signed_url(head)?;
        let shown = self.files.current().access.authorize(&head.headers, head.method.as_str(), &url, account);
        let (credential, forbidden) = match shown {
            Ok(name) => (name, None),
            Err(Refused::Forbidden(name, why)) => (name, Some(why)),
            Err(Refused::Unknown(_)) if !self.limits.admits_stranger(address) => {
                return Err(Failure::too_many());
            }
            Err(Refused::Unknown(why)) => return Err(why),
        };
        entry.credential = Some(Arc::clone(&credential));
        let caller = Caller::new(credential, address);
        if !self.limits.admits(&caller) {
            return Err(Failure::too_many());
        }
        if let Some(why) = forbidden {
            return Err(why);
        }
        let length =
            head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > self.limits.upload) {
            let what = format!("the upload is larger than {} bytes", self.limits.upload);
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, &what));
        }
        let kind = head::read_text(&head.headers, &header::CONTENT_TYPE)?.unwrap_or_default();
        let boundary = multer::parse_boundary(kind).map_err(|error| match error {
            multer::Error::NoBoundary => Failure::malformed("the Content-Type has no boundary"),
            _ => Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send multipart/form-data"),
        })?;
        Ok((caller, boundary))
    }

    /// Opens the P12: key derivation takes a processor for up to a second.
    async fn open(
        &self,
        caller: &Caller,
        presence: &Presence,
        file: P12File,
        password: &Secret,
    ) -> Result<Identity, Failure> {
        let _turn = self.limits.take_opening(caller).await.ok_or_else(Failure::busy)?;
        let password = Password::exact(password.clone());
        let opening = presence.wait_for(P12::open(&file, Some(&password), None), OPENING_GRACE);
        Ok(opening.await.ok_or_else(Failure::gone)??.as_sent()?.identity()?)
    }

    /// The URL that the client called, which an OAuth1 signature covers.
    fn signed_url(&self, head: &Head) -> Result<Url, Failure> {
        let mut url = self.origin(&head.headers)?;
        url.set_path(head.uri.path());
        url.set_query(head.uri.query());
        Ok(url)
    }

    /// Scheme, host and port of that URL: those of --public-url, else what the client says.
    fn origin(&self, headers: &HeaderMap) -> Result<Url, Failure> {
        if let Some(public) = &self.args.public_url {
            return Ok(public.url().clone());
        }
        let host = head::read_text(headers, &header::HOST)?.unwrap_or_default();
        let url = Url::parse(&format!("{}://{host}/", self.scheme()));
        let url = url.ok().filter(|url| {
            url.path() == "/"
                && url.query().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
        url.ok_or_else(|| Failure::malformed("the Host is not well formed"))
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.args.tls_p12.is_some() { "https" } else { "http" }
    }
}

/// How long work goes on for a client that has closed its sending side, and so may be gone.
const OPENING_GRACE: Duration = Duration::from_secs(1);
const CALL_GRACE: Duration = Duration::from_secs(10);

const TEXT: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Action {
    fn parse(path: &str) -> Option<Self> {
        let find_host =
            || contract::parse_domain_path(path).map(|(account, name)| Self::FindHost(account, name));
        match path {
            "/healthz" => Some(Self::ShowHealth),
            "/metrics" => Some(Self::ShowMetrics),
            _ => contract::parse_test_path(path).map(Self::Test).or_else(find_host),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Test(_) => "p12-test",
            Self::FindHost(..) => "domain",
            Self::ShowHealth => "healthz",
            Self::ShowMetrics => "metrics",
        }
    }
}

/// A call that failed as the upload did is the client's fault.
fn find_fault(error: Error, progress: &UploadProgress) -> Failure {
    let stalled = || Some(Failure::late()).filter(|_| progress.is_waiting() && error.kind == Kind::Timeout);
    progress.failure.get().cloned().or_else(stalled).unwrap_or_else(|| error.into())
}

/// The content type is the one of the header, else the one of the part, else the default.
fn add_body(mut request: Request, body: RequestBody, body_type: Option<HeaderValue>) -> Request {
    if body.is_empty() {
        request.headers.remove(header::CONTENT_TYPE);
    } else {
        let default = || body_type.unwrap_or(HeaderValue::from_static("application/json"));
        request.headers.entry(header::CONTENT_TYPE).or_insert_with(default);
    }
    Request { body, ..request }
}
