//! The mutual-TLS call from this machine, and its evidence: one connection is both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Version;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use openssl::ssl::SslRef;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout_at;
use tokio_openssl::SslStream;

use crate::certificate;
use crate::diagnosis;
use crate::error::{Error, Exit, Result};
use crate::evidence::{Control, End, Evidence, Staple};
use crate::exchange::{self, Exchange as _, Head, Started};
use crate::foreign::KnownSecrets;
use crate::p12::Identity;
use crate::request::Request;
use crate::request::body::OutgoingBody;
use crate::request::progress::Phase;
use body::Body;
use connect::Connect;
use held::HeldBody;
use message::{build_message, http1_client};
use observer::Observer;
use recorded::{RecordedTcp, RecordedTls};
use tls::Tls;

mod body;
mod certificate_request;
mod client_auth;
pub mod connect;
mod held;
mod message;
mod observer;
mod offer;
pub mod policy;
pub mod proxy;
mod reading;
mod recorded;
mod shared;
mod staple;
mod stream_log;
pub mod tls;
mod tls_trace;

/// The route from this machine to the endpoint.
#[derive(Debug)]
pub struct Local {
    /// How to reach the endpoint.
    pub connect: Connect,
    /// How to speak TLS, and whom to trust.
    pub tls: Tls,
    /// Whether to send the certificate without its chain.
    pub leaf_only: bool,
    /// The time for the whole call, with the answer's body.
    pub max_time: Duration,
    /// Whether to make the same call without the certificate first, to see if the endpoint insists on one.
    pub control: bool,
}

impl Local {
    /// Makes the call. Returns when the head of the answer has come, or the call has failed. Secrets in
    /// `known` are hidden in everything that comes back.
    ///
    /// # Errors
    /// The call could not begin: the body's file cannot be read, or the call without the certificate failed
    /// because of this machine.
    pub async fn start(
        &self,
        request: &Request,
        mut identity: Identity,
        known: &Arc<KnownSecrets>,
    ) -> Result<Started> {
        let left_out = if self.leaf_only { std::mem::take(&mut identity.chain) } else { Vec::new() };
        let control = if self.control { Some(self.control(request, known).await?) } else { None };
        let (mut call, head) = self.call(request, Some(identity), control, known).await?;
        call.evidence.chain_left_out = !left_out.is_empty();
        let head = head.map_err(|error| diagnosis::client::blame_leaf_only(error, !left_out.is_empty()));
        Ok((Box::new(call), head))
    }

    /// Makes the call without a certificate, up to the head of the answer.
    ///
    /// # Errors
    /// The call could not begin.
    pub async fn start_bare(&self, request: &Request, known: &Arc<KnownSecrets>) -> Result<Started> {
        let (call, head) = self.call(request, None, None, known).await?;
        Ok((Box::new(call), head))
    }

    /// The same call without the certificate.
    async fn control(&self, request: &Request, known: &Arc<KnownSecrets>) -> Result<Control> {
        let (mut call, head) = self.call(request, None, None, known).await?;
        if let Some(refusal) = call.read_refusal(head.as_ref().ok()).await {
            return Ok(Control::Insisted(refusal));
        }
        Ok(match head {
            Ok(head) if head.version == Version::HTTP_09 => {
                Control::Failed("what came without it was not HTTP".into())
            }
            Ok(head) => match diagnosis::login::explain_redirect(&head, &call.evidence()) {
                Some(login) => Control::Insisted(login.message),
                None => Control::Answered(head.status.as_u16()),
            },
            Err(error) => match error.kind.exit() {
                Exit::Machine => return Err(error),
                Exit::Refused => Control::Insisted(error.message),
                _ => Control::Failed(error.message),
            },
        })
    }

    async fn call(
        &self,
        request: &Request,
        identity: Option<Identity>,
        control: Option<Control>,
        known: &Arc<KnownSecrets>,
    ) -> Result<(Call, Result<Head>)> {
        let upload = request.open_body().await?;
        let mut call = Call::new(self, request, identity.as_ref(), known);
        call.evidence.control = control;
        let head = call.head(self, request, identity, upload).await;
        Ok((call, head))
    }
}

/// One call in progress, and what was observed of it. `start` is time zero of its timings.
struct Call {
    start: Instant,
    deadline: Instant,
    /// When the answer was complete, since the start.
    ended: Option<Duration>,
    evidence: Evidence,
    observer: Observer,
    known: Arc<KnownSecrets>,
    body: Option<Body>,
    /// Dropped with the call: a body that is held back waits for this.
    over: Option<oneshot::Sender<()>>,
}

impl Call {
    fn new(route: &Local, request: &Request, identity: Option<&Identity>, known: &Arc<KnownSecrets>) -> Self {
        let start = Instant::now();
        let evidence = Evidence {
            ours: identity.map(|identity| certificate::describe(&identity.leaf)),
            our_chain: identity.iter().flat_map(|i| &i.chain).map(|c| certificate::describe(c)).collect(),
            target: request.url.target(),
            path: request.url.origin_form().path().to_owned(),
            offer: route.offer(request),
            given: route.given(request),
            ..Evidence::default()
        };
        Self {
            start,
            deadline: start + route.max_time,
            ended: None,
            evidence,
            observer: Observer::new(start, identity, &request.progress),
            known: Arc::clone(known),
            body: None,
            over: None,
        }
    }

    /// Connects, sends the request, and waits for the head of the answer.
    async fn head(
        &mut self,
        route: &Local,
        request: &Request,
        identity: Option<Identity>,
        upload: OutgoingBody,
    ) -> Result<Head> {
        let stream = self.connect(route, request, identity.as_ref()).await;
        let stream = stream.map_err(|error| route.connect.blame_max_time(route.max_time, error))?;
        drop(identity);
        let upload = self.hold_back(request, upload);
        let exchange = self.exchange(stream, request, upload);
        let (parts, body) = match timeout_at(self.deadline.into(), exchange).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                self.evidence.body_unsent = !request.body.is_empty() && self.is_sending(request);
                return Err(diagnosis::answer::explain_none(&self.evidence(), &error));
            }
            Err(_) => {
                let sending = !request.progress.is_done();
                return Err(diagnosis::answer::explain_timeout(&self.evidence(), route.max_time, sending));
            }
        };
        let mut log = self.observer.log.lock();
        log.mark_first_byte();
        let wire = match parts.version {
            Version::HTTP_09 => Vec::new(),
            Version::HTTP_2 | Version::HTTP_3 => {
                exchange::write_head(&format!("HTTP/2 {}", parts.status.as_u16()), &parts.headers)
            }
            _ => std::mem::take(&mut log.head),
        };
        drop(log);
        self.body = Some(Body::new(&parts, body));
        Ok(Head::new(parts, wire, &self.known))
    }

    /// Connects by TCP and TLS. What ends the handshake is diagnosed from all that was observed.
    async fn connect(
        &mut self,
        route: &Local,
        request: &Request,
        identity: Option<&Identity>,
    ) -> Result<SslStream<RecordedTcp<TcpStream>>> {
        let (trace, log) = (self.observer.trace.clone(), self.observer.log.clone());
        let ssl = route.tls.prepare(request.url.host(), identity, trace)?;
        let deadline = self.start + route.connect.timeout.min(route.max_time);
        let (stream, early) = route.connect.dial(request, deadline, &mut self.evidence).await?;
        let began = Instant::now();
        let stream = RecordedTcp::new(stream, early, log.clone());
        let handshake = timeout_at(deadline.into(), tls::handshake(ssl, stream, &log)).await;
        self.evidence.timings.tls = began.elapsed();
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.explain_handshake(route, &error)),
            Err(_) => return Err(diagnosis::handshake::explain_timeout(&self.evidence())),
        };
        self.note_session(stream.ssl());
        request.progress.pass(Phase::Tls);
        match &self.evidence.staple {
            Some(Staple::Revoked(when)) if !route.tls.insecure => {
                Err(diagnosis::server::revoked(when, &self.evidence()))
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

    fn explain_handshake(&mut self, route: &Local, error: &openssl::ssl::Error) -> Error {
        self.observer.log.lock().note_end(End::theirs(diagnosis::tls_cause(error)));
        let fault = self.observer.trace.lock().chain_fault.clone();
        if let Some(fault) = fault.filter(|_| !route.tls.insecure) {
            self.evidence.server_chain = fault.chain;
            self.evidence.no_roots = route.tls.lacks_roots();
            self.evidence.distrust = Some(fault.result.error_string().to_owned());
            let error = diagnosis::server::untrusted(fault.result, &fault.at, &self.evidence);
            return error.with_hint_if(diagnosis::between::inspection_hint(&self.evidence));
        }
        diagnosis::handshake::explain(&self.evidence())
    }

    /// Whether a part of the request's body was not taken by the endpoint's system.
    fn is_sending(&self, request: &Request) -> bool {
        self.observer.log.lock().write_failure.is_some() || !request.progress.is_done()
    }

    /// The body, held back where the request says so.
    fn hold_back(&mut self, request: &Request, upload: OutgoingBody) -> HeldBody {
        if !request.expects_continue() {
            return upload.into();
        }
        let ((listener, word), (over, end)) = (oneshot::channel(), oneshot::channel());
        self.observer.log.lock().listener = Some(listener);
        self.over = Some(over);
        HeldBody::new(upload, word, end)
    }

    /// Sends the request and waits for the head of the answer, over HTTP/1.1 or as ALPN chose.
    async fn exchange(
        &self,
        stream: SslStream<RecordedTcp<TcpStream>>,
        request: &Request,
        upload: HeldBody,
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
}
