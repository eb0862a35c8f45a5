//! TLS with our certificate: the context, the trusted CAs, the handshake.

use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslRef, SslVerifyMode, SslVersion, StatusType,
};
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags};
use openssl::x509::{X509StoreContext, X509StoreContextRef};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::timeout;
use tokio_openssl::SslStream;
use url::Host;

use super::client_auth;
use super::shared::Shared;
use super::stream_log::StreamLog;
use super::tls_trace::{ChainFault, TlsTrace};
use crate::certificate;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::evidence::Session;
use crate::p12::Identity;

mod bundle;
pub mod roots;

/// How to speak TLS, and which CAs to trust.
#[derive(Debug, Default)]
pub struct Tls {
    /// The only CAs to trust: a PEM file or a hashed directory. Unless set, those of the system.
    pub cacert: Option<PathBuf>,
    /// Continue if the endpoint's certificate does not verify. The fault is still reported.
    pub insecure: bool,
    /// The lowest version offered. Below TLS 1.2, OpenSSL's rules for weak keys are off too.
    pub min: Version,
    /// The highest version offered.
    pub max: Option<Version>,
    /// Offer HTTP/2 as well as HTTP/1.1.
    pub http2: bool,
    /// Shared by all calls, so that the CAs are loaded only once.
    pub context: Context,
}

/// What all connections of one [`Tls`] share.
#[derive(Debug, Default)]
pub struct Context(OnceLock<Loaded>);

#[derive(Debug)]
struct Loaded {
    context: SslContext,
    /// Whether there is any CA to trust.
    has_roots: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 2246.
    Tls10,
    /// RFC 4346.
    Tls11,
    /// RFC 5246.
    #[default]
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl From<Version> for SslVersion {
    fn from(version: Version) -> Self {
        match version {
            Version::Tls10 => Self::TLS1,
            Version::Tls11 => Self::TLS1_1,
            Version::Tls12 => Self::TLS1_2,
            Version::Tls13 => Self::TLS1_3,
        }
    }
}

impl Tls {
    /// A connection that answers a request for a certificate with `identity`, and is recorded in `trace`.
    pub(super) fn prepare(
        &self,
        host: &Host,
        identity: Option<&Identity>,
        trace: Shared<TlsTrace>,
    ) -> Result<Ssl> {
        let failed = |stack| diagnosis::openssl("setting up TLS", &stack);
        let mut ssl = Ssl::new(self.load_context()?).map_err(failed)?;
        ssl.set_status_type(StatusType::OCSP).map_err(failed)?;
        if let Some(identity) = identity {
            present(&mut ssl, identity).map_err(|stack| {
                let reasons = diagnosis::reasons(&stack);
                Error::new(Kind::KeyNotForTls, format!("TLS cannot use the P12's certificate: {reasons}"))
            })?;
        }
        check_name(host)?;
        name_endpoint(&mut ssl, host).map_err(failed)?;
        client_auth::record(&mut ssl, trace).map_err(failed)?;
        Ok(ssl)
    }

    /// Loads the CAs, which the first call does otherwise.
    ///
    /// # Errors
    /// When they cannot be read or used.
    pub fn load(&self) -> Result<()> {
        self.load_context().map(|_| ())
    }

    /// Whether no CA was named and this machine has none, as far as they were looked for.
    pub(super) fn lacks_roots(&self) -> bool {
        self.context.0.get().is_some_and(|loaded| !loaded.has_roots)
    }

    fn load_context(&self) -> Result<&SslContext> {
        if let Some(loaded) = self.context.0.get() {
            return Ok(&loaded.context);
        }
        let mut builder = self.set_rules().map_err(|stack| diagnosis::openssl("setting up TLS", &stack))?;
        let has_roots = self.trust(&mut builder)?;
        Ok(&self.context.0.get_or_init(|| Loaded { context: builder.build(), has_roots }).context)
    }

    fn set_rules(&self) -> std::result::Result<SslContextBuilder, ErrorStack> {
        let mut builder = SslContext::builder(SslMethod::tls_client())?;
        if self.min < Version::Tls12 {
            builder.set_security_level(0);
        }
        builder.set_min_proto_version(Some(self.min.into()))?;
        builder.set_max_proto_version(self.max.map(Into::into))?;
        // Our chain must not be completed from the trust store, as the P12 is what is tested. And a write
        // that had to wait may continue from another place, as hyper's buffer grows in the meantime.
        let writes = SslMode::AUTO_RETRY | SslMode::ACCEPT_MOVING_WRITE_BUFFER;
        builder.set_mode(SslMode::NO_AUTO_CHAIN | writes);
        builder.set_read_ahead(true);
        builder.set_alpn_protos(if self.http2 { b"\x02h2\x08http/1.1" } else { b"\x08http/1.1" })?;
        client_auth::allow_post_handshake(&mut builder);
        client_auth::allow_own_weakness(&mut builder);
        let insecure = self.insecure;
        builder.set_verify_callback(SslVerifyMode::PEER, move |fine, context| {
            if !fine {
                keep_fault(context);
            }
            fine || insecure
        });
        Ok(builder)
    }

    /// Returns whether there is any CA to trust.
    fn trust(&self, builder: &mut SslContextBuilder) -> Result<bool> {
        let any = match &self.cacert {
            None => roots::add_system(builder)?,
            Some(path) => roots::add(builder, path).map(|()| true)?,
        };
        // Like curl, trust a CA that the user names even if it is not a root: for the chain, and for the
        // signature of a stapled status.
        let flags = X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::TRUSTED_FIRST;
        let set = builder.cert_store_mut().set_flags(flags);
        set.and_then(|()| builder.verify_param_mut().set_flags(flags))
            .map_err(|stack| diagnosis::openssl("setting up TLS", &stack))?;
        Ok(any)
    }
}

fn present(ssl: &mut SslRef, identity: &Identity) -> std::result::Result<(), ErrorStack> {
    ssl.set_certificate(&identity.leaf)?;
    ssl.set_private_key(&identity.key)?;
    for certificate in &identity.chain {
        ssl.add_chain_cert(certificate.clone())?;
    }
    Ok(())
}

/// Refuses a name that is too long for DNS, and so for TLS (RFC 1035 section 2.3.4).
fn check_name(host: &Host) -> Result<()> {
    match host {
        Host::Domain(name) if name.trim_end_matches('.').len() > 253 => Err(Error::new(
            Kind::Usage,
            format!("a host name has 253 letters at most, and this one has {}", name.len()),
        )),
        _ => Ok(()),
    }
}

/// Sets the name to ask for (RFC 6066 section 3) and the name that the certificate must hold (RFC 9525).
fn name_endpoint(ssl: &mut SslRef, host: &Host) -> std::result::Result<(), ErrorStack> {
    ssl.set_connect_state();
    ssl.param_mut().set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            ssl.set_hostname(name)?;
            ssl.param_mut().set_host(name)
        }
        Host::Ipv4(ip) => ssl.param_mut().set_ip(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => ssl.param_mut().set_ip(IpAddr::V6(*ip)),
    }
}

/// Keeps the first fault that verification finds, with the chain that it had built by then.
fn keep_fault(context: &X509StoreContextRef) {
    let at = context.current_cert().map(certificate::describe).unwrap_or_default();
    let chain = context.chain().map(|chain| chain.iter().map(certificate::describe).collect());
    let ssl = X509StoreContext::ssl_idx().ok().and_then(|index| context.ex_data(index));
    if let Some(trace) = ssl.and_then(client_auth::trace_of) {
        let fault = ChainFault { result: context.error(), chain: chain.unwrap_or_default(), at };
        trace.lock().chain_fault.get_or_insert(fault);
    }
}

/// Makes the handshake. On failure the stream's trace holds what was seen.
pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    ssl: Ssl,
    stream: S,
    log: &Shared<StreamLog>,
) -> std::result::Result<SslStream<S>, openssl::ssl::Error> {
    let mut stream = SslStream::new(ssl, stream)?;
    match Pin::new(&mut stream).connect().await {
        Ok(()) => Ok(stream),
        Err(error) if log.lock().is_tls() => Err(error),
        Err(error) => {
            // OpenSSL stops at the first bytes that are not TLS. The rest of the line tells which protocol it is.
            let _ = timeout(REST_OF_LINE, stream.get_mut().read(&mut [0; 128])).await;
            Err(error)
        }
    }
}

/// A server that has begun a line sends the rest of it at once, or soon.
const REST_OF_LINE: Duration = Duration::from_millis(100);

/// What both sides agreed on in the handshake.
pub(super) fn describe_session(ssl: &SslRef) -> Session {
    let cipher = ssl.current_cipher();
    let name = cipher.map(|cipher| cipher.standard_name().unwrap_or_else(|| cipher.name()));
    Session {
        version: ssl.version_str().to_owned(),
        cipher: name.unwrap_or("unknown").to_owned(),
        alpn: ssl.selected_alpn_protocol().map(|alpn| String::from_utf8_lossy(alpn).into_owned()),
    }
}
