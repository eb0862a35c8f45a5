//! The certificate and key of `serve`, from a P12.

use openssl::ssl::{SslContext, SslSessionCacheMode};

use crate::acceptor;
use crate::certificate;
use crate::cli::ServeArgs;
use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::p12::{P12, P12File};
use crate::password::Password;
use crate::prompt::Prompt;

/// What clients are shown.
pub(super) struct ServerIdentity {
    pub(super) context: SslContext,
    /// When it expires, in seconds since 1970.
    pub(super) expiry: Option<i64>,
}

/// Reads `--tls-p12`; `None` when there is none.
pub(super) async fn read(args: &ServeArgs, prompt: Prompt) -> Result<Option<ServerIdentity>> {
    let Some(path) = &args.tls_p12 else { return Ok(None) };
    let file = P12File::read(path).await?;
    let open =
        async |file: P12File, password: Option<Password>| P12::open(&file, password.as_ref(), None).await;
    let mut passwords = args.tls_password().read(prompt).await?;
    let p12 = file.unlock(&mut passwords, open).await?;
    let identity = p12.identity()?;
    let unusable = |stack| {
        let reasons = diagnosis::reasons(&stack);
        Error::new(Kind::KeyNotForTls, format!("TLS cannot use {}: {reasons}", file.name()))
    };
    let builder = acceptor::build(&identity.leaf, &identity.key, &identity.chain, acceptor::HTTP1);
    let mut builder = builder.map_err(unusable)?;
    // Clients connect once; sessions would only take memory.
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_num_tickets(0).map_err(unusable)?;
    let expiry = certificate::describe(&identity.leaf).end_of_validity();
    Ok(Some(ServerIdentity { context: builder.build().into_context(), expiry }))
}
