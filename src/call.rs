//! The mutual-TLS call from this machine, and its evidence: one connection is both.

use std::time::{Duration, Instant};

use http::header::{CONTENT_LENGTH, HOST};
use http::uri::Authority;
use http::{HeaderValue, Uri, Version};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use openssl::ssl::SslRef;
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_openssl::SslStream;

use crate::certificate;
use crate::diagnosis;
use crate::error::{Error, Exit, Kind, Result};
use crate::evidence::{Control, End, Evidence, Staple};
use crate::p12::{Identity, P12};
use crate::request::Request;
use crate::request::body::Upload;
use crate::response::{self, Response, Terms};
use body::Body;
use connect::Connect;
use observer::Observer;
use recorded::{RecordedTcp, RecordedTls};
use tls::Tls;

mod body;
mod certificate_request;
mod client_auth;
pub mod connect;
mod observer;
pub mod policy;
pub mod proxy;
mod recorded;
mod shared;
mod staple;
mod stream_log;
pub mod tls;
mod tls_trace;

/// The route from this machine straight to the endpoint.
#[derive(Debug)]
pub struct Local {
    /// How to get there.
    pub connect: Connect,
    /// How to speak TLS, and whom to trust.
    pub tls: Tls,
    /// For the whole call, the answer's body included.
    pub max_time: Duration,
    /// Whether to make the same call without the certificate first, to see if the endpoint insists on it.
    pub control: bool,
    /// What success means.
    pub terms: Terms,
}

impl Local {
    /// Makes the call and returns when the head of the answer has come.
    ///
    /// # Errors
    ///
    /// When the P12 has no usable identity, or the call ends before a whole head has come; the error holds what was
    /// observed until then.
    pub async fn send(&self, request: &Request, p12: &P12) -> Result<Response> {
        let identity = p12.identity()?;
        let control = if self.control { Some(self.try_without_certificate(request).await?) } else { None };
        let mut call = Call::new(self, request, Some(identity));
        call.evidence.control = control;
        call.make(request).await
    }

    /// Makes the same call without the certificate.
    async fn try_without_certificate(&self, request: &Request) -> Result<Control> {
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

/// One call in progress. `start` is time zero of its timings.
struct Call<'a> {
    route: &'a Local,
    identity: Option<Identity>,
    start: Instant,
    evidence: Evidence,
    observer: Observer,
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
        let observer = Observer::new(start, identity.as_ref());
        Self { route, identity, start, evidence, observer }
    }

    async fn make(mut self, request: &Request) -> Result<Response> {
        let upload = request.upload().await?;
        let stream = self.connect(request).await;
        let stream = stream.map_err(|error| self.attach(self.blame_max_time(error)))?;
        let deadline = self.start + self.route.max_time;
        let exchange = self.exchange(stream, request, upload);
        let (parts, body) = match timeout_at(deadline.into(), exchange).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let evidence = self.observe();
                return Err(diagnosis::answer::explain_none(&evidence, &error).with_evidence(evidence));
            }
            Err(_) => {
                let late = diagnosis::answer::explain_timeout(
                    &self.evidence.target,
                    self.route.max_time,
                    !request.progress.is_done(),
                );
                return Err(self.attach(late));
            }
        };
        let mut head = std::mem::take(&mut self.observer.log.lock().head);
        match parts.version {
            Version::HTTP_09 => head.clear(),
            Version::HTTP_2 | Version::HTTP_3 => {
                head = response::head_in_words(&format!("HTTP/2 {}", parts.status.as_u16()), &parts.headers)
            }
            _ => {}
        }
        self.observer.log.lock().mark_first_byte();
        let terms = self.route.terms.clone();
        let body = Body::new(&parts, body, self.start, deadline, self.evidence, self.observer);
        Ok(Response::new(parts, head, terms, Box::new(body)))
    }

    /// Connects by TCP and TLS. What ends the handshake is diagnosed from all that was observed.
    async fn connect(&mut self, request: &Request) -> Result<SslStream<RecordedTcp<TcpStream>>> {
        let (trace, log) = (self.observer.trace.clone(), self.observer.log.clone());
        let ssl = self.route.tls.prepare(request.url.host(), self.identity.as_ref(), trace)?;
        let deadline = self.start + self.route.connect.timeout.min(self.route.max_time);
        let (stream, early) = self.route.connect.dial(&request.url, deadline, &mut self.evidence).await?;
        let began = Instant::now();
        let stream = RecordedTcp::new(stream, early, log.clone());
        let handshake = timeout_at(deadline.into(), tls::handshake(ssl, stream, &log)).await;
        self.evidence.timings.tls = began.elapsed();
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.explain_handshake(&error)),
            Err(_) => return Err(diagnosis::handshake::explain_timeout(&self.observe())),
        };
        self.note_session(stream.ssl());
        match &self.evidence.staple {
            Some(Staple::Revoked(when)) if !self.route.tls.insecure => {
                Err(diagnosis::server::revoked(when, &self.observe()))
            }
            _ => Ok(stream),
        }
    }

    fn note_session(&mut self, ssl: &SslRef) {
        let mut trace = self.observer.trace.lock();
        trace.established = true;
        let chain = ssl.peer_cert_chain();
        self.evidence.server_chain =
            chain.map(|chain| chain.iter().map(certificate::describe).collect()).unwrap_or_default();
        self.evidence.tls = Some(tls::describe_session(ssl));
        self.evidence.staple = staple::read(ssl);
        self.evidence.distrust = trace.chain_fault.as_ref().map(|fault| fault.result.error_string().into());
    }

    fn explain_handshake(&mut self, error: &openssl::ssl::Error) -> Error {
        self.observer.log.lock().note_end(End::theirs(diagnosis::tls_cause(error)));
        let fault = self.observer.trace.lock().chain_fault.clone();
        if let Some(fault) = fault.filter(|_| !self.route.tls.insecure) {
            self.evidence.server_chain = fault.chain;
            self.evidence.distrust = Some(fault.result.error_string().to_owned());
            return diagnosis::server::untrusted(fault.result, &fault.at, &self.evidence);
        }
        let capped = self.route.tls.max.is_some_and(|max| max < tls::Version::Tls13);
        diagnosis::handshake::explain(&self.observe(), capped)
    }

    /// Sends the request and waits for the head of the answer, over HTTP/1.1 or as ALPN chose.
    async fn exchange(
        &self,
        stream: SslStream<RecordedTcp<TcpStream>>,
        request: &Request,
        upload: Upload,
    ) -> std::result::Result<(http::response::Parts, Incoming), hyper::Error> {
        let http2 = self.evidence.tls.as_ref().and_then(|tls| tls.alpn.as_deref()) == Some("h2");
        let message = build_message(request, upload, http2);
        let stream = TokioIo::new(RecordedTls::new(stream, self.observer.log.clone()));
        let answer = if http2 {
            self.observer.log.lock().keep_no_head();
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(connection);
            sender.send_request(message).await?
        } else {
            let (mut sender, connection) = http1_client().handshake(stream).await?;
            tokio::spawn(connection);
            sender.send_request(message).await?
        };
        Ok(answer.into_parts())
    }

    /// A wait that `-m` ended is not one that `--connect-timeout` ended.
    fn blame_max_time(&self, error: Error) -> Error {
        let late = matches!(error.kind, Kind::ConnectTimeout | Kind::TlsTimeout);
        match late && self.route.max_time < self.route.connect.timeout {
            true => {
                error.with_hint("-m ended the wait before --connect-timeout did; -m SECONDS waits longer")
            }
            false => error,
        }
    }

    fn observe(&self) -> Evidence {
        let mut evidence = self.observer.complete(self.evidence.clone());
        evidence.timings.total = self.start.elapsed();
        evidence
    }

    fn attach(&self, error: Error) -> Error {
        error.with_evidence(self.observe())
    }
}

/// HTTP/1.1, as tolerant as other clients are. An answer without a head counts as HTTP/0.9, so that it can be shown.
fn http1_client() -> hyper::client::conn::http1::Builder {
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

/// For a head, and for the pieces of a body, in bytes: enough for full speed, and less than curl takes.
const MAX_BUFFER: usize = 256 * 1024;

fn build_message(request: &Request, upload: Upload, http2: bool) -> http::Request<Upload> {
    // An empty body has a length too (RFC 9110 section 8.6); hyper leaves it out.
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

/// The URL for HTTP/2, with the authority of the `Host` header where one was given (RFC 9113 section 8.3.1).
fn absolute_form(request: &Request) -> Uri {
    let absolute = request.url.absolute_form();
    let host = request.headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let Some(host) = host else { return absolute.clone() };
    let mut parts = absolute.clone().into_parts();
    parts.authority = Some(host);
    Uri::from_parts(parts).unwrap_or_else(|_| absolute.clone())
}
