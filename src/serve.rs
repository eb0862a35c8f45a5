//! The platform's P12 test resource, run yourself: credentials, uploads, the call, the answer unchanged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::cli::{LimitArgs, ServeArgs};
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::interrupt::{Hangups, wait_for_signal};
use crate::process;
use connections::Connections;
use files::Files;
use journal::Journal;
use limits::Limits;
use origin::TrustedProxies;
use resource::Resource;
pub use writer::Log;

mod access;
mod answer;
mod connection;
mod connections;
mod credentials;
mod files;
mod head;
mod incoming;
mod journal;
mod limits;
mod nonces;
mod origin;
mod passed_on;
mod presence;
mod resource;
mod shares;
mod tls;
mod upload;
mod writer;

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    connections: Arc<Connections>,
    resource: Arc<Resource>,
    warning: Option<String>,
}

impl Server {
    /// Reads the files, checks the options, and listens. Each request is one line to `log`.
    ///
    /// # Errors
    /// A file that cannot be read or used, an option that does not fit, or an address that cannot be listened on.
    pub async fn bind(args: &ServeArgs, log: Log) -> Result<Self> {
        if args.tls_p12.is_none() && !args.listen.ip().is_loopback() {
            let message = format!(
                "{} is not a loopback address, and without --tls-p12 passwords would be sent unencrypted",
                args.listen
            );
            return Err(Error::new(Kind::Usage, message).with_hint("name a P12 with a server certificate with --tls-p12, or listen on 127.0.0.1 behind a proxy that speaks TLS"));
        }
        let files = Files::read(args).await?;
        let certificate = files.current().certificate;
        let (local, warning) = (args.local(), check_file_limit(&args.limits)?);
        local.tls.load()?;
        let resource = Arc::new(Resource {
            files,
            local,
            limits: Limits::new(&args.limits),
            journal: Arc::new(Journal::new(log, certificate.as_deref())),
            proxies: TrustedProxies(args.trusted_proxy.clone()),
            args: args.clone(),
            draining: CancellationToken::new(),
        });
        let failed = |error: std::io::Error| {
            Error::new(
                Kind::OutputFailed,
                format!("cannot listen on {}: {}", args.listen, diagnosis::in_words(&error)),
            )
            .with_hint(
                "is the port free, and may this user listen on it? --listen 127.0.0.1:0 takes any free port",
            )
        };
        let listener = TcpListener::bind(args.listen).await.map_err(failed)?;
        let connections = Connections::new(args.limits.max_connections());
        Ok(Self { listener, connections, resource, warning })
    }

    /// Its URL, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When the system does not say at which address it listens.
    pub fn url(&self) -> Result<String> {
        let address = self.listener.local_addr().map_err(|error| {
            let reason = diagnosis::in_words(&error);
            Error::new(Kind::Internal, format!("the address that serve listens on is not known: {reason}"))
        })?;
        Ok(format!("{}://{address}", self.resource.scheme()))
    }

    /// Serves until `end`, and reads its files again at each hangup. Then it tells that it ends while it still takes requests;
    /// a signal cuts that short. Then it accepts no more connections and waits for the answers in progress.
    pub async fn run(self, end: impl Future<Output = ()>, hangups: Hangups) {
        let resource = Arc::clone(&self.resource);
        if let Some(warning) = &self.warning {
            resource.journal.tell("warning", warning);
        }
        let graceful = GracefulShutdown::new();
        let reloading = tokio::spawn(reload_at(hangups, Arc::clone(&resource)));
        self.accept_until(end, &graceful).await;
        resource.draining.cancel();
        let notice = async {
            let _ = tokio::time::timeout(resource.args.limits.drain_notice, wait_for_signal()).await;
        };
        self.accept_until(notice, &graceful).await;
        drop(self.listener);
        reloading.abort();
        // What is not finished by then is cut off.
        let _ = tokio::time::timeout(resource.args.limits.drain_time, graceful.shutdown()).await;
        resource.journal.writer.flush().await;
    }

    async fn accept_until(&self, end: impl Future<Output = ()>, graceful: &GracefulShutdown) {
        let mut end = std::pin::pin!(end);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut end => return,
            };
            match accepted {
                Ok((stream, peer)) => self.start(stream, peer, graceful),
                // Most often out of files; some will be closed soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn start(&self, mut stream: TcpStream, peer: SocketAddr, graceful: &GracefulShutdown) {
        // Behind a trusted proxy are many clients.
        let trusted = self.resource.proxies.trusts(peer.ip());
        match self.connections.admit(Some(limits::network(peer.ip())).filter(|_| !trusted)) {
            Some(admission) => {
                let resource = Arc::clone(&self.resource);
                tokio::spawn(connection::serve(resource, stream, peer, admission, graceful.watcher()));
            }
            None => {
                self.resource.journal.turned_away.inc();
                if self.resource.args.tls_p12.is_none() {
                    tokio::spawn(async move { stream.write_all(TOO_MANY).await });
                }
            }
        }
    }
}

async fn reload_at(mut hangups: Hangups, resource: Arc<Resource>) {
    while hangups.next().await {
        resource.reload().await;
    }
}

/// Each call takes a connection in and one out. Numbers that the operator chose have to fit; the usual ones fit
/// less well where few files are allowed, and a warning is returned.
fn check_file_limit(limits: &LimitArgs) -> Result<Option<String>> {
    let needed = OTHER_FILES + limits.max_connections() + limits.max_calls();
    let Some(allowed) = process::raise_file_limit().filter(|allowed| *allowed < needed as u64) else {
        return Ok(None);
    };
    let message = format!("the system allows {allowed} open files, and the limits need {needed}");
    match limits.wants_numbers() {
        true => Err(Error::new(Kind::Usage, message).with_hint(
            "raise the limit (ulimit -n, LimitNOFILE=), or lower --max-connections or --max-calls",
        )),
        false => Ok(Some(message)),
    }
}

/// The listener, the log, the files of the runtime, and lookups.
const OTHER_FILES: usize = 64;

const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
