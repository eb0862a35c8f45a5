//! A mutual-TLS endpoint on 127.0.0.1, for the demo and for tests.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{NameType, SslAcceptorBuilder, SslContext, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use tokio::net::{TcpListener, TcpStream};
use tokio_openssl::SslStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::pki::Identity;
use crate::acceptor;

/// Whether the endpoint asks for a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// It never asks.
    Off,
    /// It asks, and continues without one.
    Optional,
    /// It asks and requires one.
    Required,
}

/// The TLS settings of an endpoint.
#[derive(Clone)]
pub struct Manners {
    /// Its certificate and key.
    pub server: Identity,
    /// The CA whose clients it accepts.
    pub clients: X509,
    /// Whether it asks for a client certificate.
    pub client_auth: ClientAuth,
    /// The only version it speaks; 1.2 and 1.3 unless set.
    pub version: Option<SslVersion>,
    /// The protocols it offers by ALPN, as on the wire: lengths before names.
    pub alpn: &'static [u8],
}

/// What an endpoint does with a connection after the handshake.
pub type OnConnection =
    Arc<dyn Fn(SslStream<TcpStream>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// An endpoint that runs until it is dropped.
pub struct Endpoint {
    address: SocketAddr,
    _running: DropGuard,
}

impl Endpoint {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When OpenSSL refuses the settings or no port can be opened.
    pub async fn start(manners: &Manners, on_connection: OnConnection) -> io::Result<Self> {
        Self::listen(TcpListener::bind(("127.0.0.1", 0)).await?, manners, on_connection)
    }

    /// Takes the connections of a socket that listens already, such as one with small buffers.
    ///
    /// # Errors
    /// When OpenSSL refuses the certificates, or the socket has no address.
    pub fn listen(listener: TcpListener, manners: &Manners, on_connection: OnConnection) -> io::Result<Self> {
        let context = manners.acceptor()?.build().into_context();
        let address = listener.local_addr()?;
        let end = CancellationToken::new();
        tokio::spawn(end.clone().run_until_cancelled_owned(accept(listener, context, on_connection)));
        Ok(Self { address, _running: end.drop_guard() })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Manners {
    /// A modern endpoint that requires a certificate.
    pub fn new(server: &Identity, clients: &Identity) -> Self {
        Self {
            server: server.clone(),
            clients: clients.certificate.clone(),
            client_auth: ClientAuth::Required,
            version: None,
            alpn: acceptor::HTTP1,
        }
    }

    fn acceptor(&self) -> Result<SslAcceptorBuilder, ErrorStack> {
        let Identity { certificate, key, chain } = &self.server;
        let mut builder = acceptor::build(certificate, key, chain, self.alpn)?;
        if let Some(version) = self.version {
            builder.set_min_proto_version(Some(version))?;
            builder.set_max_proto_version(Some(version))?;
        }
        builder.cert_store_mut().add_cert(self.clients.clone())?;
        builder.set_verify(match self.client_auth {
            ClientAuth::Off => SslVerifyMode::NONE,
            ClientAuth::Optional => SslVerifyMode::PEER,
            ClientAuth::Required => SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
        });
        builder.add_client_ca(&self.clients)?;
        builder.set_session_id_context(b"p12-test")?;
        Ok(builder)
    }
}

/// The time for the handshake of a client.
const HANDSHAKE: Duration = Duration::from_secs(10);

async fn accept(listener: TcpListener, context: SslContext, on_connection: OnConnection) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Without this, an answer in two writes waits for the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let (context, on_connection) = (context.clone(), Arc::clone(&on_connection));
        tokio::spawn(async move {
            if let Some(stream) = acceptor::accept(&context, stream, HANDSHAKE).await {
                on_connection(stream).await;
            }
        });
    }
}

/// The common name of the client's certificate, and the server name that the client asked for.
pub fn peer(stream: &SslStream<TcpStream>) -> (Option<String>, Option<String>) {
    let certificate = stream.ssl().peer_certificate();
    let name = certificate.map(|certificate| crate::certificate::name(certificate.subject_name()));
    (name, stream.ssl().servername(NameType::HOST_NAME).map(str::to_owned))
}
