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
use crate::process;
use access::Access;
use connection::Settings;
use connections::Connections;
use journal::Journal;
use limits::Limits;
use nonces::Nonces;
use resource::Resource;
pub use writer::Log;

mod access;
mod answer;
mod connection;
mod connections;
mod credentials;
mod head;
mod incoming;
mod journal;
mod limits;
mod nonces;
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
    settings: Settings,
    drain_time: Duration,
    warning: Option<String>,
}

impl Server {
    /// Reads the files, checks the options, and listens. Each request is one line to `log`.
    ///
    /// # Errors
    /// A file that cannot be read or used, an option that does not fit, or an address that cannot be listened on.
    pub async fn bind(args: &ServeArgs, log: Log) -> Result<Self> {
        let tls = tls::read(args).await?;
        if tls.is_none() && !args.listen.ip().is_loopback() {
            let message = format!(
                "{} is not a loopback address, and without --tls-p12 passwords would be sent unencrypted",
                args.listen
            );
            return Err(Error::new(Kind::Usage, message).with_hint("name a P12 with a server certificate with --tls-p12, or listen on 127.0.0.1 behind a proxy that speaks TLS"));
        }
        let nonces = Arc::new(Nonces::new());
        let access = Access::read(&args.credentials, &nonces)?;
        if access.uses_oauth1() {
            nonces.wait_for_start().await;
        }
        let (local, scarce) = (args.local(), check_file_limit(&args.limits)?);
        local.tls.load()?;
        let resource = Resource {
            access,
            local,
            limits: Limits::new(&args.limits),
            journal: Arc::new(Journal::new(log)),
            secure: tls.is_some(),
            public: args.public_url.clone(),
            metrics_from: args.metrics_from.clone(),
            draining: CancellationToken::new(),
        };
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
        let settings = Settings {
            resource: Arc::new(resource),
            tls,
            header_time: args.limits.header_time,
            write_time: args.limits.body_time,
        };
        let connections = Connections::new(args.limits.max_connections());
        Ok(Self { listener, connections, settings, drain_time: args.limits.drain_time, warning: scarce })
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        let failed = |error| {
            Error::new(
                Kind::Internal,
                format!("the address that serve listens on is not known: {}", diagnosis::in_words(&error)),
            )
        };
        self.listener.local_addr().map_err(failed)
    }

    /// Its URL, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// As [`Self::address`].
    pub fn url(&self) -> Result<String> {
        let scheme = if self.settings.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.address()?))
    }

    /// Serves until `end`. Then it accepts no more connections and waits for the answers in progress.
    pub async fn run(self, end: impl Future<Output = ()>) {
        if let Some(warning) = &self.warning {
            self.settings.resource.journal.warn(warning);
        }
        let mut end = std::pin::pin!(end);
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut end => break,
            };
            match accepted {
                Ok((stream, peer)) => self.start(stream, peer, &graceful),
                // Most often out of files; some will be closed soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        self.settings.resource.draining.cancel();
        drop(self.listener);
        // What is not finished by then is cut off.
        let _ = tokio::time::timeout(self.drain_time, graceful.shutdown()).await;
        self.settings.resource.journal.writer.flush().await;
    }

    fn start(&self, mut stream: TcpStream, peer: SocketAddr, graceful: &GracefulShutdown) {
        match self.connections.admit(Some(limits::network(peer.ip()))) {
            Some(admission) => {
                tokio::spawn(self.settings.clone().serve(stream, peer, admission, graceful.watcher()));
            }
            None => {
                self.settings.resource.journal.count_turned_away();
                if self.settings.tls.is_none() {
                    tokio::spawn(async move { stream.write_all(TOO_MANY).await });
                }
            }
        }
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
