//! The mutual-TLS call from this machine, and its evidence: one connection is both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CONTENT_LENGTH, HOST};
use http::uri::Authority;
use http::{HeaderValue, Uri, Version};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_openssl::SslStream;

use crate::certificate;
use crate::diagnosis;
use crate::error::{Error, Exit, Kind, Result};
use crate::evidence::{Control, Evidence, Staple};
use crate::p12::{Identity, P12};
use crate::request::Request;
use crate::request::body::OutgoingBody;
use crate::response::{self, Response, Terms};
use body::Body;
use connect::Connect;
use tls::Tls;
use watch::Watch;
use wire::{Tap, Wire};

mod body;
mod certificate_request;
mod client_auth;
pub mod connect;
pub mod policy;
pub mod proxy;
mod staple;
pub mod tls;
mod watch;
mod wire;

/// The route from this machine straight to the endpoint.
#[derive(Debug)]
pub struct Local {
    /// How to get there.
    pub connect: Connect,
    /// How to speak TLS, and whom to trust.
    pub tls: Tls,
    /// Whether to send the certificate without its chain.
    pub leaf_only: bool,
    /// For the whole call, the answer's body included.
    pub max_time: Duration,
    /// Whether to make the same call without the certificate first, to see if the endpoint insists on it.
    pub control: bool,
    /// What success means.
    pub terms: Terms,
}

const LEAF_ONLY: &str = "--leaf-only left out the chain, and the endpoint may lack the intermediate certificate: try without --leaf-only; clients that send no chain fail here until the endpoint's owner installs it";

impl Local {
    /// Makes the call and returns when the head of the answer has come. An error holds what was observed.
    pub async fn send(&self, request: &Request, p12: &P12) -> Result<Response> {
        let mut identity = p12.identity()?;
        let left_out = if self.leaf_only { std::mem::take(&mut identity.chain) } else { Vec::new() };
        let control = if self.control { Some(self.without_certificate(request).await?) } else { None };
        let mut call = Call::new(self, request, Some(identity));
        call.evidence.control = control;
        call.make(request).await.map_err(|error| match error.kind {
            Kind::ClientUnknownCa if !left_out.is_empty() => error.with_hint(LEAF_ONLY),
            _ => error,
        })
    }

    async fn without_certificate(&self, request: &Request) -> Result<Control> {
        Ok(match Call::new(self, request, None).make(request).await {
            Ok(response) if response.version == Version::HTTP_09 => {
                Control::Failed("what came without it was not HTTP".into())
            }
            Ok(response) => {
                match diagnosis::page::login(response.status, &response.headers, &response.evidence()) {
                    Some(login) => Control::Insisted(login.message),
                    None => Control::Answered(response.status.as_u16()),
                }
            }
            Err(error) => match error.kind.exit() {
                Exit::Machine => return Err(error),
                Exit::Refused => Control::Insisted(error.message),
                _ => Control::Failed(error.message),
            },
        })
    }
}

/// One call in progress, and what was observed of it.
struct Call<'a> {
    route: &'a Local,
    identity: Option<Identity>,
    start: Instant,
    evidence: Evidence,
    watch: Watch,
}

impl<'a> Call<'a> {
    fn new(route: &'a Local, request: &Request, identity: Option<Identity>) -> Self {
        let start = Instant::now();
        let evidence = Evidence {
            ours: identity.as_ref().map(|identity| certificate::describe(&identity.leaf)),
            our_chain: identity.iter().flat_map(|i| &i.chain).map(|c| certificate::describe(c)).collect(),
            target: request.url.target(),
            path: request.url.origin_form().path().to_owned(),
            ..Evidence::default()
        };
        let watch = Watch::new(start, identity.as_ref());
        Self { route, identity, start, evidence, watch }
    }

    async fn make(mut self, request: &Request) -> Result<Response> {
        let upload = request.open_body().await?;
        let stream = self.connect(request).await;
        let stream = stream.map_err(|error| self.failed(self.by_the_shorter_limit(error)))?;
        let deadline = self.start + self.route.max_time;
        let exchange = self.exchange(stream, request, upload);
        let (parts, body) = match timeout_at(deadline.into(), exchange).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let evidence = self.observed();
                return Err(diagnosis::answer::none(&evidence, &error).with_evidence(evidence));
            }
            Err(_) => {
                let late = diagnosis::answer::late(
                    &self.evidence.target,
                    self.route.max_time,
                    !request.progress.is_done(),
                );
                return Err(self.failed(late));
            }
        };
        let mut head = std::mem::take(&mut wire::lock(&self.watch.record).head);
        match parts.version {
            Version::HTTP_09 => head.clear(),
            Version::HTTP_2 | Version::HTTP_3 => {
                head = response::head_in_words(&format!("HTTP/2 {}", parts.status.as_u16()), &parts.headers)
            }
            _ => {}
        }
        let first_byte = self.start.elapsed();
        wire::lock(&self.watch.record).first_byte.get_or_insert(first_byte);
        let terms = self.route.terms.clone();
        let body = Body::new(&parts, body, self.start, deadline, self.evidence, self.watch);
        Ok(Response::new(parts, head, terms, Box::new(body)))
    }

    /// TCP and TLS; what ends the handshake is diagnosed out of all that was observed.
    async fn connect(&mut self, request: &Request) -> Result<SslStream<Wire<TcpStream>>> {
        let ssl = self.route.tls.session(
            request.url.host(),
            self.identity.as_ref(),
            Arc::clone(&self.watch.trace),
        )?;
        let deadline = self.start + self.route.connect.timeout.min(self.route.max_time);
        let (stream, early) = self.route.connect.dial(&request.url, deadline, &mut self.evidence).await?;
        let began = Instant::now();
        let stream = Wire::new(stream, early, self.start, Arc::clone(&self.watch.record));
        let handshake = timeout_at(deadline.into(), tls::handshake(ssl, stream, &self.watch.record)).await;
        self.evidence.timings.tls = began.elapsed();
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.handshake_failed(&error)),
            Err(_) => return Err(diagnosis::handshake::stalled(&self.observed())),
        };
        self.established(&stream);
        match &self.evidence.staple {
            Some(Staple::Revoked(when)) if !self.route.tls.insecure => {
                Err(diagnosis::server::revoked(when, &self.observed()))
            }
            _ => Ok(stream),
        }
    }

    fn established(&mut self, stream: &SslStream<Wire<TcpStream>>) {
        let mut trace = client_auth::lock(&self.watch.trace);
        trace.established = true;
        let chain = stream.ssl().peer_cert_chain();
        self.evidence.server_chain =
            chain.map(|chain| chain.iter().map(certificate::describe).collect()).unwrap_or_default();
        self.evidence.tls = Some(tls::session(stream.ssl()));
        self.evidence.staple = staple::read(stream.ssl());
        self.evidence.distrust = trace.distrust.as_ref().map(|found| found.result.error_string().to_owned());
    }

    fn handshake_failed(&mut self, error: &openssl::ssl::Error) -> Error {
        let distrust = client_auth::lock(&self.watch.trace).distrust.clone();
        if let Some(distrust) = distrust.filter(|_| !self.route.tls.insecure) {
            self.evidence.server_chain = distrust.chain;
            self.evidence.distrust = Some(distrust.result.error_string().to_owned());
            return diagnosis::server::untrusted(distrust.result, &distrust.at, &self.evidence);
        }
        let capped = self.route.tls.max.is_some_and(|max| max < tls::Version::Tls13);
        diagnosis::handshake::failed(error, &self.observed(), capped)
    }

    /// The request goes out and the head of the answer comes in, as HTTP/1.1 or as ALPN chose.
    async fn exchange(
        &self,
        stream: SslStream<Wire<TcpStream>>,
        request: &Request,
        upload: OutgoingBody,
    ) -> std::result::Result<(http::response::Parts, Incoming), hyper::Error> {
        let http2 = self.evidence.tls.as_ref().and_then(|tls| tls.alpn.as_deref()) == Some("h2");
        let message = message(request, upload, http2);
        let stream = TokioIo::new(Tap::new(stream, self.start, Arc::clone(&self.watch.record)));
        let answer = if http2 {
            wire::lock(&self.watch.record).keep_no_head();
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(connection);
            sender.send_request(message).await?
        } else {
            let (mut sender, connection) = http1().handshake(stream).await?;
            tokio::spawn(connection);
            sender.send_request(message).await?
        };
        Ok(answer.into_parts())
    }

    /// A wait that `-m` ended is no matter of `--connect-timeout`.
    fn by_the_shorter_limit(&self, error: Error) -> Error {
        let late = matches!(error.kind, Kind::ConnectTimeout | Kind::TlsTimeout);
        match late && self.route.max_time < self.route.connect.timeout {
            true => {
                error.with_hint("-m ended the wait before --connect-timeout did; -m SECONDS waits longer")
            }
            false => error,
        }
    }

    fn observed(&self) -> Evidence {
        let mut evidence = self.watch.complete(self.evidence.clone());
        evidence.timings.total = self.start.elapsed();
        evidence
    }

    fn failed(&self, error: Error) -> Error {
        error.with_evidence(self.observed())
    }
}

/// HTTP/1.1 as tolerant as clients are; an answer without a head is HTTP/0.9, so that it can be shown.
fn http1() -> hyper::client::conn::http1::Builder {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder
        .http09_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .max_headers(256)
        .max_buf_size(MAX_BUFFER);
    builder
}

/// For a head, and for the pieces of a body: enough for full speed, little enough to stay below curl.
const MAX_BUFFER: usize = 256 * 1024;

fn message(request: &Request, upload: OutgoingBody, http2: bool) -> http::Request<OutgoingBody> {
    // A body that is there and empty has a length, too (RFC 9110 section 8.6); hyper leaves it out.
    let empty = !request.body.is_empty() && upload.length() == Some(0);
    let mut message = http::Request::new(upload);
    *message.method_mut() = request.method.clone();
    *message.headers_mut() = request.headers.clone();
    if empty {
        message.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if http2 {
        *message.version_mut() = Version::HTTP_2;
        *message.uri_mut() = absolute_form(request);
        message.headers_mut().remove(HOST);
    } else {
        *message.uri_mut() = request.url.origin_form().clone();
        let host = HeaderValue::from_str(&request.url.authority());
        if let (false, Ok(host)) = (request.headers.contains_key(HOST), host) {
            message.headers_mut().insert(HOST, host);
        }
    }
    message
}

/// The URL as HTTP/2 takes it apart; its authority is that of a `Host` that was given (RFC 9113 section 8.3.1).
fn absolute_form(request: &Request) -> Uri {
    let absolute = request.url.absolute_form();
    let host = request.headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let Some(host) = host else { return absolute.clone() };
    let mut parts = absolute.clone().into_parts();
    parts.authority = Some(host);
    Uri::from_parts(parts).unwrap_or_else(|_| absolute.clone())
}
