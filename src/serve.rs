//! The platform's resource itself, for rehearsal or an own network: who may, what came in, the call, the
//! answer as it is.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_native_tls::TlsAcceptor;
use tokio_native_tls::native_tls;
use zeroize::Zeroizing;

use crate::cli::ServeArgs;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::p12::{P12, P12File};
use crate::process;
use crate::prompt::Prompt;
use access::Access;
use journal::Journal;
use limits::Limits;
use resource::Resource;

mod access;
mod answer;
mod journal;
mod limits;
mod resource;
mod upload;

/// Takes each line of the log.
pub type Log = Arc<dyn Fn(&Value) + Send + Sync>;

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    resource: Arc<Resource>,
    connections: Arc<Semaphore>,
    header_time: Duration,
    write_time: Duration,
    drain_time: Duration,
}

impl Server {
    /// Reads its files, checks its options, and listens. Each request is told to `log` by one line.
    pub async fn bind(args: &ServeArgs, log: Log) -> Result<Self> {
        let acceptor = acceptor(args).await?;
        if acceptor.is_none() && !args.listen.ip().is_loopback() {
            let message = format!(
                "{} is not a loopback address, and without --tls-p12 all would be sent in the open",
                args.listen
            );
            return Err(Error::new(Kind::Usage, message).with_hint("name a P12 with a server certificate by --tls-p12, or listen on 127.0.0.1 behind a proxy that speaks TLS"));
        }
        let access = Access::read(&args.credentials)?;
        let resource = Resource {
            access,
            local: args.local(),
            limits: Limits::new(&args.limits),
            journal: Arc::new(Journal::new(log)),
            secure: acceptor.is_some(),
            public: args.public_url.clone(),
            metrics_from: args.metrics_from.clone(),
        };
        // Each call takes a connection in and one out.
        process::raise_file_limit();
        let failed = |error: std::io::Error| {
            Error::new(
                Kind::OutputFailed,
                format!("cannot listen on {}: {}", args.listen, diagnosis::in_words(&error)),
            )
            .with_hint("is the port free, and allowed for this user? --listen 127.0.0.1:0 takes any")
        };
        let listener = TcpListener::bind(args.listen).await.map_err(failed)?;
        Ok(Self {
            listener,
            acceptor,
            resource: Arc::new(resource),
            connections: Arc::new(Semaphore::new(args.limits.max_connections)),
            header_time: args.limits.header_time,
            write_time: args.limits.body_time,
            drain_time: args.limits.drain_time,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr> {
        let failed = |error| {
            Error::new(
                Kind::Internal,
                format!("where it listens is not known: {}", diagnosis::in_words(&error)),
            )
        };
        self.listener.local_addr().map_err(failed)
    }

    /// `http://127.0.0.1:8080`.
    pub fn url(&self) -> Result<String> {
        let scheme = if self.acceptor.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.address()?))
    }

    /// Serves until `end`; then takes no more connections and waits for the answers that are on their way.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut end => break,
            };
            match accepted {
                Ok((stream, peer)) => self.take(stream, peer, &graceful),
                // Out of files, mostly: those that are open will be closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        self.resource.journal.drain();
        drop(self.listener);
        // What is not through by then is cut off.
        let _ = tokio::time::timeout(self.drain_time, graceful.shutdown()).await;
    }

    fn take(&self, mut stream: TcpStream, peer: SocketAddr, graceful: &GracefulShutdown) {
        let Ok(place) = Arc::clone(&self.connections).try_acquire_owned() else {
            self.resource.journal.turned_away();
            if self.acceptor.is_none() {
                tokio::spawn(async move { stream.write_all(TOO_MANY).await });
            }
            return;
        };
        // An answer in two writes would wait for the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_time));
        let stream = Box::pin(stream);
        let (resource, watcher, header_time) =
            (Arc::clone(&self.resource), graceful.watcher(), self.header_time);
        let connection = Connection { resource, peer, header_time, place };
        let acceptor = self.acceptor.clone();
        tokio::spawn(async move {
            match acceptor {
                None => connection.serve(stream, watcher).await,
                Some(acceptor) => {
                    // A handshake that fails has told the client by an alert.
                    let handshake = tokio::time::timeout(header_time, acceptor.accept(stream)).await;
                    if let Ok(Ok(stream)) = handshake {
                        connection.serve(Box::pin(stream), watcher).await;
                    }
                }
            }
        });
    }
}

const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

struct Connection {
    resource: Arc<Resource>,
    peer: SocketAddr,
    header_time: Duration,
    place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve<S>(self, stream: Pin<Box<S>>, watcher: hyper_util::server::graceful::Watcher)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let Self { resource, peer, header_time, place } = self;
        let answer = service_fn(move |request| {
            let resource = Arc::clone(&resource);
            async move { resource.answer(request, peer).await }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(header_time)
            .max_buf_size(MAX_BUFFER)
            .serve_connection(TokioIo::new(stream), answer);
        // A client that goes away early has nobody to complain to.
        let _ = watcher.watch(connection).await;
        drop(place);
    }
}

/// For one head, or a piece of a body, in bytes.
const MAX_BUFFER: usize = 64 * 1024;

/// TLS out of a P12, by way of the reader that every P12 goes through.
async fn acceptor(args: &ServeArgs) -> Result<Option<TlsAcceptor>> {
    let Some(path) = &args.tls_p12 else { return Ok(None) };
    let file = P12File::read(path)?;
    let mut passwords = args.tls_password().read(Prompt::Terminal).await?;
    let p12 = passwords.unlock(file.name(), |password| P12::open(&file, password, None)).await?;
    let identity = p12.identity()?;
    let make = || {
        let mut pem = identity.leaf.to_pem()?;
        for certificate in &identity.chain {
            pem.extend(certificate.to_pem()?);
        }
        Ok((pem, Zeroizing::new(identity.key.private_key_to_pem_pkcs8()?)))
    };
    let (chain, key) =
        make().map_err(|stack| diagnosis::openssl("writing the server's certificate", &stack))?;
    let acceptor = native_tls::Identity::from_pkcs8(&chain, &key).and_then(|identity| {
        native_tls::TlsAcceptor::builder(identity)
            .min_protocol_version(Some(native_tls::Protocol::Tlsv12))
            .build()
    });
    let unusable = |error: native_tls::Error| {
        Error::new(Kind::KeyNotForTls, format!("TLS cannot use {}: {error}", file.name()))
    };
    acceptor.map(|acceptor| Some(acceptor.into())).map_err(unusable)
}
