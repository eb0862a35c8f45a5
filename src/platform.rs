//! The platform's route: the multipart request that asks it to test a P12 against a forward URL.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Version;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::response::Parts;
use http_body_util::BodyExt as _;
use reqwest::Client;
use reqwest::multipart::{Form, Part};
use tokio::time::timeout_at;
use url::Url;

use crate::call::connect::Connect;
use crate::call::tls::{Tls, roots};
use crate::certificate;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::evidence::{Evidence, Submission};
use crate::exchange::{self, Exchange, Head, Started};
use crate::foreign::{Foreign, KnownSecrets};
use crate::once::SharedOnce;
use crate::p12::P12;
use crate::request::Request;
use credential::Credential;
use gateway::{Account, Gateway};

pub mod author;
mod client;
pub mod contract;
pub mod credential;
pub mod domain;
pub mod gateway;
pub mod oauth1;

/// The route through the platform's tester.
#[derive(Debug)]
pub struct Platform {
    /// The account that the call is made for.
    pub account: Account,
    /// The platform's host.
    pub gateway: Gateway,
    /// The credential for the platform.
    pub credential: Credential,
    /// How to reach it.
    pub connect: Connect,
    /// How to speak TLS to it, and whom to trust.
    pub tls: Tls,
    /// The time for everything: lookup, upload and the answer's body.
    pub max_time: Duration,
    /// Shared by all calls, so that the host is looked up and the roots are loaded only once.
    pub shared: Cache,
}

/// What all calls by one [`Platform`] have in common.
#[derive(Debug, Default)]
pub struct Cache {
    plain: OnceLock<Client>,
    secure: OnceLock<Client>,
    found: SharedOnce<Url>,
}

impl Platform {
    /// Submits the request. Returns when the head of the answer has come, or the call has failed. Secrets in
    /// `known` are hidden in everything that comes back.
    pub async fn start(&self, request: &Request, p12: &P12, known: &Arc<KnownSecrets>) -> Started {
        let mut call = PlatformCall::new(request, p12, self.max_time, known);
        let submission = self.submit(request, p12, &mut call.evidence);
        let outcome = timeout_at(call.deadline.into(), submission).await;
        call.evidence.timings.first_byte = Some(call.start.elapsed());
        let outcome =
            outcome.unwrap_or_else(|_| Err(diagnosis::platform::late(&call.evidence, self.max_time)));
        let head = outcome.map(|(parts, body)| call.receive(parts, body));
        (Box::new(call), head)
    }

    async fn submit(
        &self,
        request: &Request,
        p12: &P12,
        evidence: &mut Evidence,
    ) -> Result<(Parts, reqwest::Body)> {
        let began = Instant::now();
        let (base, found_by) = self.gateway().await?;
        evidence.timings.dns = began.elapsed();
        let url = contract::test_url(&base, &self.account);
        let host = diagnosis::platform::authority(&url);
        let account = self.account.as_str().to_owned();
        evidence.submission = Some(Submission { host: host.clone(), found_by, account, author: None });
        let headers = self.headers(request, &url)?;
        let form = form(request, p12).await?;
        let submission = self.client(&url)?.post(url).headers(headers).multipart(form);
        let response = submission.send().await.map_err(|error| self.explain(&error, &host))?;
        evidence.address = response.remote_addr();
        Ok(http::Response::from(response).into_parts())
    }

    fn explain(&self, error: &reqwest::Error, host: &str) -> Error {
        let error = diagnosis::platform::submission(error, host, "the platform");
        let rootless = || self.tls.cacert.is_none() && !roots::exist();
        match error.kind {
            Kind::ServerUntrusted if rootless() => error.with_hint(diagnosis::server::NO_ROOTS),
            _ => error,
        }
    }

    fn client(&self, url: &Url) -> Result<&Client> {
        let plain = url.scheme() == "http";
        let slot = if plain { &self.shared.plain } else { &self.shared.secure };
        if let Some(made) = slot.get() {
            return Ok(made);
        }
        let client = client::new(&self.connect, &self.tls, plain)?;
        Ok(slot.get_or_init(|| client))
    }

    async fn gateway(&self) -> Result<(Url, Option<String>)> {
        let api = match &self.gateway {
            Gateway::Host(base) => return Ok((base.url().clone(), None)),
            Gateway::Lookup(api) => api.url(),
        };
        let lookup = async { domain::lookup(self.client(api)?, api, &self.account).await };
        Ok((self.shared.found.get(lookup).await?, Some(diagnosis::platform::authority(api))))
    }

    fn headers(&self, request: &Request, url: &Url) -> Result<HeaderMap> {
        // CR, LF and NUL are refused in a header (RFC 9110 section 5.5).
        let value = |what: &str, bytes: &[u8]| {
            let message = || format!("{what} holds a line break or a control character");
            HeaderValue::from_bytes(bytes).map_err(|_| Error::new(Kind::Usage, message()))
        };
        let mut credential = value("the credential", self.credential.authorization("POST", url)?.expose())?;
        credential.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, credential);
        headers.insert(contract::FORWARD_URL, value("the forward URL", request.url.as_str().as_bytes())?);
        headers.insert(contract::METHOD, value("the method", request.method.as_str().as_bytes())?);
        for (from, to) in [(CONTENT_TYPE, contract::CONTENT_TYPE), (AUTHORIZATION, contract::AUTHORIZATION)] {
            if let Some(value) = request.headers.get(from) {
                headers.insert(to, value.clone());
            }
        }
        Ok(headers)
    }
}

/// The file comes first, with a file name, as in the platform's samples. The body is streamed.
async fn form(request: &Request, p12: &P12) -> Result<Form> {
    let upload = request.open_body().await?;
    let file = p12.file();
    let typed = |part: Part, kind: &str| {
        part.mime_str(kind).map_err(|_| Error::new(Kind::Internal, format!("{kind} is no media type")))
    };
    let part = Part::stream(file.bytes()).file_name(file_name(file.name()));
    let password = Part::stream(Bytes::from_owner(p12.password()));
    let form = Form::new()
        .part(contract::FILE, typed(part, "application/x-pkcs12")?)
        .part(contract::PASSWORD, password);
    if request.body.is_empty() {
        return Ok(form);
    }
    let kind = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // If it is not a media type, it is sent in the header LP-content-type-override only.
    let kind = kind.filter(|kind| Part::text("").mime_str(kind).is_ok());
    let part = Part::stream(reqwest::Body::wrap(upload));
    let part = match kind {
        Some(kind) => typed(part, kind)?,
        None => part,
    };
    Ok(form.part(contract::BODY, part))
}

/// The last part of the path if all parsers read it in the same way, else `client.p12`.
fn file_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { "client.p12".to_owned() }
}

/// A submission in progress, the beginning of its answer, and what was observed.
struct PlatformCall {
    start: Instant,
    deadline: Instant,
    ended: Option<Duration>,
    evidence: Evidence,
    known: Arc<KnownSecrets>,
    answer: Option<(Head, reqwest::Body)>,
    excerpt: Foreign,
}

impl PlatformCall {
    fn new(request: &Request, p12: &P12, max_time: Duration, known: &Arc<KnownSecrets>) -> Self {
        let start = Instant::now();
        let evidence = Evidence {
            ours: p12.leaf().map(certificate::describe),
            our_chain: p12.chain().iter().map(|certificate| certificate::describe(certificate)).collect(),
            target: request.url.target(),
            path: request.url.origin_form().path().to_owned(),
            ..Evidence::default()
        };
        let (known, excerpt) = (Arc::clone(known), Foreign::new(Vec::new(), known));
        Self { start, deadline: start + max_time, ended: None, evidence, known, answer: None, excerpt }
    }

    /// reqwest does not keep the bytes of the head, so they are rebuilt.
    fn receive(&mut self, parts: Parts, body: reqwest::Body) -> Head {
        let wire = exchange::write_head(&format!("{:?} {}", parts.version, parts.status), &parts.headers);
        let head = Head::new(parts, wire, &self.known);
        self.answer = Some((head.clone(), body));
        head
    }

    async fn next_piece(&mut self) -> Option<Result<Bytes>> {
        loop {
            let (head, body) = self.answer.as_mut()?;
            let frame = match timeout_at(self.deadline.into(), body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => {
                    return Some(Err(diagnosis::platform::passed_on_short(&error, &self.evidence)));
                }
                Ok(None) => {
                    self.ended = Some(self.start.elapsed());
                    return (!is_framed(head)).then(|| Err(diagnosis::platform::unproven(&self.evidence)));
                }
                Err(_) => return Some(Err(diagnosis::answer::explain_stall(&self.evidence))),
            };
            if let Ok(bytes) = frame.into_data() {
                self.evidence.received += bytes.len() as u64;
                self.excerpt.append(&bytes, author::EXCERPT);
                return Some(Ok(bytes));
            }
        }
    }
}

/// Whether the end of the body is marked by more than the end of the connection (RFC 9112 section 6.3).
/// reqwest does not show how the connection ended.
fn is_framed(head: &Head) -> bool {
    head.version >= Version::HTTP_2
        || matches!(head.status.as_u16(), 204 | 304)
        || head.headers.contains_key(CONTENT_LENGTH)
        || exchange::is_chunked(&head.headers)
}

impl Exchange for PlatformCall {
    fn piece(&mut self) -> BoxFuture<'_, Option<Result<Bytes>>> {
        Box::pin(self.next_piece())
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = self.evidence.clone();
        if let (Some(submission), Some((head, _))) = (&mut evidence.submission, &self.answer) {
            let whole = self.ended.is_some() && evidence.received == self.excerpt.bytes().len() as u64;
            submission.author = Some(author::find_author(head, &self.excerpt, whole));
        }
        evidence.timings.total = self.ended.unwrap_or_else(|| self.start.elapsed());
        evidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_that_parsers_read_differently_is_not_sent() {
        assert_eq!(file_name("/a/b/my-client.p12"), "my-client.p12");
        assert_eq!(file_name("/a/\"x\r\n.p12"), "client.p12");
    }
}
