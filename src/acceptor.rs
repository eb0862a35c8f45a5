//! TLS of a server, for `serve` and the demo: 1.2 and 1.3, always with forward secrecy.

use std::pin::Pin;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::pkey::{PKeyRef, Private};
use openssl::ssl::{
    AlpnError, Ssl, SslAcceptor, SslAcceptorBuilder, SslContextRef, SslMethod, SslMode, SslOptions,
    SslVersion, select_next_proto,
};
use openssl::x509::{X509, X509Ref};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_openssl::SslStream;

/// ALPN's name of HTTP/1.1, as on the wire: length before name.
pub const HTTP1: &[u8] = b"\x08http/1.1";

/// Settings for a server with this certificate, key and chain. A client cannot start a renegotiation, and the
/// server sends the given chain only.
///
/// # Errors
/// OpenSSL's, as when the key does not belong to the certificate or is too weak for TLS.
pub fn build(
    leaf: &X509Ref,
    key: &PKeyRef<Private>,
    chain: &[X509],
    alpn: &'static [u8],
) -> Result<SslAcceptorBuilder, ErrorStack> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    builder.set_options(SslOptions::NO_RENEGOTIATION);
    // A write that waited is taken up again from another buffer.
    builder.set_mode(SslMode::NO_AUTO_CHAIN | SslMode::ACCEPT_MOVING_WRITE_BUFFER);
    builder.set_certificate(leaf)?;
    builder.set_private_key(key)?;
    builder.check_private_key()?;
    for certificate in chain {
        builder.add_extra_chain_cert(certificate.clone())?;
    }
    builder
        .set_alpn_select_callback(move |_, offered| select_next_proto(alpn, offered).ok_or(AlpnError::NOACK));
    Ok(builder)
}

/// The handshake with a client; `None` when it fails or takes too long. The client has its reason by an alert.
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    context: &SslContextRef,
    stream: S,
    within: Duration,
) -> Option<SslStream<S>> {
    let mut stream = SslStream::new(Ssl::new(context).ok()?, stream).ok()?;
    let handshake = tokio::time::timeout(within, Pin::new(&mut stream).accept());
    handshake.await.ok()?.ok().map(|()| stream)
}
