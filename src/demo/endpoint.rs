//! A mutual-TLS endpoint on 127.0.0.1, for the demo and for tests.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{
    NameType, SslAcceptor, SslAcceptorBuilder, SslContext, SslMethod, SslMode, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_openssl::SslStream;

use super::pki::Identity;

/// Whether the endpoint asks for a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// It never asks.
    Off,
    /// It asks, and goes on without.
    Optional,
    /// It asks and insists.
    Required,
}

/// How an endpoint speaks TLS.
#[derive(Clone)]
pub struct Manners {
    /// Who it is.
    pub server: Identity,
    /// Whose clients it takes.
    pub clients: X509,
    /// Whether it asks for their certificate.
    pub client_auth: ClientAuth,
    /// The one version it speaks; both of today unless set.
    pub version: Option<SslVersion>,
    /// What it answers to ALPN, as on the wire: lengths before names.
    pub alpn: &'static [u8],
}

/// What an endpoint does with a connection whose handshake is through.
pub type OnConnection =
    Arc<dyn Fn(SslStream<TcpStream>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// An endpoint that runs until it is dropped.
pub struct Endpoint {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Endpoint {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(manners: &Manners, on_connection: OnConnection) -> io::Result<Self> {
        Self::listen(TcpListener::bind(("127.0.0.1", 0)).await?, manners, on_connection)
    }

    /// Takes the connections of a socket that listens already, such as one with small buffers.
    ///
    /// # Errors
    ///
    /// When OpenSSL refuses the certificates, or the socket has no address.
    pub fn listen(listener: TcpListener, manners: &Manners, on_connection: OnConnection) -> io::Result<Self> {
        let context = manners.acceptor()?.build().into_context();
        let address = listener.local_addr()?;
        Ok(Self { address, accepting: tokio::spawn(accept(listener, context, on_connection)) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Manners {
    /// An endpoint of today that insists on a certificate.
    pub fn new(server: &Identity, clients: &Identity) -> Self {
        Self {
            server: server.clone(),
            clients: clients.certificate.clone(),
            client_auth: ClientAuth::Required,
            version: None,
            alpn: b"\x08http/1.1",
        }
    }

    fn acceptor(&self) -> Result<SslAcceptorBuilder, ErrorStack> {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        builder.set_min_proto_version(self.version.or(Some(SslVersion::TLS1_2)))?;
        builder.set_max_proto_version(self.version)?;
        builder.set_certificate(&self.server.certificate)?;
        builder.set_private_key(&self.server.key)?;
        for certificate in &self.server.chain {
            builder.add_extra_chain_cert(certificate.clone())?;
        }
        let mut store = X509StoreBuilder::new()?;
        store.add_cert(self.clients.clone())?;
        builder.set_cert_store(store.build());
        builder.set_verify(match self.client_auth {
            ClientAuth::Off => SslVerifyMode::NONE,
            ClientAuth::Optional => SslVerifyMode::PEER,
            ClientAuth::Required => SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
        });
        builder.add_client_ca(&self.clients)?;
        // The clients' CA is no part of the server's own chain.
        builder.set_mode(SslMode::NO_AUTO_CHAIN);
        builder.set_session_id_context(b"p12-test")?;
        let alpn = self.alpn;
        builder.set_alpn_select_callback(move |_, offered| {
            openssl::ssl::select_next_proto(alpn, offered).ok_or(openssl::ssl::AlpnError::NOACK)
        });
        Ok(builder)
    }
}

/// A client that stalls in its handshake is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

async fn accept(listener: TcpListener, context: SslContext, on_connection: OnConnection) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Without this, an answer in two writes waits for the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let (context, on_connection) = (context.clone(), Arc::clone(&on_connection));
        tokio::spawn(async move {
            let Ok(ssl) = openssl::ssl::Ssl::new(&context) else { return };
            let Ok(mut stream) = SslStream::new(ssl, stream) else { return };
            // A handshake that fails has told the client by an alert; there is nobody else to tell.
            if let Ok(Ok(())) = tokio::time::timeout(HANDSHAKE, Pin::new(&mut stream).accept()).await {
                on_connection(stream).await;
            }
        });
    }
}

/// The common name of the client's certificate, and the name it asked for.
pub fn peer(stream: &SslStream<TcpStream>) -> (Option<String>, Option<String>) {
    let certificate = stream.ssl().peer_certificate();
    let name = certificate.map(|certificate| crate::certificate::name(certificate.subject_name()));
    (name, stream.ssl().servername(NameType::HOST_NAME).map(str::to_owned))
}
